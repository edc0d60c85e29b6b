import { concat, ops, type Tensor } from '#tensor';
import type { AttentionLayout, Tile } from './tiles.ts';

/** Below this many keys the fused kernel is slower than plain products in bf16 on a CPU. */
const shortKeys = 512;

/** What is added to the scores (`causal`: the square lower triangle), and what they are scaled by. */
export interface AttendOptions {
  readonly mask: Tensor | 'causal' | null;
  /** Default: 1 / √D. */
  readonly scale?: number;
}

/** softmax(scale · q kᵀ + mask) v. q [n, H, L, D], k and v [n, K, S, D] with H a multiple of K. */
export function attend(q: Tensor, k: Tensor, v: Tensor, { mask, scale }: AttendOptions): Tensor {
  const keys = k.shape[2] ?? 0;
  if (q.dtype === 'bf16' && q.device === 'cpu' && keys <= shortKeys) {
    return attendPlainly(q, k, v, { mask, ...(scale !== undefined && { scale }) });
  }
  const added = mask === 'causal' ? null : mask;
  const grouped = q.shape[1] !== k.shape[1];
  return ops.scaledDotProductAttention(q, k, v, added, 0, mask === 'causal', {
    enableGqa: grouped,
    scale: scale ?? null,
  });
}

/** The same by plain products; query heads that share a key head are folded into its rows. */
function attendPlainly(q: Tensor, k: Tensor, v: Tensor, { mask, scale }: AttendOptions): Tensor {
  const { n, H, L, D } = q.dims('n H L D');
  const { K, S } = k.dims('n K S D');
  const folded = q.reshape([n, K, (H / K) * L, D]);
  const scores = folded.matmul(k.transpose(-1, -2)).mul(scale ?? D ** -0.5);
  const added = mask === 'causal' ? causalMask(L, q) : mask;
  const apart = scores.view([n, H, L, S]);
  const weights = (added === null ? apart : apart.add(added)).softmax(-1);
  return weights
    .view([n, K, (H / K) * L, S])
    .matmul(v)
    .view([n, H, L, D]);
}

function causalMask(length: number, like: Tensor): Tensor {
  return ops
    .full([length, length], Number.NEGATIVE_INFINITY, { dtype: like.dtype, device: like.device })
    .triu(1);
}

/** [T, heads, D] → [n, heads, places, D] of one tile. */
function gather(x: Tensor, rows: Tensor | null, tile: Tile, places: number): Tensor {
  const count = tile.count * places;
  const { T: total } = x.dims('T _ _');
  const taken =
    rows !== null ? x.indexSelect(0, rows) : total === count ? x : x.narrow(0, tile.start, count);
  const { H, D } = taken.dims('N H D');
  return taken.view([tile.count, places, H, D]).transpose(1, 2);
}

/** Attention of packed tokens: q [T, H, D], k and v [T, K, D] → [T, H · D]. */
export function attendPacked(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  layout: AttentionLayout,
  scale?: number,
): Tensor {
  const { H, D } = q.dims('T H D');
  const outputs = layout.tiles.map((tile) => {
    const out = attend(
      gather(q, tile.queryRows, tile, tile.queries),
      gather(k, tile.keyRows, tile, tile.keys),
      gather(v, tile.keyRows, tile, tile.keys),
      { mask: tile.mask ?? 'causal', ...(scale !== undefined && { scale }) },
    );
    return out.transpose(1, 2).reshape([tile.count * tile.queries, H * D]);
  });
  const [first] = outputs;
  const all = outputs.length === 1 && first !== undefined ? first : concat(outputs);
  return layout.back === null ? all : all.indexSelect(0, layout.back);
}
