import { concat, einsum, ops, outside, type Tensor } from '#tensor';
import { type Arrangement, arrange } from './arrangement.ts';
import type { PromptLayer } from './prompt-slots.ts';
import type { Attend, RowAttention, Rows } from './row-attention.ts';
import type { Written } from './row-cache.ts';

/** Sizes of one step, by their letters: B rows, G prompts, N rows per prompt, K key heads, R queries per key head, d head width. */
interface Sizes {
  readonly B: number;
  readonly G: number;
  readonly N: number;
  readonly K: number;
  readonly R: number;
  readonly d: number;
  /** Heads side by side in the fused projection: K · R + 2K. */
  readonly all: number;
  /** Places of a prompt, padding included. */
  readonly P: number;
  /** Columns of the row cache in sight of any row. */
  readonly t: number;
}

/** One layer of what the rows see. */
interface LayerView {
  readonly sizes: Sizes;
  readonly arrangement: Arrangement;
  /** The mask of the arrangement, cut to P + t; null where there is nothing to hide. */
  readonly mask: Tensor | null;
  readonly prompt: PromptLayer;
  readonly own: Written;
  /** [B · all, d]: queries, keys and values of this step, row by row. */
  readonly turned: Tensor;
}

/**
 * Attention by operators that libtorch has on every device. The keys of a prompt are read by one product
 * for all of its rows; rows that came later do not see the columns before, which a mask hides.
 */
export class ComposedAttention implements RowAttention {
  readonly #rows: Rows;
  readonly #arrangement: Arrangement;
  readonly #prompts: readonly PromptLayer[];

  constructor(rows: Rows) {
    this.#rows = rows;
    this.#arrangement = arrange(rows);
    // Views that outlive the step.
    this.#prompts = outside(() => rows.prompts.layers());
  }

  step(positions: readonly number[]): Attend {
    const { config, cache, rotary, prompts } = this.#rows;
    const { heads, kvHeads: K, headDim: d } = config;
    const arrangement = this.#arrangement;
    const { rows: B, prompts: G, perPrompt: N, places } = arrangement;
    const [all, P, t] = [heads + 2 * K, prompts.width, cache.now - cache.first + 1];
    const sizes = { B, G, N, K, R: heads / K, d, all, P, t };
    const { cos, sin } = rotary.rows(positions, heads + K, K);
    const columns = cache.present();
    const inSight = cache.inSight(places === null ? [G, N] : [B]);
    const mask = arrangement.mask?.narrow(-1, 0, P + t) ?? null;
    return (qkv, layer) => {
      const [column, prompt, own] = [columns[layer], this.#prompts[layer], inSight[layer]];
      if (column === undefined || prompt === undefined || own === undefined)
        throw new Error('internal: no such layer');
      const flat = qkv.view([B * all, d]);
      const turned = ops.addcmul(flat.mul(cos), flat.roll([d / 2], [1]), sin);
      column.copy_(turned.asStrided([2, B, K, d], [K * d, all * d, d, 1], (all - 2 * K) * d));
      const attend = places === null ? attendInOrder : attendByPlaces;
      const view = { sizes, arrangement, mask, prompt, own, turned };
      return attend(view).view([B, heads * d]);
    };
  }

  dispose(): void {
    this.#arrangement.dispose();
    for (const { keys, values } of this.#prompts) {
      keys.dispose();
      values.dispose();
    }
  }
}

/** Where row g · N + n continues prompt g, no row has to be moved. Returns [G, N, K, R, d]. */
function attendInOrder({ sizes, mask, prompt, own, turned }: LayerView): Tensor {
  const { G, N, K, R, d, all, P, t } = sizes;
  const q = turned.asStrided([G, N, K, R, d], [N * all * d, all * d, R * d, d, 1], 0);
  const toPrompt = einsum('gnkrd,gkpd->gnkrp', [q, prompt.keys]);
  const [forPrompt, forOwn] = weigh(toPrompt, q.matmul(own.keys), mask).splitWithSizes([P, t], -1);
  if (forPrompt === undefined || forOwn === undefined) throw new Error('internal: split');
  const fromPrompt = einsum('gnkrp,gkpd->gnkrd', [forPrompt, prompt.values]);
  return forOwn.matmul(own.values).add_(fromPrompt);
}

/** Rows of one prompt are brought together, and back again. Returns [B, K, R, d]. */
function attendByPlaces({ sizes, arrangement, mask, prompt, own, turned }: LayerView): Tensor {
  const { B, G, N, K, R, d, all, P, t } = sizes;
  const { places, back } = arrangement;
  if (places === null || back === null) throw new Error('internal: no places');
  const q = turned.asStrided([B, K, R, d], [all * d, R * d, d, 1], 0);
  const grid = q.indexSelect(0, places).view([G, N, K, R, d]);
  const spread = einsum('gnkrd,gkpd->gnkrp', [grid, prompt.keys]);
  const toPrompt = spread.reshape([G * N, K, R, P]).indexSelect(0, back);
  const [forPrompt, forOwn] = weigh(toPrompt, q.matmul(own.keys), mask).splitWithSizes([P, t], -1);
  if (forPrompt === undefined || forOwn === undefined) throw new Error('internal: split');
  const inPlaces = forPrompt.indexSelect(0, places).view([G, N, K, R, P]);
  const fromPrompt = einsum('gnkrp,gkpd->gnkrd', [inPlaces, prompt.values]);
  const inOrder = fromPrompt.reshape([G * N, K, R, d]).indexSelect(0, back);
  return forOwn.matmul(own.values).add_(inOrder);
}

/** Softmax over the scores of prompt and own columns together. */
function weigh(toPrompt: Tensor, toOwn: Tensor, mask: Tensor | null): Tensor {
  const scores = concat([toPrompt, toOwn], -1);
  return (mask === null ? scores : scores.add_(mask)).softmax(-1);
}
