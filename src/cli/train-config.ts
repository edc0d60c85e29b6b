import { presets } from '#configs';
import type { Complaint, Preset, RunConfig } from '#rl';
import { closestWord, knobKeys, resolveConfig, settingOf, stampsOf } from '#rl';
import type { Json, RunHead } from '#run';
import { RunError } from '#run';
import { UsageError } from './command.ts';

/** A configuration and where it comes from. */
export interface RunPlan {
  readonly preset: Preset;
  readonly config: RunConfig;
  /** Keys that the user set. */
  readonly given: readonly string[];
  readonly stamps: readonly string[];
}

/** What of the command line decides the configuration. */
export interface ConfigOptions {
  readonly preset?: string | undefined;
  readonly set: readonly string[];
  readonly data?: string | undefined;
  readonly start?: string | undefined;
  readonly seed?: number | undefined;
}

/** @throws UsageError: an unknown preset, with the nearest name; every setting that is wrong, one a line. */
export function planOf(options: ConfigOptions): RunPlan {
  const preset = presetOf(options.preset);
  const given = givenOf(options);
  const { config, complaints } = resolveConfig(preset.settings, given);
  if (config === undefined) throw new UsageError(told(complaints));
  return {
    preset,
    config,
    given: Object.keys(given),
    stamps: [...(preset.stamps ?? []), ...stampsOf(config)],
  };
}

export function presetOf(name: string | undefined): Preset {
  const names = presets.map((preset) => preset.name);
  if (name === undefined) {
    throw new UsageError(`--preset is needed, one of: ${names.join(', ')}`);
  }
  const found = presets.find((preset) => preset.name === name);
  if (found !== undefined) return found;
  const near = closestWord(name, names);
  const hint = near === undefined ? `; there are ${names.join(', ')}` : `; did you mean ${near}?`;
  throw new UsageError(`there is no preset "${name}"${hint}`);
}

/** `--set key=value`, and the options that are short for one. */
function givenOf({ set, data, start, seed }: ConfigOptions): Readonly<Record<string, unknown>> {
  const given = new Map<string, string | number>();
  const put = (key: string, value: string | number): void => {
    const before = given.get(key);
    if (before !== undefined && String(before) !== String(value)) {
      throw new UsageError(`${key} is set twice: ${before} and ${value}`);
    }
    given.set(key, value);
  };
  for (const text of set) {
    const [, key, value] = /^\s*([^=\s]+)\s*=(.*)$/su.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw new UsageError(`--set: expected key=value, found "${text}"`);
    }
    put(key, value.trim());
  }
  if (data !== undefined) put('data.dataset', data);
  if (start !== undefined) put('policy.start', start);
  if (seed !== undefined) put('seed', seed);
  return Object.fromEntries(given);
}

function told(complaints: readonly Complaint[]): string {
  return complaints.map(({ message }) => message).join('\n');
}

/** The configuration as a run keeps it: the tree of settings, and the name of its preset. */
export function storedConfig({ preset, config }: Pick<RunPlan, 'preset' | 'config'>): Json {
  return { preset: preset.name, ...(config as unknown as Readonly<Record<string, Json>>) };
}

/**
 * The configuration that a run was begun with. Options given besides must not contradict it.
 *
 * @throws RunError if this program does not know its settings; UsageError for a contradiction.
 */
export function resumedPlan(head: RunHead, options: ConfigOptions): RunPlan {
  const stored = head.config as unknown as RunConfig & { readonly preset?: string };
  const settings: Record<string, unknown> = {};
  const foreign = leavesOf(stored).find((key) => key !== 'preset' && !isKnob(key));
  if (foreign !== undefined) {
    throw new RunError(
      `the run was begun by another version: its configuration has ${foreign}, which this one does not know; ` +
        'go on with the version that began it',
    );
  }
  for (const key of knobKeys) {
    const value: unknown = readable(stored, key);
    if (value === undefined) {
      throw new RunError(
        `the run was begun by another version: its configuration has no ${key}; ` +
          'go on with the version that began it',
      );
    }
    settings[key] = value;
  }
  const preset = presets.find(({ name }) => name === stored.preset) ?? {
    name: stored.preset ?? head.name,
    summary: '',
    settings: {},
    source: 'ours' as const,
  };
  const { config, complaints } = resolveConfig(settings, {});
  if (config === undefined) {
    throw new RunError(`the run was begun by another version: ${told(complaints)}`);
  }
  demandAgreement(config, preset, options);
  return { preset, config, given: [], stamps: head.stamps };
}

function isKnob(key: string): boolean {
  return knobKeys.some((known) => known === key);
}

/** `seed`, `rollout.groupSize`, …: every setting that a stored configuration has. */
function leavesOf(config: object): readonly string[] {
  return Object.entries(config).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.keys(value).map((leaf) => `${name}.${leaf}`)
      : [name],
  );
}

function readable(config: RunConfig, key: (typeof knobKeys)[number]): unknown {
  try {
    return settingOf(config, key);
  } catch {
    return undefined;
  }
}

function demandAgreement(config: RunConfig, preset: Preset, options: ConfigOptions): void {
  if (options.preset !== undefined && options.preset !== preset.name) {
    throw new UsageError(
      `--resume goes on with preset ${preset.name}, found --preset ${options.preset}`,
    );
  }
  const given = givenOf(options);
  const { config: asked, complaints } = resolveConfig(flat(config), given);
  if (asked === undefined) throw new UsageError(told(complaints));
  const changed = knobKeys.filter(
    (key) => JSON.stringify(settingOf(asked, key)) !== JSON.stringify(settingOf(config, key)),
  );
  if (changed.length === 0) return;
  throw new UsageError(
    `--resume goes on with the settings of the run; ${changed.join(', ')} cannot change within it: ` +
      'leave them out, or begin a new run with --run',
  );
}

function flat(config: RunConfig): Readonly<Record<string, unknown>> {
  return Object.fromEntries(knobKeys.map((key) => [key, settingOf(config, key)]));
}
