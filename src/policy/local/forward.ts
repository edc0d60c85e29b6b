import type { Batch, FeatureCache, QwenVL, Tree } from '#model';
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

/** The same, and the embeddings of a frozen tower, which sees every picture once. */
export interface ForwardSettings extends ForwardOptions {
  readonly cache: FeatureCache | null;
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
function pictureFeatures(
  model: QwenVL,
  batch: Batch,
  pictures: Pictures,
): ReadonlyMap<string, Tensor> {
  const patches = shownPictures(batch, pictures);
  const features = model.encodeImages(patches);
  return new Map(
    patches.flatMap(({ hash }, index) => {
      const feature = features[index];
      return feature === undefined ? [] : [[hash, feature]];
    }),
  );
}

/** Pixels of the pictures that a batch shows, each once. */
function shownPictures(batch: Batch, pictures: Pictures): readonly Patches[] {
  const hashes = [...new Set(batch.packed.images.map(({ hash }) => hash))];
  return hashes.map((hash) => {
    const found = pictures.get(hash);
    if (found === undefined) throw new Error(`internal: no pixels of picture ${hash}`);
    return found;
  });
}

/** Runs trees through the model; tensors belong to the open scope. */
export function forward(
  model: QwenVL,
  trees: readonly Tree[],
  pictures: Pictures,
  options: ForwardSettings,
): Forward {
  const batch = model.batch(trees);
  const encode = (): ReadonlyMap<string, Tensor> => pictureFeatures(model, batch, pictures);
  // A frozen tower has one version for ever; loading other weights clears the cache.
  const kept = options.cache?.features(shownPictures(batch, pictures), {
    version: 0,
    encodeImages: (fresh) => model.encodeImages(fresh),
  });
  const features = kept ?? (options.trainVision ? encode() : noGrad(encode));
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
