import { fromArray, outside, stack, type Tensor } from '#tensor';
import type { SamplingParams } from './request.ts';

/** Masks of banned ids; nearly always one that all rows share. */
export class Bans {
  readonly #vocabSize: number;
  readonly #device: string;
  readonly #masks = new Map<readonly number[], Tensor>();

  constructor(vocabSize: number, device: string) {
    this.#vocabSize = vocabSize;
    this.#device = device;
  }

  /** −∞ at the banned ids of each row of logits [B, V], in place. */
  apply(logits: Tensor, rows: readonly { readonly params: SamplingParams }[]): Tensor {
    const lists = new Set(rows.map(({ params }) => params.bannedIds));
    const [only] = lists;
    if (only === undefined || (lists.size === 1 && only.length === 0)) return logits;
    if (lists.size === 1) return logits.add_(this.#mask(only));
    return logits.add_(stack(rows.map(({ params }) => this.#mask(params.bannedIds))));
  }

  /** [V]: 0, or −∞ at the ids. */
  #mask(ids: readonly number[]): Tensor {
    const known = this.#masks.get(ids);
    if (known !== undefined) return known;
    const values = new Float32Array(this.#vocabSize);
    for (const id of ids) values[id] = Number.NEGATIVE_INFINITY;
    const mask = outside(() => fromArray(values).to(this.#device));
    if (this.#masks.size >= 64) this.dispose();
    this.#masks.set(ids, mask);
    return mask;
  }

  dispose(): void {
    for (const mask of this.#masks.values()) mask.dispose();
    this.#masks.clear();
  }
}
