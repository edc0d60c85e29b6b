import { basename } from 'node:path';
import type { RunHead } from '#run';
import { engineConfig } from '#tensor';
import type { LiveRun } from './compose.ts';
import { weightsHash } from './compose.ts';
import type { RunPlan } from './train-config.ts';
import { storedConfig } from './train-config.ts';
import { versionOf } from './version.ts';

/** Stands wherever results of a run are shown that began unchecked. */
export const skippedGate = 'the checks before the first step were skipped';

/** What computes: the last digits of every number depend on it. */
export interface Engine {
  /** Compute threads; 0 = one per core. */
  readonly threads: number;
  readonly device: string;
}

/** What was asked for; what is left open stays as the run began, or is the default of a new one. */
export function engineOf(
  given: { readonly threads: number; readonly device?: string | undefined },
  began: RunHead['versions'] = {},
): Engine {
  return {
    threads: given.threads > 0 ? given.threads : Number(began['threads'] ?? 0),
    device: given.device ?? began['device'] ?? 'cpu',
  };
}

/** What a run depends on besides its configuration, weights and problems. */
function versionsOf({ threads, device }: Engine): RunHead['versions'] {
  const { version, commit, node } = versionOf();
  const { version: libtorch, cpuCapability, threads: all } = engineConfig();
  return {
    program: version,
    ...(commit === null ? {} : { commit }),
    node,
    libtorch,
    platform: `${process.platform} ${process.arch} ${cpuCapability}`,
    device,
    threads: String(threads > 0 ? threads : all),
  };
}

/** In what a run that goes on is not what it was: exact resume holds where nothing is. */
export function changesSince(began: RunHead['versions'], engine: Engine): readonly string[] {
  return Object.entries(versionsOf(engine))
    .filter(([name, value]) => began[name] !== undefined && began[name] !== value)
    .map(([name, value]) => `${name} was ${began[name]} and is ${value}`);
}

/** What a run is, for its store. */
export function headOf(
  plan: RunPlan,
  { data, start }: LiveRun,
  run: { readonly folder: string; readonly skip: boolean; readonly engine: Engine },
): RunHead {
  const { folder, skip, engine } = run;
  return {
    name: basename(folder),
    startedAt: new Date().toISOString(),
    config: storedConfig(plan),
    versions: {
      ...versionsOf(engine),
      weights: weightsHash(start),
      data: data.hash,
    },
    stamps: [...plan.stamps, ...(skip ? [skippedGate] : [])],
  };
}
