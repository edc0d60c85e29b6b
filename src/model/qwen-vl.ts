import {
  concat,
  type DType,
  fromArray,
  fromInts,
  inTurn,
  noGrad,
  ops,
  outside,
  type Segment,
  type Tensor,
} from '#tensor';
import type { Patches } from '#model/processor';
import { Parameters, type MakeParameter } from '#nn';
import type { ModelConfig } from './config.ts';
import { Decoder } from './decoder.ts';
import { ModelInputError } from './errors.ts';
import { pack, type Packed, predictors, type Tree } from './packing.ts';
import { type Rotary, textRotary } from './rotary.ts';
import { type AttentionLayout, attentionLayout } from './tiles.ts';
import { VisionTower } from './vision-tower.ts';

/** Packed tokens with everything the layers need to know about them. */
export interface Batch {
  readonly packed: Packed;
  /** i64 [T] */
  readonly ids: Tensor;
  readonly rotary: Rotary;
  readonly layout: AttentionLayout;
  /** i64 [n]: rows that predict the response tokens; see `predictors`. */
  readonly predictorRows: Tensor;
  /** i64 [n]: the response tokens. */
  readonly targets: Tensor;
}

/** Qwen2.5-VL: vision tower and decoder, by their checkpoint names. */
export class QwenVL implements Disposable {
  readonly config: ModelConfig;
  readonly vision: VisionTower;
  readonly decoder: Decoder;
  readonly dtype: DType;
  readonly device: string;
  readonly #parameters: Parameters;

  /** Builds the network from a source of tensors; see `Parameters` for what is missing. */
  constructor(config: ModelConfig, make: MakeParameter, like: { dtype: DType; device: string }) {
    this.config = config;
    this.dtype = like.dtype;
    this.device = like.device;
    this.#parameters = new Parameters(make);
    this.vision = new VisionTower(this.#parameters.at('visual'), config.vision);
    this.decoder = new Decoder(this.#parameters, config.text);
  }

  /** All parameters by their published names. */
  get parameters(): ReadonlyMap<string, Tensor> {
    return this.#parameters.tensors;
  }

  /** Sentences about missing and misshapen parameters; empty for a whole model. */
  get problems(): readonly string[] {
    return this.#parameters.problems;
  }

  /** Plans the computation of trees of tokens; the tensors belong to the open scope. */
  batch(trees: readonly Tree[]): Batch {
    const packed = pack(trees, {
      imageTokenId: this.config.imageTokenId,
      mergeSize: this.config.vision.mergeSize,
      maxPositions: this.config.text.maxPositions,
    });
    return noGrad(() => ({
      packed,
      ids: fromInts(packed.ids).to(this.device),
      rotary: textRotary(packed.axes, this.config.text, this),
      layout: attentionLayout(packed, this.device, this.dtype),
      predictorRows: fromInts(predictors(packed)).to(this.device),
      targets: fromInts(responseIds(packed)).to(this.device),
    }));
  }

  /** Embeddings of pictures [t·h·w / 4, D], each picture's rows in reading order, in the order given. */
  encodeImages(pictures: readonly Patches[]): readonly Tensor[] {
    if (pictures.length === 0) return [];
    const pixels = concat(
      pictures.map((picture) => {
        const rows = rowsOf(picture);
        return fromArray(picture.pixels, [rows, picture.pixels.length / rows]);
      }),
    ).to(this.device);
    const grids = pictures.map(({ grid }) => grid);
    const merged = this.vision.forward(pixels, grids);
    const unit = this.config.vision.mergeSize ** 2;
    return merged.splitWithSizes(pictures.map((picture) => rowsOf(picture) / unit));
  }

  /** [T, D]: token embeddings with the pictures' embeddings in their places. */
  embed(batch: Batch, features: ReadonlyMap<string, Tensor>): Tensor {
    const text = this.decoder.embedding.forward(batch.ids);
    const { images } = batch.packed;
    if (images.length === 0) return text;
    const rows = images.flatMap(({ start, length }) =>
      Array.from({ length }, (_, index) => start + index),
    );
    const parts = images.map(({ hash, length }) => {
      const found = features.get(hash);
      if (found === undefined || found.shape[0] !== length) {
        throw new ModelInputError(
          `expected ${length} embeddings of picture ${hash.slice(0, 12)}…, found ` +
            `${found?.shape[0] ?? 'none'}; encode the pictures of the batch first`,
        );
      }
      return found;
    });
    return text.indexCopy(0, fromInts(rows).to(this.device), concat(parts).to(text.dtype));
  }

  /** Hidden states after the last norm [T, D] of embeddings [T, D]. */
  hidden(batch: Batch, embeddings: Tensor): Tensor {
    const segments = this.segments(batch);
    return inTurn(
      embeddings,
      segments.map((segment) => (x: Tensor) => segment([x])[0] ?? x),
    );
  }

  /** The decoder as parts for gradient checkpointing: one per layer, the last with the final norm. */
  segments(batch: Batch): readonly Segment[] {
    const { layers, norm } = this.decoder;
    return layers.map((layer, index) => ([x]) => {
      if (x === undefined) throw new Error('internal: a segment without input');
      const out = layer.forward(x, batch.rotary, batch.layout);
      return [index === layers.length - 1 ? norm.forward(out) : out];
    });
  }

  /** f32 [V]: 0, or −∞ at the given ids; belongs to no scope. */
  bans(ids: readonly number[]): Tensor {
    const { vocabSize } = this.config.text;
    const bans = new Float32Array(vocabSize);
    for (const id of ids) bans[id] = Number.NEGATIVE_INFINITY;
    return outside(() => fromArray(bans).to(this.device));
  }

  [Symbol.dispose](): void {
    this.#parameters.dispose();
  }
}

function rowsOf({ grid }: Patches): number {
  return grid.t * grid.h * grid.w;
}

function responseIds(packed: Packed): Int32Array {
  const first = packed.branches[0]?.start ?? packed.ids.length;
  return packed.ids.subarray(first);
}

/** A model with random weights: normal with `deviation`, norms one, biases zero. */
export function createModel(
  config: ModelConfig,
  options: { readonly deviation: number; readonly dtype?: DType; readonly device?: string },
): QwenVL {
  const { deviation, dtype = 'f32', device = 'cpu' } = options;
  const make: MakeParameter = (name, shape) => {
    const norm = shape.length === 1 && name.endsWith('weight');
    const tensor = norm
      ? ops.ones(shape, { dtype, device })
      : name.endsWith('bias')
        ? ops.zeros(shape, { dtype, device })
        : ops.empty(shape, { dtype, device }).normal_(0, deviation);
    return tensor.requiresGrad_(true);
  };
  return new QwenVL(config, make, { dtype, device });
}
