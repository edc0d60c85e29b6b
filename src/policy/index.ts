export type {
  AdamUpdate,
  CreatePolicy,
  Limits,
  Loss,
  LossOf,
  Microbatch,
  Policy,
  PolicySpec,
  Sequence,
  StepTotals,
  TrainSequence,
} from './policy.ts';
