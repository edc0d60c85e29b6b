import type { Tensor } from '#tensor';
import { KeyedCache } from './prompt-cache.ts';

/** Keys and values that a row had written when it left the batch. */
export interface KeptRow {
  readonly key: string;
  /** Key of the prompt that the row continued. */
  readonly promptKey: string;
  /** [s] the tokens behind the prompt. */
  readonly ids: Int32Array;
  /** [L, 2, K, s, d] */
  readonly keysValues: Tensor;
}

/** What rows have written, for those who continue them; least recently used first out. */
export class KeptRows {
  readonly #cache = new KeyedCache<KeptRow>(({ keysValues }) => [keysValues]);
  readonly #byPrompt = new Map<string, Set<string>>();

  get bytes(): number {
    return this.#cache.bytes;
  }

  /** Takes the tensor over. */
  add(row: Omit<KeptRow, 'key'>): void {
    const key = `${row.promptKey} > ${row.ids.join(' ')}`;
    this.#cache.add({ ...row, key });
    const siblings = this.#byPrompt.get(row.promptKey) ?? new Set();
    this.#byPrompt.set(row.promptKey, siblings.add(key));
  }

  /** The keys [L, 2, K, s, d] of the longest known beginning of some tokens; always shorter than them. */
  find(promptKey: string, ids: Int32Array): Tensor | undefined {
    let best: KeptRow | undefined;
    let most = 0;
    for (const key of this.#byPrompt.get(promptKey) ?? []) {
      const row = this.#cache.get(key);
      if (row === undefined) continue;
      const length = Math.min(common(row.ids, ids), ids.length - 1);
      if (length > most) [best, most] = [row, length];
    }
    return best?.keysValues.narrow(3, 0, most);
  }

  shrinkTo(bytes: number): void {
    this.#cache.shrinkTo(bytes);
    for (const [promptKey, keys] of this.#byPrompt) {
      for (const key of keys) if (!this.#cache.has(key)) keys.delete(key);
      if (keys.size === 0) this.#byPrompt.delete(promptKey);
    }
  }

  clear(): void {
    this.#cache.clear();
    this.#byPrompt.clear();
  }
}

/** Tokens that two sequences begin with alike. */
function common(a: Int32Array, b: Int32Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return index;
  return length;
}
