import type { Problem } from '#data';
import type { Policy } from '#policy';
import type { Seed } from '#run';
import type { CheckAnswer } from './judge.ts';
import type { Phase } from './phases.ts';
import type { Prompt } from './records.ts';

/** The live objects of a run. The command line builds them; tests pass fakes. */
export interface TrainSetup {
  readonly policy: Policy;
  /** The frozen start checkpoint; only asked when `loss.klCoef` is above 0. */
  readonly reference?: Pick<Policy, 'logprobs'>;
  readonly problems: Problems;
  /** A problem as the model reads it: question, pictures and instruction in the chat template. */
  readonly prompt: (problem: Problem) => Prompt;
  readonly verify: CheckAnswer;
  readonly seed: Seed;
  /** Seconds since any fixed moment. */
  readonly clock: () => number;
  /**
   * Aborts at the next request, microbatch or portion; the generator then throws the signal's reason.
   * Weights and the state of the last event still belong together, so both may be saved then.
   */
  readonly signal?: AbortSignal;
  /** Told about every bit of progress: the display and the watchdog listen. */
  readonly progress?: (progress: Progress) => void;
}

/** What the loop needs of a dataset. Reading one problem must be cheap. */
export interface Problems {
  readonly length: number;
  at(index: number): Problem;
}

/** How far a phase is. */
export interface Progress {
  readonly phase: Phase;
  readonly iteration: number;
  readonly done: number;
  readonly total: number;
  /** What was worked on last. */
  readonly subject?: string;
}

/** Broken in a way that training cannot go on: what was expected, what was found, what to do. */
export class TrainError extends Error {
  override readonly name = 'TrainError';
}
