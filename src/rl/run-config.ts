import type { TrainConfig } from './config.ts';

/** Everything that a training run is set by: the method, and what it is applied to. */
export interface RunConfig extends TrainConfig {
  readonly policy: PolicyConfig;
  readonly prompt: { readonly template: string };
  readonly data: DataConfig;
  readonly vision: VisionConfig;
  readonly validation: ValidationConfig;
  readonly eval: EvalConfig;
  readonly checkpoint: CheckpointConfig;
  readonly store: StoreConfig;
  readonly watchdog: { readonly stallSeconds: number };
}

export interface PolicyConfig {
  /** Checkpoint folder or hub id. */
  readonly start: string;
  readonly compute: 'f32' | 'bf16';
  readonly gradientCheckpointing: boolean;
  /** Memory for keys and values of sampling, in GB. */
  readonly cacheGigabytes: number;
}

export interface DataConfig {
  readonly dataset: string;
  readonly subset: 'all' | '7b-16k' | '32b-20k' | '72b-20k' | '13k-no-text' | '11k-no-science-text';
  readonly excludeAlwaysCorrect: boolean;
  readonly fill: 'none' | 'unmeasured';
  readonly scienceLabels: readonly string[];
}

export interface VisionConfig {
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly maxImages: number;
  /** Whether the vision tower learns. */
  readonly train: boolean;
}

export interface ValidationConfig {
  /** Problems held out; 0 = no validation. */
  readonly problems: number;
  /** Iterations between two validations. */
  readonly every: number;
}

export interface EvalConfig {
  readonly templates: readonly string[];
  readonly maxNewTokens: number;
}

export interface CheckpointConfig {
  /** Iterations between two checkpoints. */
  readonly every: number;
  readonly keepLast: number;
}

export interface StoreConfig {
  /** Whose tokens and logprobs the run store keeps. */
  readonly tokens: 'all' | 'rethought' | 'none';
}
