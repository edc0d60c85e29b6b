import type { Batch, QwenVL, Tree } from '#model';
import type { Patches } from '#model/processor';
import { checkpointed, type Checkpointed, noGrad, type Tensor } from '#tensor';

/** Pictures of one call by hash. */
export type Pictures = ReadonlyMap<string, Patches>;

/** How the forward pass is made. */
export interface ForwardOptions {
  /** Whether gradients reach the vision tower. */
  readonly trainVision: boolean;
  /** Keep only the tensors between layers and recompute the rest backwards. */
  readonly gradientCheckpointing: boolean;
}

/** Hidden states of all packed tokens, and the way back. */
export interface Forward {
  readonly batch: Batch;
  /** [T, D] after the last norm */
  readonly hidden: Tensor;
  /** Continues backwards from a gradient [T, D] of `hidden`. */
  backward(grad: Tensor): void;
}

/** Embeddings of the pictures that a batch shows, each encoded once. */
export function pictureFeatures(
  model: QwenVL,
  batch: Batch,
  pictures: Pictures,
): ReadonlyMap<string, Tensor> {
  const hashes = [...new Set(batch.packed.images.map(({ hash }) => hash))];
  const patches = hashes.map((hash) => {
    const found = pictures.get(hash);
    if (found === undefined) throw new Error(`internal: no pixels of picture ${hash}`);
    return found;
  });
  const features = model.encodeImages(patches);
  return new Map(
    hashes.flatMap((hash, index) => {
      const feature = features[index];
      return feature === undefined ? [] : [[hash, feature]];
    }),
  );
}

/** Runs trees through the model; tensors belong to the open scope. */
export function forward(
  model: QwenVL,
  trees: readonly Tree[],
  pictures: Pictures,
  options: ForwardOptions,
): Forward {
  const batch = model.batch(trees);
  const encode = (): ReadonlyMap<string, Tensor> => pictureFeatures(model, batch, pictures);
  const features = options.trainVision ? encode() : noGrad(encode);
  const embeddings = model.embed(batch, features);
  if (!options.gradientCheckpointing) {
    const hidden = model.hidden(batch, embeddings);
    return { batch, hidden, backward: (grad) => hidden.backward({ grad }) };
  }
  const pass = checkpointed(model.segments(batch), [embeddings]);
  const [hidden] = pass.outputs;
  if (hidden === undefined) throw new Error('internal: a model without layers');
  return { batch, hidden, backward: (grad) => backThrough(pass, hidden, embeddings, grad) };
}

function backThrough(pass: Checkpointed, hidden: Tensor, embeddings: Tensor, grad: Tensor): void {
  hidden.grad = grad;
  const [input] = pass.backward();
  if (input !== null && input !== undefined && embeddings.requiresGrad) {
    embeddings.backward({ grad: input });
  }
}
