import { type QwenVL, rowsPerChunk, tokenLogprobs } from '#model';
import type { Loss, Microbatch, TrainSequence } from '#policy';
import type { Metrics } from '#run';
import { fromArray, fromInts, noGrad, ops, stack, type Tensor, TensorScope } from '#tensor';
import { plant, tokenArrays, type TokenArrays } from './collate.ts';
import { forward, type ForwardSettings, type Pictures } from './forward.ts';
import type { TokenBatch } from './losses/loss-term.ts';
import { lossTerm } from './losses/loss-terms.ts';

/** Tensors [n] of a whole microbatch; stretches are cut from them. */
type TokenTensors = { readonly [Name in keyof TokenArrays]: Tensor | null };

function toTensors(arrays: TokenArrays, device: string): TokenTensors {
  const tensor = (values: Float32Array | null): Tensor | null =>
    values === null ? null : fromArray(values).to(device);
  return {
    temperatures: tensor(arrays.temperatures),
    oldLogprobs: tensor(arrays.oldLogprobs),
    referenceLogprobs: tensor(arrays.referenceLogprobs),
    advantages: tensor(arrays.advantages),
    actions: tensor(arrays.actions),
    replayed: tensor(arrays.replayed),
    imitate: tensor(arrays.imitate),
  };
}

/** A stretch of response tokens: the first one and how many. */
interface Cut {
  readonly start: number;
  readonly length: number;
}

function cutOf(x: Tensor | null, { start, length }: Cut): Tensor {
  if (x === null) throw new Error('internal: a missing token tensor');
  return x.narrow(0, start, length);
}

/** Adds up metrics of stretches: sums, and the extremes of `…_max` and `…_min`. */
class MetricSums {
  readonly #sums = new Map<string, number>();

  add(metrics: Readonly<Record<string, Tensor>>): void {
    const names = Object.keys(metrics);
    const values = stack(Object.values(metrics).map((value) => value.to('f32'))).toArray();
    for (const [index, name] of names.entries()) {
      this.#sums.set(name, combine(name, this.#sums.get(name), Number(values[index])));
    }
  }

  get metrics(): Metrics {
    return Object.fromEntries(this.#sums);
  }
}

function combine(name: string, before: number | undefined, value: number): number {
  if (before === undefined) return value;
  if (name.endsWith('_max')) return Math.max(before, value);
  return name.endsWith('_min') ? Math.min(before, value) : before + value;
}

/** What one microbatch is computed with. */
export interface Work {
  readonly model: QwenVL;
  readonly pictures: Pictures;
  /** f32 [V]: 0, or −∞ at ids that are never drawn. */
  readonly bans: Tensor;
  readonly options: ForwardSettings;
}

/**
 * Adds the gradient of the summed losses over one microbatch to the parameters' gradients. Sequences
 * whose gradient is exactly zero (no advantage, nothing to imitate) are measured and go no way back.
 */
export function forwardBackward(
  work: Work,
  { sequences, totals }: Microbatch,
  losses: readonly Loss[],
): Metrics {
  const sums = new MetricSums();
  const moving = sequences.filter((sequence) => moves(sequence, losses));
  const still = sequences.filter((sequence) => !moves(sequence, losses));
  if (moving.length > 0) pass(work, { sequences: moving, totals }, losses, sums);
  if (still.length > 0) {
    const options = { ...work.options, gradientCheckpointing: false };
    noGrad(() => pass({ ...work, options }, { sequences: still, totals }, losses, sums));
  }
  return sums.metrics;
}

/** Whether any loss has a gradient on a sequence. */
function moves(sequence: TrainSequence, losses: readonly Loss[]): boolean {
  const { actions, advantages, imitate } = sequence;
  return losses.some(({ kind }) => {
    switch (kind) {
      case 'clippedSurrogate':
        return advantages.some((advantage, token) => advantage !== 0 && actions[token] === 1);
      case 'nll':
        return imitate.some((weight) => weight !== 0);
      case 'kl':
        return actions.some((on) => on === 1);
    }
  });
}

/**
 * Every distinct prompt is computed once for all its samples. The head passes over stretches of
 * tokens, so that the logits of all of them never exist together; losses are sums over tokens, so the
 * gradients of the stretches add up.
 */
function pass(
  { model, pictures, bans, options }: Work,
  microbatch: Microbatch,
  losses: readonly Loss[],
  sums: MetricSums,
): void {
  using _scope = new TensorScope('forward and backward');
  const { trees, sequences } = plant(microbatch.sequences);
  const arrays = tokenArrays(sequences);
  const tensors = toTensors(arrays, model.device);
  const way = forward(model, trees, pictures, options);
  const rows = way.batch.predictorRows;
  const top = way.hidden.detach().indexSelect(0, rows).requiresGrad_(true);
  const count = arrays.actions.length;
  const step = rowsPerChunk(model.config.text.vocabSize);
  for (let start = 0; start < count; start += step) {
    using _stretch = new TensorScope('stretch');
    const cut = { start, length: Math.min(step, count - start) };
    const stretch = stretchOf({ model, bans }, { hidden: top, targets: way.batch.targets }, cut, {
      arrays,
      tensors,
    });
    const batch: TokenBatch = { ...stretch.batch, totals: microbatch.totals };
    const terms = losses.map((loss) => lossTerm(loss, batch));
    const total = terms.map(({ loss }) => loss).reduce((sum, loss) => sum.add(loss));
    if (total.requiresGrad) total.backward();
    const entropy = stretch.entropy.mul(batch.actions).sum().div(microbatch.totals.actions);
    sums.add({
      ...Object.assign({}, ...terms.map(({ metrics }) => metrics)),
      'policy/entropy': entropy,
    });
  }
  const { grad } = top;
  if (grad !== null) way.backward(noGrad(() => ops.zerosLike(way.hidden).indexAdd(0, rows, grad)));
}

/** Log-probabilities of one stretch and the arrays that belong to it. */
function stretchOf(
  { model, bans }: Pick<Work, 'model' | 'bans'>,
  { hidden, targets }: { readonly hidden: Tensor; readonly targets: Tensor },
  cut: Cut,
  { arrays, tensors }: { readonly arrays: TokenArrays; readonly tensors: TokenTensors },
): { readonly batch: Omit<TokenBatch, 'totals'>; readonly entropy: Tensor } {
  const wanted = cutOf(targets, cut);
  const { logprobs, entropy, logits } = tokenLogprobs(
    cutOf(hidden, cut),
    model.decoder.head,
    wanted,
    { bans, temperatures: cutOf(tensors.temperatures, cut).unsqueeze(-1) },
  );
  const imitated = arrays.imitate.subarray(cut.start, cut.start + cut.length);
  const batch = {
    logprobs,
    plainLogprobs: plainLogprobs(logits, wanted, imitated),
    oldLogprobs: cutOf(tensors.oldLogprobs, cut),
    referenceLogprobs:
      tensors.referenceLogprobs === null ? null : cutOf(tensors.referenceLogprobs, cut),
    advantages: cutOf(tensors.advantages, cut),
    actions: cutOf(tensors.actions, cut),
    replayed: cutOf(tensors.replayed, cut),
    imitate: cutOf(tensors.imitate, cut),
  };
  return { batch, entropy };
}

/** Log-probabilities at temperature 1 where tokens are imitated, 0 elsewhere; null without any. */
function plainLogprobs(logits: Tensor, targets: Tensor, imitate: Float32Array): Tensor | null {
  const rows = [...imitate.keys()].filter((index) => imitate[index] !== 0);
  if (rows.length === 0) return null;
  const places = fromInts(rows).to(logits.device);
  const chosen = targets.indexSelect(0, places).unsqueeze(-1);
  const found = logits.indexSelect(0, places).logSoftmax(-1).gather(-1, chosen).squeeze(-1);
  const zeros = ops.zeros([imitate.length], { device: logits.device });
  return zeros.indexCopy(0, places, found);
}
