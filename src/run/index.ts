export { iterationName } from './checkpoints.ts';
export type { Checkpoint, NewCheckpoint } from './checkpoints.ts';
export { diffRuns } from './diff-runs.ts';
export type { Difference, RunDiff } from './diff-runs.ts';
export { exportLines } from './export-jsonl.ts';
export type { ExportLine } from './export-jsonl.ts';
export type { Metrics } from './metrics.ts';
export { RunError } from './run-error.ts';
export type {
  RolloutQuery,
  RunReader,
  StoredEvent,
  StoredMetric,
  StoredRollout,
  StoredUse,
} from './run-reader.ts';
export type {
  AttemptRow,
  Json,
  PictureRow,
  ProblemRow,
  RolloutRow,
  RunHead,
  RunRecord,
  SpanRow,
  UseRow,
  VerdictRow,
} from './run-record.ts';
export { createRun, readRun, resumeRun } from './run-store.ts';
export type { Resumed, RunStore } from './run-store.ts';
export { listRuns, summarise } from './run-summary.ts';
export type { ListedRun, RunSummary } from './run-summary.ts';
export { createSeed } from './seed.ts';
export type { Random, Seed } from './seed.ts';
export { TensorBoardFile } from './tensorboard.ts';
