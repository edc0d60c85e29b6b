import type { AlarmMemory } from './alarms.ts';
import { calm } from './alarms.ts';
import type { PhaseTimes } from './phases.ts';
import type { Sample } from './records.ts';
import type { ReplayEntry } from './replay-buffer.ts';

/**
 * All that training needs to go on, besides weights and optimizer. Plain data. Random draws and the
 * order of problems derive from the seed and these numbers, so no generator is stored.
 */
export interface TrainState {
  /** Size of the problem set; another one would be another run. */
  readonly problems: number;
  /** The iteration under way, or the next one. */
  readonly iteration: number;
  /** What `publish` returned last; 0 = never. */
  readonly weightsVersion: number;
  /** Whether the weights that this iteration samples from are published. */
  readonly published: boolean;
  readonly replay: readonly ReplayEntry[];
  /** What an iteration has sampled, while its steps are being taken. */
  readonly collected: CollectedState | null;
  readonly counters: Counters;
  readonly memory: AlarmMemory;
}

export interface CollectedState {
  /** In the order of problems and rollouts; the shuffle derives from the seed. */
  readonly samples: readonly Sample[];
  /** Raw batches that have been dealt with. */
  readonly batchesDone: number;
  readonly sampledTokens: number;
  readonly times: PhaseTimes;
}

export interface Counters {
  readonly skippedSteps: number;
  readonly nonfiniteSteps: number;
  readonly problemsSeen: number;
}

/** The state before the first iteration. */
export function freshState(problems: number): TrainState {
  return {
    problems,
    iteration: 0,
    weightsVersion: 0,
    published: false,
    replay: [],
    collected: null,
    counters: { skippedSteps: 0, nonfiniteSteps: 0, problemsSeen: 0 },
    memory: calm,
  };
}
