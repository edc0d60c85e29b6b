import {
  type Batch,
  patchPositions,
  type QwenVL,
  ropeIndex,
  tokenLogprobs,
  visionLayout,
} from '#model';
import { concat, fromArray, fromFloats, fromInts, type Tensor } from '#tensor';

import { type CaseBatch, type CaseTensors, readBatch, spread } from './parity-model-case.ts';

/** One pass over a case; gradients flow from `loss` when they are recorded. */
export interface Pass {
  readonly batch: CaseBatch;
  readonly plan: Batch;
  readonly features: readonly Tensor[];
  /** [T, D] packed */
  readonly hidden: Tensor;
  /** [n] log-probabilities of every token but the first of each row */
  readonly logprobs: Tensor;
  /** −Σ logprobs · loss_mask / Σ loss_mask */
  readonly loss: Tensor;
}

/** Packed rows that predict a next token of their own sequence. */
function predictingRows(plan: Batch): readonly number[] {
  return plan.packed.roots.flatMap(({ start, length }) =>
    Array.from({ length: length - 1 }, (_, index) => start + index),
  );
}

/** Runs a case through the model; the tensors belong to the open scope. */
export function runCase(model: QwenVL, tensors: CaseTensors): Pass {
  const batch = readBatch(tensors, model);
  const plan = model.batch(batch.prompts.map((prompt) => ({ prompt, responses: [] })));
  const features = model.encodeImages(batch.patches);
  const byHash = new Map(
    features.map((feature, index) => [batch.patches[index]?.hash ?? '', feature]),
  );
  const hidden = model.hidden(plan, model.embed(plan, byHash));
  const rows = predictingRows(plan);
  const { logprobs } = tokenLogprobs(
    hidden.indexSelect(0, fromInts(rows)),
    model.decoder.head,
    fromInts(rows.map((row) => plan.packed.ids[row + 1] ?? 0)),
    { bans: null, temperatures: null },
  );
  const weights = lossWeights(tensors, batch);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const loss = logprobs.mul(fromFloats(weights)).sum().div(-total);
  return { batch, plan, features, hidden, logprobs, loss };
}

/** loss_mask at every token but the first of each row, in packed order. */
function lossWeights(tensors: CaseTensors, batch: CaseBatch): readonly number[] {
  const mask = tensors.ints('loss_mask');
  return batch.columns.flatMap((columns, row) =>
    columns.slice(1).map((column) => mask[row * batch.width + column] ?? 0),
  );
}

/** Values by the fixture's tensor names, in its shapes. */
export type Quantities = Map<string, ArrayLike<number | bigint>>;

function floats(tensor: Tensor): Float32Array {
  return tensor.detach().to('f32').toArray() as Float32Array;
}

/** The quantities of the language model. */
export function textQuantities(model: QwenVL, pass: Pass): Quantities {
  const { batch, plan, hidden, logprobs, loss } = pass;
  const width = model.config.text.hiddenSize;
  const { axes } = plan.packed;
  const deltas = batch.prompts.map((prompt) => {
    const { next } = ropeIndex(prompt, 0, model.config.vision.mergeSize);
    return next - prompt.length;
  });
  return new Map<string, ArrayLike<number | bigint>>([
    ['position_ids', axes.flatMap((axis) => [...spread(axis, batch, 1)])],
    ['rope_deltas', deltas],
    ['hidden', spread(floats(hidden), batch, width)],
    ['logits', spread(floats(model.decoder.logits(hidden)), batch, model.config.text.vocabSize)],
    ['logprobs', spread(withFirst(floats(logprobs), batch), batch, 1)],
    ['loss', floats(loss)],
  ]);
}

/** Puts a zero before each row's log-probabilities: nothing predicts a first token. */
function withFirst(logprobs: Float32Array, batch: CaseBatch): readonly number[] {
  let at = 0;
  return batch.columns.flatMap((columns) =>
    columns.map((_, index) => (index === 0 ? 0 : (logprobs[at++] ?? Number.NaN))),
  );
}

/** The quantities of the vision tower; none without pictures. */
export function visionQuantities(model: QwenVL, pass: Pass): Quantities {
  const { patches } = pass.batch;
  if (patches.length === 0) return new Map();
  const { vision } = model.config;
  const grids = patches.map(({ grid }) => grid);
  const layout = visionLayout(grids, vision, model.device);
  const rows = grids.reduce((sum, { t, h, w }) => sum + t * h * w, 0);
  const pixels = concat(patches.map((picture) => fromArray(picture.pixels))).view([rows, -1]);
  const inWindows = layout.back.indexSelect(0, fromInts(layout.upstream));
  const blocks = model.vision.blocks(pixels, layout).view([rows / vision.mergeSize ** 2, -1]);
  const borders = [0];
  for (const length of layout.upstreamLengths) borders.push((borders.at(-1) ?? 0) + length);
  const positions = grids.flatMap((grid) => {
    const { rows: y, columns: x } = patchPositions(grid, vision.mergeSize);
    return [...y].flatMap((row, index) => [row, x[index] ?? 0]);
  });
  return new Map<string, ArrayLike<number | bigint>>([
    ['vision_position_ids', positions],
    ['vision_window_index', layout.upstream],
    ['vision_cu_window_seqlens', borders],
    ['vision_hidden', floats(blocks.indexSelect(0, inWindows))],
    ['image_embeds', floats(concat([...pass.features]))],
  ]);
}
