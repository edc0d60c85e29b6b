import { attentionLayout, pack, type Packed, ropeIndex, textRotary } from '#model';
import type { Prompt } from '#model/processor';
import { concat, fromArray, fromInts, ops, type Tensor, TensorScope } from '#tensor';
import { forwardPacked, type KeysValues, lastNorm } from './layer-pass.ts';
import { owned, type PromptEntry, room } from './prompt-cache.ts';
import { pictureKey } from './prompt-parts.ts';
import type { Published } from './published.ts';

/** A prompt and the key under which it is stored. */
export interface KeyedPrompt {
  readonly key: string;
  readonly root: Prompt;
}

/** Finds the embeddings of a picture by its `pictureKey`. */
export type FindFeatures = (key: string) => Tensor | undefined;

function packPrompts(published: Published, prompts: readonly KeyedPrompt[]): Packed {
  const { config } = published;
  return pack(
    prompts.map(({ root }) => ({ prompt: root, responses: [] })),
    {
      imageTokenId: config.imageTokenId,
      mergeSize: config.vision.mergeSize,
      maxPositions: config.text.maxPositions,
    },
  );
}

/** [T, D]: embeddings of packed tokens, with those of pictures in their places. */
function embed(
  packed: Packed,
  prompts: readonly KeyedPrompt[],
  published: Published,
  find: FindFeatures,
): Tensor {
  const { embedding } = published.weights;
  const x = ops.embedding(embedding, fromInts(packed.ids).to(published.device));
  if (packed.images.length === 0) return x;
  const rows = packed.images.flatMap(({ start, length }) =>
    Array.from({ length }, (_, index) => start + index),
  );
  const keys = prompts.flatMap(({ root }) =>
    root.chunks.flatMap((chunk) =>
      chunk.kind === 'image' ? [pictureKey(chunk.image.hash, chunk.grid)] : [],
    ),
  );
  const pictures = keys.map((key) => {
    const found = find(key);
    if (found === undefined) throw new Error('internal: a picture was not encoded');
    return found;
  });
  const places = fromInts(rows).to(published.device);
  return x.indexCopy(0, places, concat(pictures).to(x.dtype));
}

/** Computes prompts at once, each with its key. */
export function prefillPrompts(
  published: Published,
  prompts: readonly KeyedPrompt[],
  find: FindFeatures,
): readonly PromptEntry[] {
  using _scope = new TensorScope('prefill');
  const { config, device, dtype } = published;
  const packed = packPrompts(published, prompts);
  const { hidden, written } = forwardPacked(embed(packed, prompts, published, find), published, {
    rotary: textRotary(packed.axes, config.text, published),
    layout: attentionLayout(packed, device, dtype),
  });
  const ends = packed.roots.map(({ start, length }) => start + length - 1);
  const last = lastNorm(hidden.indexSelect(0, fromInts(ends).to(device)), published);
  return prompts.map(({ key, root }, index) => {
    const { start, length } = packed.roots[index] ?? { start: 0, length: 0 };
    return {
      key,
      keysValues: owned(() =>
        written.narrow(2, start, length).transpose(2, 3).clone().contiguous(),
      ),
      last: owned(() => last.narrow(0, index, 1).clone()),
      length,
      next: ropeIndex(root, 0, config.vision.mergeSize).next,
    };
  });
}

/** Rows `start` … of a causal square of which the first `start` rows are known: 0 or −∞. */
function offsetMask(start: number, count: number): Tensor {
  const mask = new Float32Array(count * (start + count)).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < count; row++) {
    mask.fill(0, row * (start + count), row * (start + count) + start + row + 1);
  }
  return fromArray(mask, [1, 1, count, start + count]);
}

/** A long prompt that is computed stretch by stretch, so that token steps come in between. */
export class PromptPass implements Disposable {
  readonly key: string;
  readonly #published: Published;
  readonly #prompt: KeyedPrompt;
  readonly #packed: Packed;
  /** [T, D] */
  readonly #x: Tensor;
  /** [L, 2, T, K, d] */
  readonly #written: Tensor;
  #done = 0;

  constructor(published: Published, prompt: KeyedPrompt, find: FindFeatures) {
    const { layers, kvHeads, headDim } = published.config.text;
    this.key = prompt.key;
    this.#published = published;
    this.#prompt = prompt;
    this.#packed = packPrompts(published, [prompt]);
    this.#x = owned(() => embed(this.#packed, [prompt], published, find));
    this.#written = room([layers, 2, this.#packed.ids.length, kvHeads, headDim], published);
  }

  /** Computes at most `tokens` further tokens; returns the prompt once all are done. */
  advance(tokens: number): PromptEntry | undefined {
    using _scope = new TensorScope('prefill stretch');
    const { config, device, dtype } = this.#published;
    const start = this.#done;
    const count = Math.min(tokens, this.#packed.ids.length - start);
    const mask = start === 0 ? null : offsetMask(start, count).to(dtype).to(device);
    const shape = { count: 1, queries: count, keys: start + count, start: 0, mask };
    const { hidden, written } = forwardPacked(this.#x.narrow(0, start, count), this.#published, {
      rotary: textRotary(
        this.#packed.axes.map((axis) => axis.subarray(start, start + count)),
        config.text,
        this.#published,
      ),
      layout: { tiles: [{ ...shape, queryRows: null, keyRows: null }], back: null },
      ...(start > 0 && { before: this.#before(start) }),
    });
    this.#written.narrow(2, start, count).copy_(written);
    this.#done += count;
    return this.#done < this.#packed.ids.length
      ? undefined
      : this.#entry(hidden.narrow(0, count - 1, 1));
  }

  #before(length: number): readonly KeysValues[] {
    return this.#written
      .narrow(2, 0, length)
      .unbind(0)
      .map((layer) => ({ keys: layer.select(0, 0), values: layer.select(0, 1) }));
  }

  #entry(hidden: Tensor): PromptEntry {
    const { mergeSize } = this.#published.config.vision;
    return {
      key: this.key,
      keysValues: owned(() => this.#written.transpose(2, 3).contiguous()),
      last: owned(() => lastNorm(hidden, this.#published).clone()),
      length: this.#packed.ids.length,
      next: ropeIndex(this.#prompt.root, 0, mergeSize).next,
    };
  }

  [Symbol.dispose](): void {
    this.#x.dispose();
    this.#written.dispose();
  }
}
