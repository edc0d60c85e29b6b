import { type ModelConfig, type QwenVL, VisionTower } from '#model';
import { Parameters } from '#nn';
import { type DType, noGrad, outside, type Tensor } from '#tensor';
import { type FusedWeights, fuseWeights } from './fused-weights.ts';

/** A copy of a model's weights that completions come from, under one version number. */
export interface Published {
  readonly config: ModelConfig;
  readonly version: number;
  readonly dtype: DType;
  readonly device: string;
  readonly weights: FusedWeights;
  readonly vision: VisionTower;
  dispose(): void;
}

/** Copies a model's weights for sampling; later training steps do not reach the copy. */
export function publishModel(model: QwenVL, version: number, dtype: DType): Published {
  const copies: Tensor[] = [];
  const parameters = new Parameters((name) => {
    const source = model.parameters.get(name);
    if (source === undefined) return undefined;
    const copy = outside(() => noGrad(() => source.detach().clone()));
    copies.push(copy);
    return copy;
  });
  const vision = new VisionTower(parameters.at('visual'), model.config.vision);
  const weights = fuseWeights(model, dtype);
  const { config, device } = model;
  const dispose = (): void => {
    weights.dispose();
    for (const copy of copies) copy.dispose();
  };
  return { config, version, dtype, device, weights, vision, dispose };
}
