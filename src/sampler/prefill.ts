import {
  type AttentionLayout,
  attendPacked,
  attentionLayout,
  branchLayout,
  pack,
  type Packed,
  type Rotary,
  ropeIndex,
  rotate,
  textRotary,
} from '#model';
import type { Prompt } from '#model/processor';
import { concat, fromInts, ops, stack, type Tensor, TensorScope } from '#tensor';
import { feedForward } from './decode.ts';
import type { FusedLayer } from './fused-weights.ts';
import { owned, type PromptEntry } from './prompt-cache.ts';
import type { Published } from './published.ts';

/** Keys and values [T, K, d] that one layer has computed. */
interface KeysValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

interface Pass {
  readonly rotary: Rotary;
  readonly layout: AttentionLayout;
  /** Keys and values that stand before the own ones, layer by layer. */
  readonly before?: readonly KeysValues[];
}

function packTrees(published: Published, trees: Parameters<typeof pack>[0]): Packed {
  const { config } = published;
  return pack(trees, {
    imageTokenId: config.imageTokenId,
    mergeSize: config.vision.mergeSize,
    maxPositions: config.text.maxPositions,
  });
}

/** One layer over packed tokens x [T, D]. */
function layerPass(
  x: Tensor,
  layer: FusedLayer,
  published: Published,
  pass: Pass & { readonly index: number },
): { readonly out: Tensor; readonly own: KeysValues } {
  const { heads: H, kvHeads: K, headDim: d, rmsNormEps } = published.config.text;
  const { T } = x.dims('T D');
  const h = ops.rmsNorm(x, layer.inputNorm.shape, layer.inputNorm, rmsNormEps);
  const all = ops.addmm(layer.qkvBias, h, layer.qkv).view([T, H + 2 * K, d]);
  const q = rotate(all.narrow(1, 0, H), pass.rotary);
  const own = { keys: rotate(all.narrow(1, H, K), pass.rotary), values: all.narrow(1, H + K, K) };
  const before = pass.before?.[pass.index];
  const keys = before === undefined ? own.keys : concat([before.keys, own.keys]);
  const values = before === undefined ? own.values : concat([before.values, own.values]);
  const attended = attendPacked([q, keys, values], pass.layout, 1);
  const out = feedForward(ops.addmm(x, attended, layer.output), layer, rmsNormEps);
  return { out, own };
}

/** All layers; returns hidden states before the last norm and what each layer wrote. */
function forward(
  x: Tensor,
  published: Published,
  pass: Pass,
): { readonly hidden: Tensor; readonly written: readonly KeysValues[] } {
  let hidden = x;
  const written: KeysValues[] = [];
  for (const [index, layer] of published.weights.layers.entries()) {
    const { out, own } = layerPass(hidden, layer, published, { ...pass, index });
    hidden = out;
    written.push(own);
  }
  return { hidden, written };
}

function lastNorm(hidden: Tensor, published: Published): Tensor {
  const { norm } = published.weights;
  return ops.rmsNorm(hidden, norm.shape, norm, published.config.text.rmsNormEps);
}

function embed(
  packed: Packed,
  published: Published,
  features: ReadonlyMap<string, Tensor>,
): Tensor {
  const { embedding } = published.weights;
  const x = ops.embedding(embedding, fromInts(packed.ids).to(published.device));
  if (packed.images.length === 0) return x;
  const rows = packed.images.flatMap(({ start, length }) =>
    Array.from({ length }, (_, index) => start + index),
  );
  const pictures = packed.images.map(({ hash }) => {
    const found = features.get(hash);
    if (found === undefined) throw new Error('internal: a picture was not encoded');
    return found;
  });
  const places = fromInts(rows).to(published.device);
  return x.indexCopy(0, places, concat(pictures).to(x.dtype));
}

/** [L, 2, T, K, d] */
function stackLayers(written: readonly KeysValues[]): Tensor {
  return stack(written.map(({ keys, values }) => stack([keys, values])));
}

/** Computes prompts, each with its key; `features` holds the embeddings of their pictures. */
export function prefillPrompts(
  published: Published,
  prompts: readonly { readonly key: string; readonly prompt: Prompt }[],
  features: ReadonlyMap<string, Tensor>,
): readonly PromptEntry[] {
  using _scope = new TensorScope('prefill');
  const { config, device, dtype } = published;
  const packed = packTrees(
    published,
    prompts.map(({ prompt }) => ({ prompt, responses: [] })),
  );
  const { hidden, written } = forward(embed(packed, published, features), published, {
    rotary: textRotary(packed.axes, config.text, published),
    layout: attentionLayout(packed, device, dtype),
  });
  const all = stackLayers(written);
  const ends = packed.roots.map(({ start, length }) => start + length - 1);
  const last = lastNorm(hidden.indexSelect(0, fromInts(ends).to(device)), published);
  return prompts.map(({ key, prompt }, index) => {
    const { start, length } = packed.roots[index] ?? { start: 0, length: 0 };
    return {
      key,
      keysValues: owned(() => all.narrow(2, start, length).transpose(2, 3).clone().contiguous()),
      last: owned(() => last.narrow(0, index, 1).clone()),
      length,
      next: ropeIndex(prompt, 0, config.vision.mergeSize).next,
    };
  });
}

/** A continuation of a known prompt: tokens that are given, not drawn. */
export interface Suffix {
  readonly prompt: Prompt;
  readonly entry: PromptEntry;
  readonly ids: Int32Array;
}

/** What continuations have written, and the hidden states that predict what follows. */
export interface SuffixPass {
  /** [L, 2, K, s, d] of each suffix; belongs to the open scope. */
  readonly keysValues: readonly Tensor[];
  /** [n, D] */
  readonly last: Tensor;
}

/** Computes the tokens of continuations against prompts whose keys and values are known. */
export function prefillSuffixes(published: Published, suffixes: readonly Suffix[]): SuffixPass {
  const { config, device, dtype, weights } = published;
  const distinct = [...new Map(suffixes.map((suffix) => [suffix.entry.key, suffix])).values()];
  const trees = distinct.map(({ prompt, entry }) => ({
    prompt,
    responses: suffixes.filter((other) => other.entry.key === entry.key).map(({ ids }) => ids),
  }));
  const packed = packTrees(published, trees);
  const first = packed.branches[0]?.start ?? 0;
  const axes = packed.axes.map((axis) => axis.subarray(first));
  const before = weights.layers.map((_, index): KeysValues => {
    const [keys, values] = concat(
      distinct.map(({ entry }) => entry.keysValues.select(0, index)),
      2,
    ).unbind(0);
    if (keys === undefined || values === undefined) throw new Error('internal: no keys');
    return { keys: keys.transpose(0, 1), values: values.transpose(0, 1) };
  });
  const ids = fromInts(packed.ids.subarray(first)).to(device);
  const { hidden, written } = forward(ops.embedding(weights.embedding, ids), published, {
    rotary: textRotary(axes, config.text, published),
    layout: branchLayout(packed, device, dtype),
    before,
  });
  const all = stackLayers(written);
  const order = orderOf(suffixes, distinct);
  const stretches = order.map((branch) => packed.branches[branch] ?? { start: first, length: 0 });
  const ends = stretches.map(({ start, length }) => start - first + length - 1);
  return {
    keysValues: stretches.map(({ start, length }) =>
      all.narrow(2, start - first, length).transpose(2, 3),
    ),
    last: lastNorm(hidden.indexSelect(0, fromInts(ends).to(device)), published),
  };
}

/** The branch of each suffix: branches are packed prompt by prompt. */
function orderOf(suffixes: readonly Suffix[], distinct: readonly Suffix[]): readonly number[] {
  const grouped = distinct.flatMap(({ entry }) =>
    suffixes.flatMap((suffix, index) => (suffix.entry.key === entry.key ? [index] : [])),
  );
  const order: number[] = [];
  for (const [branch, index] of grouped.entries()) order[index] = branch;
  return order;
}
