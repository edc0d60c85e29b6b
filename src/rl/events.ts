import type { Metrics } from '#run';
import type { Alarm } from './alarms.ts';
import type { Group, Sample } from './records.ts';
import type { Failure } from './rollout.ts';
import type { TrainState } from './state.ts';

/**
 * Everything a run tells, in order. Whoever listens may stop, evaluate or save at any of them. An alarm
 * comes before the event it is about; after a fatal one and its event the generator throws.
 */
export type TrainEvent =
  | Published
  | CollectedEvent
  | Stepped
  | Skipped
  | Completed
  | (Place & { readonly kind: 'alarm'; readonly alarm: Alarm });

interface Place {
  readonly iteration: number;
  /** Raw batches begun before this moment, over the whole run. */
  readonly step: number;
}

interface Resumable extends Place {
  /** Going on from here gives what would have come without stopping. */
  readonly state: TrainState;
}

/**
 * The newest weights can be sampled: the moment to validate. `iteration` iterations have been trained;
 * the last such event, after all of them, is `final`.
 */
export interface Published extends Resumable {
  readonly kind: 'published';
  readonly weightsVersion: number;
  readonly final: boolean;
}

/** All rollouts of an iteration, checked, rethought and with advantages. */
export interface CollectedEvent extends Resumable {
  readonly kind: 'collected';
  readonly weightsVersion: number;
  readonly groups: readonly Group[];
  readonly samples: readonly Sample[];
  readonly failures: readonly Failure[];
  readonly metrics: Metrics;
}

/** What replay put into a batch. */
export interface Replayed {
  readonly sampleId: string;
  readonly age: number;
}

/** One optimizer step. */
export interface Stepped extends Resumable {
  readonly kind: 'stepped';
  /** Samples of this iteration in the batch. */
  readonly current: readonly string[];
  readonly replayed: readonly Replayed[];
  readonly metrics: Metrics;
}

/** A raw batch with nothing to learn from. */
export interface Skipped extends Resumable {
  readonly kind: 'skipped';
  readonly reason: string;
  readonly metrics: Metrics;
}

/** An iteration is over. */
export interface Completed extends Resumable {
  readonly kind: 'completed';
  readonly metrics: Metrics;
}
