import { type QwenVL, tokenLogprobs } from '#model';
import type { ImageLayout, Processor } from '#model/processor';
import { concat, fromFloats, fromInts, ops, type Tensor, TensorScope } from '#tensor';
import { example, type Example, type ExampleMaker, type Mixture } from './examples.ts';
import { Optimizers } from './optimizers.ts';
import { puzzlePatches } from './pictures.ts';
import { colorNames, labelsOf, shapeNames } from './place-labels.ts';
import { rateAt, type Schedule } from './schedule.ts';

/** One part of supervised training: a mixture of examples and how long. */
export interface Part {
  readonly mixture: Mixture;
  readonly schedule: Schedule;
  readonly examples: number;
  /** Weight of each of the three word hints. */
  readonly hints: number;
  readonly weightDecay: number;
  /** First index of the endless stream of examples. */
  readonly from: number;
}

/** One step's report. */
export interface SupervisedStep {
  readonly step: number;
  /** Mean over the learnt tokens, nats. */
  readonly loss: number;
  readonly hints: number;
  readonly gradNorm: number;
  readonly tokens: number;
  /** The optimizers at this moment, to be stored. */
  readonly optimizers: Optimizers;
}

/** Where training goes on: the step after the last one, and the optimizers' state of that moment. */
export interface Resumption {
  readonly step: number;
  readonly read: (name: string) => Tensor;
}

/** Ids of the words that name what a place shows, in the order of the classes. */
interface HintWords {
  readonly shape: readonly number[];
  readonly color: readonly number[];
  readonly number: readonly number[];
}

function hintWords(processor: Processor): HintWords {
  const id = (word: string): number => {
    const ids = processor.encode(` ${word}`);
    if (ids.length !== 1) throw new Error(`internal: ' ${word}' is not one token`);
    return ids[0] ?? 0;
  };
  return {
    shape: shapeNames.map(id),
    color: colorNames.map(id),
    number: Array.from({ length: 10 }, (_, digit) => id(String(digit))),
  };
}

/**
 * Cross-entropy of (picture feature at unit root mean square · word embeddings) against the word of
 * what the place shows, one term per kind. Without it a small model does not connect what its eyes
 * see with words.
 */
function hintLoss(
  features: Tensor,
  embedding: Tensor,
  batch: readonly Example[],
  words: HintWords,
): Tensor {
  const labels = batch.flatMap(({ puzzle }) => puzzle.places.map(labelsOf));
  const unit = ops.rmsNorm(features, [features.shape[1] ?? 1]);
  const kinds = ['shape', 'color', 'number'] as const;
  const terms = kinds.flatMap((kind) => {
    const rows = labels.flatMap((label, row) => (label[kind] < words[kind].length ? [row] : []));
    if (rows.length === 0) return [];
    const targets = rows.map((row) => labels[row]?.[kind] ?? 0);
    const candidates = embedding.indexSelect(0, fromInts([...words[kind]]));
    const logits = ops.linear(unit.indexSelect(0, fromInts(rows)), candidates);
    return [ops.crossEntropyLoss(logits, fromInts(targets))];
  });
  return terms.reduce((sum, term) => sum.add(term), fromFloats([0], []));
}

interface Forward {
  readonly loss: Tensor;
  readonly hints: Tensor;
  readonly tokens: number;
}

function forward(
  model: QwenVL,
  layout: ImageLayout,
  batch: readonly Example[],
  words: HintWords,
): Forward {
  const trees = batch.map(({ prompt, response }) => ({
    prompt,
    responses: [joined(response.map(({ ids }) => ids))],
  }));
  const plan = model.batch(trees);
  const patches = batch.map(({ puzzle }) => puzzlePatches(puzzle, layout));
  const features = model.encodeImages(patches);
  const byHash = new Map(features.map((feature, index) => [patches[index]?.hash ?? '', feature]));
  const hidden = model.hidden(plan, model.embed(plan, byHash));
  const learnt = batch.flatMap(({ response }) =>
    response.flatMap(({ ids, learn }) => Array<number>(ids.length).fill(learn ? 1 : 0)),
  );
  const rows = [...learnt.keys()].filter((row) => learnt[row] === 1);
  const chosen = fromInts(rows);
  const { logprobs } = tokenLogprobs(
    hidden.indexSelect(0, plan.predictorRows.indexSelect(0, chosen)),
    model.decoder.head,
    plan.targets.indexSelect(0, chosen),
    { bans: null, temperatures: null },
  );
  return {
    loss: logprobs.mean().neg(),
    hints: hintLoss(concat([...features]), model.decoder.embedding.weight, batch, words),
    tokens: plan.packed.ids.length,
  };
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const out = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Trains the whole model on examples made as it goes. */
export function* trainSupervised(
  model: QwenVL,
  maker: ExampleMaker,
  part: Part,
  from?: Resumption,
): Generator<SupervisedStep> {
  const words = hintWords(maker.processor);
  using optimizers = new Optimizers(model.parameters, part.weightDecay);
  if (from !== undefined) optimizers.restore(from.read, model.parameters);
  for (let step = from?.step ?? 0; step < part.schedule.steps; step++) {
    using _scope = new TensorScope('supervised');
    const first = part.from + step * part.examples;
    const batch = Array.from({ length: part.examples }, (_, index) =>
      example(first + index, part.mixture, maker),
    );
    const { loss, hints, tokens } = forward(model, maker.processor.layout, batch, words);
    const total = part.hints > 0 ? loss.add(hints.mul(part.hints)) : loss;
    total.backward();
    const norm = optimizers.step(rateAt(step, part.schedule));
    yield { step, loss: loss.item(), hints: hints.item(), gradNorm: norm, tokens, optimizers };
  }
}
