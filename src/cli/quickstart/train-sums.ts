// B sequences, T tokens, V vocabulary
import { AdamW, clipGradNorm, Parameters } from '#nn';
import { createSeed } from '#run';
import { fromInts, noGrad, ops, seedTorch, type Tensor, TensorScope } from '#tensor';
import {
  alphabet,
  answerLength,
  heldOutSums,
  questionLength,
  sumLength,
  trainingBatch,
} from './addition.ts';
import { Decoder } from './decoder.ts';

const size = {
  vocabulary: alphabet.length,
  length: sumLength,
  width: 128,
  inner: 256,
  heads: 4,
  layers: 2,
};
const batchSize = 128;
const learningRate = 3e-3;
const adamW = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8, weightDecay: 0.01 };
const warmupSteps = 20;
const initialSpread = 0.02;

/** Progress of the small training: a step and its loss in nats per answer token. */
export interface SumStep {
  readonly step: number;
  readonly loss: number;
}

/** A decoder that learns two-digit addition, from random weights; the seed decides all chance. */
export class SumTrainer implements Disposable {
  readonly #parameters: Parameters;
  readonly #decoder: Decoder;
  readonly #optimizer: AdamW;
  readonly #seed: ReturnType<typeof createSeed>;
  readonly #steps: number;

  constructor(seed: number, steps: number) {
    this.#seed = createSeed(seed);
    this.#steps = steps;
    seedTorch(this.#seed.at('weights').toNumber());
    this.#parameters = new Parameters((_, shape) => {
      const weight = shape.length === 1 ? ops.ones(shape) : ops.empty(shape);
      noGrad(() => shape.length > 1 && weight.normal_(0, initialSpread));
      return weight.requiresGrad_(true);
    });
    this.#decoder = new Decoder(this.#parameters, size);
    this.#optimizer = new AdamW(this.#parameters.tensors);
  }

  /** Weights in all. */
  get weights(): number {
    const count = (shape: readonly number[]) => shape.reduce((product, each) => product * each, 1);
    return [...this.#parameters.tensors.values()].reduce((sum, { shape }) => sum + count(shape), 0);
  }

  /** One optimizer step on fresh sums; the loss is the mean cross-entropy of the answers' digits. */
  step(step: number): SumStep {
    using _scope = new TensorScope('quickstart step');
    const random = this.#seed.at('batch', step).stream();
    const ids_BT = fromInts(trainingBatch(random, batchSize), [batchSize, sumLength]);
    const loss = this.#loss(ids_BT);
    loss.backward();
    this.#optimizer.accumulate();
    clipGradNorm(this.#optimizer.gradients(), 1);
    this.#optimizer.step({ ...adamW, learningRate: this.#learningRate(step) });
    return { step, loss: loss.item() };
  }

  /** Linear warm-up, then a cosine down to a twentieth. */
  #learningRate(step: number): number {
    if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
    const done = (step - warmupSteps) / Math.max(1, this.#steps - warmupSteps);
    return learningRate * (0.05 + (0.95 * (1 + Math.cos(Math.PI * done))) / 2);
  }

  #loss(ids_BT: Tensor): Tensor {
    const logits_BTV = this.#decoder.forward(ids_BT.narrow(1, 0, sumLength - 1));
    const answer_BTV = logits_BTV.narrow(1, questionLength - 1, answerLength);
    const target_BT = ids_BT.narrow(1, questionLength, answerLength);
    return ops.crossEntropyLoss(
      answer_BTV.rearrange('B T V -> (B T) V'),
      target_BT.rearrange('B T -> (B T)'),
    );
  }

  /** The share of sums that training never saw which come out right in every digit, decoded greedily. */
  accuracy(): number {
    using _scope = new TensorScope('quickstart accuracy');
    const sums = heldOutSums();
    const count = sums.length / sumLength;
    const ids_BT = fromInts(sums, [count, sumLength]);
    return noGrad(() => {
      let known_BT = ids_BT.narrow(1, 0, questionLength);
      for (let place = 0; place < answerLength; place++) {
        const logits_BTV = this.#decoder.forward(known_BT);
        const next_B1 = logits_BTV.narrow(1, questionLength + place - 1, 1).argmax(-1);
        known_BT = ops.cat([known_BT, next_B1], 1);
      }
      const right_B = known_BT.eq(ids_BT).all(1);
      return right_B.sum().item() / count;
    });
  }

  [Symbol.dispose](): void {
    this.#optimizer[Symbol.dispose]();
    this.#parameters.dispose();
  }
}
