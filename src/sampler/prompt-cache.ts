import { noGrad, ops, outside, type Tensor } from '#tensor';

/** Keys and values of one prompt, and the hidden state that predicts what follows it. */
export interface PromptEntry {
  readonly key: string;
  /** [L, 2, K, P, d] */
  readonly keysValues: Tensor;
  /** [1, D] after the last norm */
  readonly last: Tensor;
  readonly length: number;
  /** Position of the token after the prompt, on all axes. */
  readonly next: number;
}

/**
 * What was computed under the present weights and may be needed again, least recently used first out.
 * Entries in use are never dropped.
 */
export class KeyedCache<Entry extends { readonly key: string }> {
  readonly #entries = new Map<string, Entry>();
  readonly #users = new Map<string, number>();
  readonly #tensors: (entry: Entry) => readonly Tensor[];
  #bytes = 0;

  constructor(tensors: (entry: Entry) => readonly Tensor[]) {
    this.#tensors = tensors;
  }

  /** Bytes of all entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the entries in use. */
  get usedBytes(): number {
    let sum = 0;
    for (const key of this.#users.keys()) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) sum += this.#bytesOf(entry);
    }
    return sum;
  }

  isUsed(key: string): boolean {
    return this.#users.has(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Takes tensors over; they belong to the cache from now on. */
  add(entry: Entry): void {
    const known = this.#entries.get(entry.key);
    if (known !== undefined) this.#drop(known);
    this.#entries.set(entry.key, entry);
    this.#bytes += this.#bytesOf(entry);
  }

  /** Keeps an entry alive until `release`. */
  retain(key: string): void {
    this.#users.set(key, (this.#users.get(key) ?? 0) + 1);
  }

  release(key: string): void {
    const users = (this.#users.get(key) ?? 0) - 1;
    if (users > 0) this.#users.set(key, users);
    else this.#users.delete(key);
  }

  /** Drops an entry unless somebody uses it. */
  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && !this.isUsed(key)) this.#drop(entry);
  }

  /** Drops what nobody uses until at most so many bytes are left. */
  shrinkTo(bytes: number): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= bytes) return;
      if (!this.#users.has(key)) this.#drop(entry);
    }
  }

  #bytesOf(entry: Entry): number {
    return this.#tensors(entry).reduce((sum, tensor) => sum + tensor.byteLength, 0);
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#bytes -= this.#bytesOf(entry);
    for (const tensor of this.#tensors(entry)) tensor.dispose();
  }

  /** Drops everything; the weights have changed. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#users.clear();
  }
}

/** Prompts by their keys. */
export function promptCache(): KeyedCache<PromptEntry> {
  return new KeyedCache(({ keysValues, last }) => [keysValues, last]);
}

/** The embeddings [n, D] of one picture, by its hash and grid. */
export interface FeatureEntry {
  readonly key: string;
  readonly features: Tensor;
}

/** Pictures that were encoded. */
export function featureCache(): KeyedCache<FeatureEntry> {
  return new KeyedCache(({ features }) => [features]);
}

/** A tensor that belongs to no scope. */
export function owned(make: () => Tensor): Tensor {
  return outside(() => noGrad(make));
}

/** An uninitialised tensor that belongs to no scope. */
export function room(shape: readonly number[], like: Pick<Tensor, 'dtype' | 'device'>): Tensor {
  return owned(() => ops.empty(shape, { dtype: like.dtype, device: like.device }));
}
