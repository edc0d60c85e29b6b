import type { Metrics } from './metrics.ts';

/** What may stand in a JSON column. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** What a run is, written once before its first step. */
export interface RunHead {
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly config: Json;
  /** Program, Node, native library, model and data hashes, by name. */
  readonly versions: { readonly [name: string]: string };
  /** What must be said wherever results are shown, e.g. that reference answers picked the triggers. */
  readonly stamps: readonly string[];
}

/** One thing that happened; stored in one transaction. */
export interface RunRecord {
  readonly kind: string;
  readonly iteration: number;
  readonly step: number;
  readonly data: Json;
  readonly metrics?: Metrics;
  readonly problems?: readonly ProblemRow[];
  readonly rollouts?: readonly RolloutRow[];
  readonly attempts?: readonly AttemptRow[];
  readonly uses?: readonly UseRow[];
}

/** A picture by reference: its content hash and where it was read from. */
export interface PictureRow {
  readonly hash: string;
  /** Relative to the folder of the run where the run keeps the picture itself. */
  readonly path: string | null;
  readonly width: number;
  readonly height: number;
}

export interface ProblemRow {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly options: readonly string[] | null;
  readonly category: string;
  readonly source: string | null;
  readonly pictures: readonly PictureRow[];
}

/** A stretch of a response by one author, with its text. */
export interface SpanRow {
  readonly kind: string;
  /** Token offsets in the response, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly temperature: number;
  readonly text: string;
}

export interface VerdictRow {
  readonly code: string;
  readonly correct: boolean;
  readonly reward: number;
  readonly shaping: number;
  readonly extracted: string | null;
  readonly shape: string | null;
  readonly reason: string;
}

export interface RolloutRow {
  readonly id: string;
  readonly problemId: string;
  readonly index: number;
  readonly spans: readonly SpanRow[];
  readonly stop: string;
  readonly weightsVersion: number;
  readonly waits: number;
  readonly verdict: VerdictRow;
  /** The verdict of the attempt that a kept rethinking replaced. */
  readonly draftVerdict: VerdictRow | null;
  readonly trigger: string | null;
  /** Null where the response is not trained on. */
  readonly advantage: number | null;
  /** [T] token ids and nats as sampled; left out where they are not kept. */
  readonly tokens: Int32Array | null;
  readonly logprobs: Float32Array | null;
  /** [T] nats that ratios are taken against. */
  readonly oldLogprobs: Float32Array | null;
}

/** One triggered rollout, kept or not. */
export interface AttemptRow {
  readonly rolloutId: string;
  readonly problemId: string;
  readonly trigger: string;
  readonly outcome: string;
  readonly cut: number | null;
  readonly waits: number;
  readonly before: VerdictRow;
  readonly after: VerdictRow;
  readonly text: string;
}

/** A sample in the batch of a step; `age` is null unless it was drawn from the replay buffer. */
export interface UseRow {
  readonly sampleId: string;
  readonly age: number | null;
}
