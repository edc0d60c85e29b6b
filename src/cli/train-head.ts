import { basename } from 'node:path';
import type { RunHead } from '#run';
import type { LiveRun } from './compose.ts';
import { weightsHash } from './compose.ts';
import type { RunPlan } from './train-config.ts';
import { storedConfig } from './train-config.ts';
import { versionOf } from './version.ts';

/** Stands wherever results of a run are shown that began unchecked. */
export const skippedGate = 'the checks before the first step were skipped';

/** What a run is, for its store. */
export function headOf(
  plan: RunPlan,
  { data, start }: LiveRun,
  { folder, skip }: { readonly folder: string; readonly skip: boolean },
): RunHead {
  const { version, commit, node } = versionOf();
  return {
    name: basename(folder),
    startedAt: new Date().toISOString(),
    config: storedConfig(plan),
    versions: {
      program: version,
      ...(commit === null ? {} : { commit }),
      node,
      platform: `${process.platform} ${process.arch}`,
      weights: weightsHash(start),
      data: data.hash,
    },
    stamps: [...plan.stamps, ...(skip ? [skippedGate] : [])],
  };
}
