import { fromArray, fromInts, ops, type Tensor, where } from '#tensor';
import type { SamplingParams } from './request.ts';
import type { Bans } from './bans.ts';
import { uniform } from './uniform.ts';

/** What drawing the next token of one row depends on. */
export interface DrawRow {
  readonly params: SamplingParams;
  readonly seed: number;
  /** Index of the completion in its request. */
  readonly index: number;
  /** Tokens of the response so far. */
  readonly drawn: number;
  /** Prompt and response; read only under a repetition penalty. */
  readonly seen: () => readonly number[];
}

/** The tokens of one step. */
export interface Drawn {
  readonly ids: BigInt64Array;
  /** Nats, under the distribution each token was drawn from. */
  readonly logprobs: Float32Array;
  /** Nats, under the softmax of the logits alone; present when asked for. */
  readonly plainLogprobs?: Float32Array;
}

/** A column [B, 1] of one number per row. */
function column(rows: readonly DrawRow[], device: string, of: (row: DrawRow) => number): Tensor {
  return fromArray(Float32Array.from(rows, of), [rows.length, 1]).to(device);
}

/** The number all rows share, or undefined where they differ. */
function shared(rows: readonly DrawRow[], of: (row: DrawRow) => number): number | undefined {
  const [first] = rows;
  const value = first === undefined ? undefined : of(first);
  return rows.every((row) => of(row) === value) ? value : undefined;
}

/** −∞ at stop ids while a row is shorter than its least length. */
function banEarlyStops(logits: Tensor, rows: readonly DrawRow[]): Tensor {
  const { V } = logits.dims('B V');
  const cells = rows.flatMap(({ params, drawn }, index) =>
    drawn < params.minTokens ? params.stopIds.map((id) => index * V + id) : [],
  );
  if (cells.length === 0) return logits;
  const places = fromInts(cells).to(logits.device);
  return logits.view([-1]).indexFill_(0, places, Number.NEGATIVE_INFINITY).view(logits.shape);
}

/** Divides positive and multiplies negative logits of seen ids by the penalty (Keskar et al. 2019). */
function penalise(logits: Tensor, rows: readonly DrawRow[]): Tensor {
  if (rows.every(({ params }) => params.repetitionPenalty === 1)) return logits;
  const seen = rows.map((row) => (row.params.repetitionPenalty === 1 ? [] : row.seen()));
  const width = Math.max(1, ...seen.map(({ length }) => length));
  // Rows without a penalty and shorter rows repeat an id: the value written there is the same.
  const ids = seen.flatMap((own) =>
    Array.from({ length: width }, (_, index) => own[index] ?? own[0] ?? 0),
  );
  const places = fromInts(ids, [rows.length, width]).to(logits.device);
  const penalty = column(rows, logits.device, ({ params }) => params.repetitionPenalty);
  const found = logits.gather(1, places);
  return logits.scatter(1, places, where(found.gt(0), found.div(penalty), found.mul(penalty)));
}

function temper(logits: Tensor, rows: readonly DrawRow[]): Tensor {
  const divisor = ({ params }: DrawRow): number =>
    params.temperature === 0 ? 1 : params.temperature;
  const same = shared(rows, divisor);
  if (same === 1) return logits;
  return logits.div(same ?? column(rows, logits.device, divisor));
}

/** Keeps the k likeliest ids and what ties with the k-th. */
function keepTopK(logits: Tensor, rows: readonly DrawRow[]): Tensor {
  if (rows.every(({ params }) => params.topK === 0)) return logits;
  const { V } = logits.dims('B V');
  const sizes = rows.map(({ params }) => (params.topK === 0 ? V : Math.min(params.topK, V)));
  const widest = Math.max(...sizes);
  const [best] = logits.topk(widest, -1);
  const last = fromInts(
    sizes.map((size) => size - 1),
    [rows.length, 1],
  ).to(logits.device);
  return logits.maskedFill(logits.lt(best.gather(1, last)), Number.NEGATIVE_INFINITY);
}

/** Keeps the smallest set of likeliest ids whose probability reaches p, never less than one. */
function keepTopP(logits: Tensor, rows: readonly DrawRow[]): Tensor {
  if (rows.every(({ params }) => params.topP >= 1)) return logits;
  const [ascending, order] = logits.sort(-1);
  const limit = column(rows, logits.device, ({ params }) =>
    params.topP >= 1 ? -1 : 1 - params.topP,
  );
  const removed = ascending.softmax(-1).cumsum(-1).le(limit);
  removed.narrow(-1, (logits.shape[1] ?? 1) - 1, 1).fill_(0);
  const mask = ops.zerosLike(removed).scatter(1, order, removed);
  return logits.maskedFill(mask, Number.NEGATIVE_INFINITY);
}

/** Keeps ids at least `minP` times as likely as the likeliest. */
function keepMinP(logits: Tensor, rows: readonly DrawRow[]): Tensor {
  if (rows.every(({ params }) => params.minP === 0)) return logits;
  const limit = column(rows, logits.device, ({ params }) => Math.log(params.minP));
  return logits.maskedFill(logits.lt(logits.amax(-1, true).add(limit)), Number.NEGATIVE_INFINITY);
}

/**
 * The logits that tokens are drawn from: bans, penalty, temperature, top-k, top-p, min-p, in this
 * order. f32 [B, V]; greedy rows are left at temperature 1 and unfiltered. May change its input.
 */
export function filteredLogits(logits: Tensor, rows: readonly DrawRow[], bans: Bans): Tensor {
  const open = rows.map((row) =>
    row.params.temperature === 0
      ? { ...row, params: { ...row.params, topK: 0, topP: 1, minP: 0 } }
      : row,
  );
  const tempered = temper(penalise(banEarlyStops(bans.apply(logits, rows), rows), rows), rows);
  return keepMinP(keepTopP(keepTopK(tempered, open), open), open);
}

/** The largest f32 below 1, so that a draw never lands behind the last id. */
const below1 = 1 - 2 ** -24;

/** Ids by inverting the cumulated probabilities at one uniform number per row. */
function invert(probabilities: Tensor, rows: readonly DrawRow[]): Tensor {
  const cumulated = probabilities.cumsum(-1);
  const { V } = probabilities.dims('B V');
  const u = column(rows, probabilities.device, ({ seed, index, drawn }) =>
    Math.min(below1, uniform(seed, index, drawn)),
  );
  const target = cumulated.narrow(-1, V - 1, 1).mul(u);
  return ops.searchsorted(cumulated, target, { right: true }).clampMax(V - 1);
}

/** Draws one token per row from logits f32 [B, V]; may change them. */
export function draw(
  logits: Tensor,
  rows: readonly DrawRow[],
  { bans, plain }: { readonly bans: Bans; readonly plain: boolean },
): Drawn {
  const plainAll = plain ? logits.logSoftmax(-1) : undefined;
  const filtered = filteredLogits(logits, rows, bans);
  const probabilities = filtered.softmax(-1);
  const greedy = rows.map(({ params }) => params.temperature === 0);
  const best = greedy.includes(true) ? filtered.argmax(-1, true) : undefined;
  const drawn = greedy.includes(false) ? invert(probabilities, rows) : undefined;
  const ids = best === undefined ? drawn : drawn === undefined ? best : mixed(greedy, best, drawn);
  if (ids === undefined) throw new Error('internal: no rows to draw for');
  const logprobs = probabilities.gather(1, ids).log();
  return {
    ids: ids.toArray() as BigInt64Array,
    logprobs: logprobs.toArray() as Float32Array,
    ...(plainAll && { plainLogprobs: plainAll.gather(1, ids).toArray() as Float32Array }),
  };
}

function mixed(greedy: readonly boolean[], best: Tensor, drawn: Tensor): Tensor {
  const mask = fromArray(Uint8Array.from(greedy, Number), [greedy.length, 1], 'bool');
  return where(mask.to(best.device), best, drawn);
}
