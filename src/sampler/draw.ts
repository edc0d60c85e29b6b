import { fromArray, fromInts, ops, type Tensor, where } from '#tensor';
import type { Alternatives, SamplingParams } from './request.ts';
import type { BanList, Bans } from './bans.ts';
import { onDevice } from './on-device.ts';
import { type DrawKey, uniform } from './uniform.ts';

/** What drawing the next token of one row depends on. */
export interface DrawRow extends DrawKey {
  readonly params: SamplingParams;
  readonly bans: BanList;
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
  /** The likeliest ids of each row under the same, [B · count]; present when asked for. */
  readonly alternatives?: Alternatives;
}

/** What to return beside ids and log-probabilities. */
export interface DrawExtras {
  readonly plain: boolean;
  readonly alternatives: number;
}

type Filtering = Pick<DrawRow, 'params'>;

/** A column [B, 1] of one number per row. */
function column(
  rows: readonly Filtering[],
  device: string,
  of: (row: Filtering) => number,
): Tensor {
  return fromArray(Float32Array.from(rows, of), [rows.length, 1]).to(device);
}

/** The number all rows share, or undefined where they differ. */
function shared(rows: readonly Filtering[], of: (row: Filtering) => number): number | undefined {
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
  const divisor = ({ params }: Filtering): number =>
    params.temperature === 0 ? 1 : params.temperature;
  const same = shared(rows, divisor);
  if (same === 1) return logits;
  return logits.div(same ?? column(rows, logits.device, divisor));
}

/** Keeps the k likeliest ids and what ties with the k-th. */
function keepTopK(logits: Tensor, rows: readonly Filtering[]): Tensor {
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
function keepTopP(logits: Tensor, rows: readonly Filtering[]): Tensor {
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
function keepMinP(logits: Tensor, rows: readonly Filtering[]): Tensor {
  if (rows.every(({ params }) => params.minP === 0)) return logits;
  const limit = column(rows, logits.device, ({ params }) => Math.log(params.minP));
  return logits.maskedFill(logits.lt(logits.amax(-1, true).add(limit)), Number.NEGATIVE_INFINITY);
}

/**
 * The logits that tokens are drawn from: bans, penalty, temperature, top-k, top-p, min-p, in this
 * order. f32 [B, V]; greedy rows are left at temperature 1 and unfiltered. May change its input.
 */
export function filteredLogits(logits: Tensor, rows: readonly DrawRow[], bans: Bans): Tensor {
  const open = rows.map(({ params }) => ({
    params: params.temperature === 0 ? { ...params, topK: 0, topP: 1, minP: 0 } : params,
  }));
  const tempered = temper(penalise(banEarlyStops(bans.apply(logits, rows), rows), rows), rows);
  return keepMinP(keepTopP(keepTopK(tempered, open), open), open);
}

/** So that a product with a sum of probabilities never rounds up to the sum itself. */
const below1 = 1 - 2 ** -50;
const widestBlock = 512;

/** The widest power of two that cuts V ids into equal blocks; 1 where none is worth it. */
function blockOf(V: number): number {
  let width = 1;
  while (width < widestBlock && V % (width * 2) === 0 && width * width < V) width *= 2;
  return width < 16 ? 1 : width;
}

/** Per row, the first place [B, 1] where the cumulated weights [B, n] exceed a uniform share of their sum. */
function pick(weights: Tensor, rows: readonly DrawRow[], which: 0 | 1): Tensor {
  const { n } = weights.dims('B n');
  const cumulated = weights.cumsum(-1, { dtype: 'f64' });
  const shares = Float64Array.from(rows, (row) => Math.min(below1, uniform(row, which)));
  const u = onDevice(fromArray(shares, [rows.length, 1]), weights.device);
  const target = cumulated.narrow(-1, n - 1, 1).mul(u);
  // Only a sum that is not a number leads behind the end.
  return ops.searchsorted(cumulated, target, { right: true }).clampMax(n - 1);
}

/**
 * Ids [B, 1] by inverting the cumulated probabilities [B, V]: first a block of ids, then one in it,
 * each by a number of its own. Sums stay short and are taken in f64, so that the rarest id keeps its
 * chance, however many there are.
 */
function invert(probabilities: Tensor, rows: readonly DrawRow[]): Tensor {
  const { B, V } = probabilities.dims('B V');
  const width = blockOf(V);
  if (width === 1) return pick(probabilities, rows, 0);
  const block = pick(probabilities.view([B, V / width, width]).sum(-1), rows, 0);
  const within = fromInts(Int32Array.from({ length: width }, (_, id) => id));
  const ids = ops.add(onDevice(within, block.device), block, { alpha: width });
  return ops.add(pick(probabilities.gather(1, ids), rows, 1), block, { alpha: width });
}

/** One id per row of filtered logits [B, V], and its log-probability. */
interface Chosen {
  /** i64 [B, 1] */
  readonly ids: Tensor;
  readonly logprobs: Float32Array;
}

const isGreedy = ({ params }: DrawRow): boolean => params.temperature === 0;

/** In one pass over the logits (`native/decode.cpp`): what `chooseComposed` does, by one number for each row. */
export function chooseByKernel(filtered: Tensor, rows: readonly DrawRow[]): Chosen {
  const shares = Float64Array.from(rows, (row) =>
    isGreedy(row) ? -1 : Math.min(below1, uniform(row)),
  );
  const [ids, logprobs] = ops.drawIds(filtered.contiguous(), fromArray(shares));
  return { ids, logprobs: floats(logprobs) };
}

/** By operators that libtorch has on every device. */
export function chooseComposed(filtered: Tensor, rows: readonly DrawRow[]): Chosen {
  const greedy = rows.map(isGreedy);
  const best = greedy.includes(true) ? filtered.argmax(-1, true) : undefined;
  const probabilities = filtered.softmax(-1);
  const drawn = greedy.includes(false) ? invert(probabilities, rows) : undefined;
  const ids = best === undefined ? drawn : drawn === undefined ? best : mixed(greedy, best, drawn);
  if (ids === undefined) throw new Error('internal: no rows to draw for');
  return { ids, logprobs: floats(probabilities.gather(1, ids)).map(Math.log) };
}

/** Draws one token per row from logits f32 [B, V]; may change them. */
export function draw(
  logits: Tensor,
  rows: readonly DrawRow[],
  { bans, plain, alternatives }: DrawExtras & { readonly bans: Bans },
): Drawn {
  const plainAll = plain || alternatives > 0 ? logits.logSoftmax(-1) : undefined;
  const filtered = filteredLogits(logits, rows, bans);
  const choose = filtered.device === 'cpu' ? chooseByKernel : chooseComposed;
  const { ids, logprobs } = choose(filtered, rows);
  return {
    ids: ids.toArray() as BigInt64Array,
    logprobs,
    ...(plainAll && plain && { plainLogprobs: floats(plainAll.gather(1, ids)) }),
    ...(plainAll && alternatives > 0 && { alternatives: likeliest(plainAll, alternatives) }),
  };
}

function floats(tensor: Tensor): Float32Array {
  return tensor.toArray() as Float32Array;
}

function likeliest(logprobs: Tensor, wanted: number): Alternatives {
  const count = Math.min(wanted, logprobs.shape[1] ?? wanted);
  const [values, ids] = logprobs.topk(count, -1);
  return { count, ids: Int32Array.from(ids.toArray(), Number), logprobs: floats(values) };
}

function mixed(greedy: readonly boolean[], best: Tensor, drawn: Tensor): Tensor {
  const mask = fromArray(Uint8Array.from(greedy, Number), [greedy.length, 1], 'bool');
  return where(mask.to(best.device), best, drawn);
}
