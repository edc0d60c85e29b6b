import type { KnobKey, KnobValue } from './knob.ts';
import { knobKeys, knobOf, settingOf } from './knobs.ts';
import type { Preset } from './preset.ts';
import type { RunConfig } from './run-config.ts';

/** Whose settings are told: a preset's, with what the user set on top. */
export interface Origins {
  readonly preset: Pick<Preset, 'name' | 'source' | 'sources' | 'stamps'>;
  /** Keys that the user set. */
  readonly given: readonly string[];
}

/** Every setting: its value, where that comes from, and what it means or why it has no effect. */
export function settingLines(config: RunConfig, origins: Origins): readonly string[] {
  const rows = knobKeys.map((key) => {
    const idle = knobOf(key).idle?.(config);
    const note = idle === undefined ? knobOf(key).meaning : `no effect: ${idle}`;
    return [key, shown(settingOf(config, key)), sourceOf(key, config, origins), note] as const;
  });
  const width = (column: 0 | 1 | 2) => Math.max(...rows.map((row) => row[column].length));
  const [keys, values, sources] = [width(0), Math.min(width(1), 40), width(2)];
  return rows.map(
    ([key, value, source, note]) =>
      `${key.padEnd(keys)}  ${value.padEnd(values)}  ${source.padEnd(sources)}  ${note}`,
  );
}

/** Where a value comes from: set by the user, the knob's own source, or that of the preset. */
function sourceOf(key: KnobKey, config: RunConfig, { preset, given }: Origins): string {
  if (given.includes(key)) return 'set by you';
  const knob = knobOf(key);
  const same = shown(settingOf(config, key)) === shown(knob.value);
  return same ? knob.source : (preset.sources?.[key] ?? preset.source);
}

function shown(value: KnobValue): string {
  if (typeof value === 'number') return figure(value);
  return typeof value === 'object' ? value.join(',') : String(value);
}

/** A number as people write it: 0.05, and 1e-6 where zeros would have to be counted. */
export function figure(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}
