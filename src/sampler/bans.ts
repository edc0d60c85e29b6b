import { fromArray, outside, stack, type Tensor } from '#tensor';

/** A list of banned ids under a short name: equal lists share one mask. */
export interface BanList {
  readonly name: string;
  readonly ids: readonly number[];
}

/** Names a list of banned ids. */
export function banList(ids: readonly number[]): BanList {
  return { name: ids.join(' '), ids };
}

const most = 64;

/** Masks of banned ids; nearly always one that all rows share. */
export class Bans {
  readonly #vocabSize: number;
  readonly #device: string;
  readonly #masks = new Map<string, Tensor>();

  constructor(vocabSize: number, device: string) {
    this.#vocabSize = vocabSize;
    this.#device = device;
  }

  /** −∞ at the banned ids of each row of logits [B, V], in place. */
  apply(logits: Tensor, rows: readonly { readonly bans: BanList }[]): Tensor {
    if (this.#masks.size > most) this.dispose();
    const lists = new Map(rows.map(({ bans }) => [bans.name, bans]));
    const [only] = lists.values();
    if (only === undefined || (lists.size === 1 && only.ids.length === 0)) return logits;
    if (lists.size === 1) return logits.add_(this.#mask(only));
    return logits.add_(stack(rows.map(({ bans }) => this.#mask(bans))));
  }

  /** [V]: 0, or −∞ at the ids. */
  #mask({ name, ids }: BanList): Tensor {
    const known = this.#masks.get(name);
    if (known !== undefined) return known;
    const values = new Float32Array(this.#vocabSize);
    for (const id of ids) values[id] = Number.NEGATIVE_INFINITY;
    const mask = outside(() => fromArray(values).to(this.#device));
    this.#masks.set(name, mask);
    return mask;
  }

  dispose(): void {
    for (const mask of this.#masks.values()) mask.dispose();
    this.#masks.clear();
  }
}
