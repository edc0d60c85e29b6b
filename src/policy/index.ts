export type {
  AdamUpdate,
  Limits,
  Loss,
  LossOf,
  Microbatch,
  Policy,
  Sequence,
  StepMetric,
  StepTotals,
  TrainSequence,
  UpdateMetric,
} from './policy.ts';
