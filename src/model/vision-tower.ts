import { concat, fromInts, inTurn, ops, type Tensor } from '#tensor';
import type { Grid } from '#model/processor';
import { Linear, type Parameters, RMSNorm } from '#nn';
import { attend } from './attention.ts';
import type { VisionConfig } from './config.ts';
import { type Rotary, rotate, visionRotary } from './rotary.ts';
import { patchPositions, windowOrder } from './windows.ts';

const epsilon = 1e-6;

/** Equal stretches of consecutive patches that attend among themselves. */
interface Run {
  readonly count: number;
  readonly length: number;
}

/**
 * How the patches of some pictures pass the tower. Windows are visited longest first, not in reading
 * order, so that windows of one size are consecutive and need neither mask nor padding.
 */
export interface VisionLayout {
  /** i64 [N / 4]: merged tokens in the order of the tower. */
  readonly order: Tensor;
  /** i64 [N / 4]: back to reading order. */
  readonly back: Tensor;
  /** Upstream's order of the same tokens, and its window borders in patches. */
  readonly upstream: Int32Array;
  readonly upstreamLengths: readonly number[];
  readonly rotary: Rotary;
  readonly windows: readonly Run[];
  readonly pictures: readonly Run[];
  /** i64 [N / 4]: from the tower's order to picture after picture, largest first, and back. */
  readonly toPictures: Tensor;
  readonly fromPictures: Tensor;
}

/** Stable order of indices by descending length. */
function longestFirst(lengths: readonly number[]): readonly number[] {
  return lengths.map((_, index) => index).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0));
}

function runs(lengths: readonly number[]): readonly Run[] {
  const found: { count: number; length: number }[] = [];
  for (const length of lengths) {
    const last = found.at(-1);
    if (last?.length === length) last.count++;
    else found.push({ count: 1, length });
  }
  return found;
}

/** Concatenates stretches in another order. */
function reorder(
  items: Int32Array,
  lengths: readonly number[],
  order: readonly number[],
): Int32Array {
  const starts: number[] = [];
  lengths.reduce((sum, length) => {
    starts.push(sum);
    return sum + length;
  }, 0);
  const out = new Int32Array(items.length);
  let at = 0;
  for (const index of order) {
    const start = starts[index] ?? 0;
    out.set(items.subarray(start, start + (lengths[index] ?? 0)), at);
    at += lengths[index] ?? 0;
  }
  return out;
}

function inverse(order: Int32Array): Int32Array {
  const out = new Int32Array(order.length);
  order.forEach((from, to) => (out[from] = to));
  return out;
}

function concatArrays(parts: readonly Int32Array[]): Int32Array {
  const out = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Every patch of merged tokens given in some order. */
function patchesOf(order: Int32Array, values: Int32Array, unit: number): Int32Array {
  const out = new Int32Array(values.length);
  order.forEach((token, index) =>
    out.set(values.subarray(token * unit, (token + 1) * unit), index * unit),
  );
  return out;
}

export function visionLayout(
  grids: readonly Grid[],
  config: VisionConfig,
  device: string,
): VisionLayout {
  const unit = config.mergeSize ** 2;
  const { tokens, lengths } = windowOrder(grids, config);
  const windows = longestFirst(lengths);
  const order = reorder(
    tokens,
    lengths.map((length) => length / unit),
    windows,
  );
  const sizes = grids.map(({ t, h, w }) => t * h * w);
  const pictures = longestFirst(sizes);
  const reading = Int32Array.from({ length: tokens.length }, (_, index) => index);
  const byPicture = reorder(
    reading,
    sizes.map((size) => size / unit),
    pictures,
  );
  const back = inverse(order);
  const toPictures = byPicture.map((token) => back[token] ?? 0);
  const positions = grids.map((grid) => patchPositions(grid, config.mergeSize));
  const rows = concatArrays(positions.map((position) => position.rows));
  const columns = concatArrays(positions.map((position) => position.columns));
  const index = (values: Int32Array): Tensor => fromInts(values).to(device);
  return {
    order: index(order),
    back: index(back),
    upstream: tokens,
    upstreamLengths: lengths,
    rotary: visionRotary(
      patchesOf(order, rows, unit),
      patchesOf(order, columns, unit),
      config,
      device,
    ),
    windows: runs(windows.map((window) => lengths[window] ?? 0)),
    pictures: runs(pictures.map((picture) => sizes[picture] ?? 0)),
    toPictures: index(toPictures),
    fromPictures: index(inverse(toPictures)),
  };
}

/** x [N, ...] by merged tokens of `unit` patches. */
function selectTokens(x: Tensor, order: Tensor, unit: number): Tensor {
  const [rows = 0, ...rest] = x.shape;
  return x
    .reshape([rows / unit, -1])
    .indexSelect(0, order)
    .view([rows, ...rest]);
}

class VisionBlock {
  readonly #norm1: RMSNorm;
  readonly #norm2: RMSNorm;
  readonly #qkv: Linear;
  readonly #proj: Linear;
  readonly #gate: Linear;
  readonly #up: Linear;
  readonly #down: Linear;
  readonly #config: VisionConfig;
  readonly #full: boolean;

  constructor(parameters: Parameters, config: VisionConfig, full: boolean) {
    const { hiddenSize: D, intermediateSize: I } = config;
    const bias = { bias: true };
    this.#config = config;
    this.#full = full;
    this.#norm1 = new RMSNorm(parameters.at('norm1'), D, epsilon);
    this.#norm2 = new RMSNorm(parameters.at('norm2'), D, epsilon);
    this.#qkv = new Linear(parameters.at('attn').at('qkv'), D, 3 * D, bias);
    this.#proj = new Linear(parameters.at('attn').at('proj'), D, D, bias);
    this.#gate = new Linear(parameters.at('mlp').at('gate_proj'), D, I, bias);
    this.#up = new Linear(parameters.at('mlp').at('up_proj'), D, I, bias);
    this.#down = new Linear(parameters.at('mlp').at('down_proj'), I, D, bias);
  }

  forward(x: Tensor, layout: VisionLayout): Tensor {
    const attended = x.add(this.#proj.forward(this.#attention(this.#norm1.forward(x), layout)));
    const h = this.#norm2.forward(attended);
    const gated = this.#gate.forward(h).silu().mul(this.#up.forward(h));
    return attended.add(this.#down.forward(gated));
  }

  /** [N, D] → [N, D], before the output projection. */
  #attention(h: Tensor, layout: VisionLayout): Tensor {
    const { N, D } = h.dims('N D');
    const unit = this.#config.mergeSize ** 2;
    const heads = this.#config.heads;
    const [q, k, v] = this.#qkv
      .forward(h)
      .view([N, 3, heads, D / heads])
      .unbind(1);
    if (q === undefined || k === undefined || v === undefined) throw new Error('internal: no qkv');
    // Upstream turns q and k in f32 whatever the type of the rest.
    const turned = [q, k].map((x) => rotate(x.to('f32'), layout.rotary).to(h.dtype));
    const full = this.#full;
    const [qs, ks, vs] = [...turned, v].map((x) =>
      full ? selectTokens(x, layout.toPictures, unit) : x,
    ) as [Tensor, Tensor, Tensor];
    const out = attendRuns(qs, ks, vs, full ? layout.pictures : layout.windows);
    return full ? selectTokens(out, layout.fromPictures, unit) : out;
  }
}

/** Attention inside each stretch: q, k, v [N, H, D] → [N, H · D]. */
function attendRuns(q: Tensor, k: Tensor, v: Tensor, stretches: readonly Run[]): Tensor {
  const { H, D } = q.dims('N H D');
  let start = 0;
  const outputs = stretches.map(({ count, length }) => {
    const cut = (x: Tensor): Tensor =>
      x
        .narrow(0, start, count * length)
        .reshape([count, length, H, D])
        .transpose(1, 2);
    const out = attend(cut(q), cut(k), cut(v), { mask: null });
    start += count * length;
    return out.transpose(1, 2).reshape([count * length, H * D]);
  });
  const [first] = outputs;
  return outputs.length === 1 && first !== undefined ? first : concat(outputs);
}

/** Qwen2.5-VL's vision tower: patches in, one embedding per 2 × 2 patches out. */
export class VisionTower {
  readonly #config: VisionConfig;
  readonly #patchEmbed: Tensor;
  readonly #blocks: readonly VisionBlock[];
  readonly #mergeNorm: RMSNorm;
  readonly #merge1: Linear;
  readonly #merge2: Linear;

  constructor(parameters: Parameters, config: VisionConfig) {
    const { hiddenSize, channels, temporalPatchSize, patchSize, mergeSize } = config;
    const merged = hiddenSize * mergeSize ** 2;
    this.#config = config;
    this.#patchEmbed = parameters
      .at('patch_embed')
      .at('proj')
      .take('weight', [hiddenSize, channels, temporalPatchSize, patchSize, patchSize]);
    this.#blocks = Array.from(
      { length: config.depth },
      (_, index) =>
        new VisionBlock(
          parameters.at('blocks').at(index),
          config,
          config.fullAttentionBlocks.includes(index),
        ),
    );
    const merger = parameters.at('merger');
    this.#mergeNorm = new RMSNorm(merger.at('ln_q'), hiddenSize, epsilon);
    this.#merge1 = new Linear(merger.at('mlp').at(0), merged, merged, { bias: true });
    this.#merge2 = new Linear(merger.at('mlp').at(2), merged, config.outHiddenSize, { bias: true });
  }

  /** pixels [N, 1176] → [N, D] in the tower's order, after the last block. */
  blocks(pixels: Tensor, layout: VisionLayout): Tensor {
    const weight = this.#patchEmbed.flatten(1);
    const embedded = ops.linear(pixels.to(weight.dtype), weight);
    const start = selectTokens(embedded, layout.order, this.#config.mergeSize ** 2);
    return inTurn(
      start,
      this.#blocks.map((block) => (x: Tensor) => block.forward(x, layout)),
    );
  }

  /** [N, D] in the tower's order → [N / 4, H] in reading order, picture after picture. */
  merge(x: Tensor, layout: VisionLayout): Tensor {
    const { N } = x.dims('N D');
    const rows = this.#mergeNorm.forward(x).view([N / this.#config.mergeSize ** 2, -1]);
    return this.#merge2.forward(this.#merge1.forward(rows).gelu()).indexSelect(0, layout.back);
  }

  /** pixels [N, 1176] of all pictures → [N / 4, H] */
  forward(pixels: Tensor, grids: readonly Grid[]): Tensor {
    const layout = visionLayout(grids, this.#config, pixels.device);
    return this.merge(this.blocks(pixels, layout), layout);
  }
}
