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
 * Prompts that were computed under the present weights, least recently used first out. Entries in use
 * are never dropped.
 */
export class PromptCache {
  readonly #entries = new Map<string, PromptEntry>();
  readonly #users = new Map<string, number>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Bytes of all entries. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): PromptEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Takes tensors over; they belong to the cache from now on. */
  add(entry: PromptEntry): void {
    this.#entries.set(entry.key, entry);
    this.#bytes += bytesOfEntry(entry);
    this.#shrink();
  }

  /** Keeps an entry alive until `release`. */
  retain(key: string): void {
    this.#users.set(key, (this.#users.get(key) ?? 0) + 1);
  }

  release(key: string): void {
    const users = (this.#users.get(key) ?? 0) - 1;
    if (users > 0) this.#users.set(key, users);
    else this.#users.delete(key);
    this.#shrink();
  }

  #shrink(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.#limit) return;
      if (!this.#users.has(key)) this.#drop(entry);
    }
  }

  #drop(entry: PromptEntry): void {
    this.#entries.delete(entry.key);
    this.#bytes -= bytesOfEntry(entry);
    entry.keysValues.dispose();
    entry.last.dispose();
  }

  /** Drops everything; the weights have changed. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#drop(entry);
    this.#users.clear();
  }
}

function bytesOfEntry({ keysValues, last }: PromptEntry): number {
  return keysValues.byteLength + last.byteLength;
}

/** A tensor that belongs to no scope. */
export function owned(make: () => Tensor): Tensor {
  return outside(() => noGrad(make));
}

/** An uninitialised tensor that belongs to no scope. */
export function room(shape: readonly number[], like: Pick<Tensor, 'dtype' | 'device'>): Tensor {
  return owned(() => ops.empty(shape, { dtype: like.dtype, device: like.device }));
}
