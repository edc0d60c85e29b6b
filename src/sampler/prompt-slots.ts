import { bytesOf, noGrad, type Tensor, TensorScope } from '#tensor';
import { owned, type PromptEntry, room } from './prompt-cache.ts';

/** The sizes that a cache is made of. */
export interface CacheShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Keys and values [S, K, P, d] of the prompts in one layer. */
export interface PromptLayer {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Keys and values of the prompts that active rows continue. Slots 0 … count − 1 are in use; a prompt's
 * keys are stored once for all of its rows and read once for all of them.
 */
export class PromptSlots {
  readonly #shape: CacheShape;
  readonly #like: Pick<Tensor, 'dtype' | 'device'>;
  readonly #lengths: number[] = [];
  /** [L, 2, S, K, P, d] */
  #all: Tensor | undefined;
  #capacity = 0;
  /** Places per slot. */
  #places = 0;

  constructor(shape: CacheShape, like: Pick<Tensor, 'dtype' | 'device'>) {
    this.#shape = shape;
    this.#like = like;
  }

  get count(): number {
    return this.#lengths.length;
  }

  /** Tokens of the longest prompt in use: as many places of each slot are read. */
  get width(): number {
    return Math.max(0, ...this.#lengths);
  }

  /** Tokens of each prompt in use. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  get bytes(): number {
    return this.#all?.byteLength ?? 0;
  }

  /** The slots in use, layer by layer. */
  layers(): readonly PromptLayer[] {
    const used = this.#tensor().narrow(2, 0, this.count).narrow(4, 0, this.width);
    const [keys, values] = [0, 1].map((index) => used.select(1, index).unbind(0));
    return Array.from({ length: this.#shape.layers }, (_, index) => {
      const [key, value] = [keys?.[index], values?.[index]];
      if (key === undefined || value === undefined) throw new Error('internal: no such layer');
      return { keys: key, values: value };
    });
  }

  #tensor(): Tensor {
    if (this.#all === undefined) throw new Error('internal: no prompts');
    return this.#all;
  }

  /** Makes room for further prompts at once, so that adding them moves nothing. */
  expect(entries: readonly { readonly length: number }[]): void {
    const width = Math.max(0, ...entries.map(({ length }) => length));
    if (entries.length > 0) this.#grow(this.count + entries.length, width);
  }

  /** Copies a prompt into the next slot; returns its number. */
  add(entry: PromptEntry): number {
    const slot = this.count;
    this.#grow(slot + 1, entry.length);
    using _scope = new TensorScope('add prompt');
    const target = this.#tensor().select(2, slot).narrow(3, 0, entry.length);
    noGrad(() => target.copy_(entry.keysValues));
    this.#lengths.push(entry.length);
    return slot;
  }

  /** Frees a slot by moving the last one into it; returns the number that moved, or undefined. */
  remove(slot: number): number | undefined {
    const last = this.count - 1;
    const length = this.#lengths.pop() ?? 0;
    if (slot === last) return undefined;
    using _scope = new TensorScope('move prompt');
    const part = (index: number): Tensor => this.#tensor().select(2, index).narrow(3, 0, length);
    noGrad(() => part(slot).copy_(part(last)));
    this.#lengths[slot] = length;
    return last;
  }

  /** Bytes that it takes to hold further prompts of these lengths beside the present ones. */
  bytesWith(lengths: readonly number[]): number {
    const { layers, kvHeads, headDim } = this.#shape;
    const slots = this.count + lengths.length;
    const places = slots * placesOf([...this.#lengths, ...lengths]);
    const needed = 2 * layers * kvHeads * headDim * places * bytesOf(this.#like.dtype);
    return Math.max(needed, this.bytes);
  }

  #grow(slots: number, width: number): void {
    if (slots <= this.#capacity && width <= this.#places) return;
    const widest = placesOf([...this.#lengths, width]);
    const used = Math.min(widest, this.#places);
    const { layers, kvHeads, headDim } = this.#shape;
    using _scope = new TensorScope('grow prompts');
    const fresh = owned(() =>
      room([layers, 2, slots, kvHeads, widest, headDim], this.#like).zero_(),
    );
    const old = this.#all;
    if (old !== undefined && this.count > 0) {
      const part = (whole: Tensor): Tensor => whole.narrow(2, 0, this.count).narrow(4, 0, used);
      noGrad(() => part(fresh).copy_(part(old)));
    }
    this.#all = fresh;
    old?.dispose();
    this.#capacity = slots;
    this.#places = widest;
  }

  clear(): void {
    this.#lengths.length = 0;
    this.#all?.dispose();
    this.#all = undefined;
    this.#capacity = 0;
    this.#places = 0;
  }
}

/** Places per slot for prompts of these lengths. */
function placesOf(lengths: readonly number[]): number {
  return Math.ceil(Math.max(0, ...lengths) / 16) * 16;
}
