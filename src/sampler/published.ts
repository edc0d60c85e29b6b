import { type ModelConfig, type QwenVL, VisionTower } from '#model';
import { Parameters } from '#nn';
import { type DType, noGrad, outside, type Tensor } from '#tensor';
import { type FusedWeights, fuseWeights } from './fused-weights.ts';

/** Weights that completions come from, under one version number. */
export interface Published {
  readonly config: ModelConfig;
  readonly version: number;
  readonly dtype: DType;
  readonly device: string;
  readonly weights: FusedWeights;
  readonly vision: VisionTower;
  dispose(): void;
}

/** How a model becomes published. */
export interface PublishOptions {
  readonly version: number;
  readonly dtype: DType;
  /** The model is given away: its weights are used or freed, not copied, and it must not be used again. */
  readonly take: boolean;
}

/**
 * Prepares a model's weights for sampling. Unless the model is given away they are copied, so that
 * later training steps do not reach them.
 */
export function publishModel(model: QwenVL, { version, dtype, take }: PublishOptions): Published {
  const copies: Tensor[] = [];
  const copied = (source: Tensor): Tensor => {
    const copy = outside(() => noGrad(() => source.detach().clone()));
    copies.push(copy);
    return copy;
  };
  const { config, device } = model;
  let weights: FusedWeights | undefined;
  try {
    const parameters = new Parameters((name) => {
      const source = model.parameters.get(name);
      return source === undefined || take ? source : copied(source);
    });
    const vision = new VisionTower(parameters.at('visual'), config.vision);
    weights = fuseWeights(model, dtype, take);
    const fused = weights;
    const dispose = (): void => {
      fused.dispose();
      for (const copy of copies) copy.dispose();
      if (take) model[Symbol.dispose]();
    };
    return { config, version, dtype, device, weights, vision, dispose };
  } catch (error) {
    weights?.dispose();
    for (const copy of copies) copy.dispose();
    throw error;
  }
}
