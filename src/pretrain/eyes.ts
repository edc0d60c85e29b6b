import { puzzle, type Puzzle } from '#data';
import type { QwenVL } from '#model';
import type { ImageLayout } from '#model/processor';
import { concat, fromInts, noGrad, ops, outside, type Tensor, TensorScope } from '#tensor';
import { Optimizers } from './optimizers.ts';
import { puzzlePatches } from './pictures.ts';
import { labelClasses, labelsOf } from './place-labels.ts';
import { rateAt, type Schedule } from './schedule.ts';

/** Learning to see: the vision tower alone, judged by linear heads that are thrown away. */
export interface EyesOptions {
  readonly schedule: Schedule;
  readonly pictures: number;
  readonly seed: string;
  readonly weightDecay: number;
}

type HeadName = keyof typeof labelClasses | 'row' | 'column';
const sides = 4;
const headClasses: Readonly<Record<HeadName, number>> = {
  ...labelClasses,
  row: sides,
  column: sides,
};
const headWeights: Readonly<Record<HeadName, number>> = {
  shape: 1,
  color: 1,
  number: 1,
  row: 0.3,
  column: 0.3,
};
const headNames = Object.keys(headClasses) as readonly HeadName[];

/** Classes of every merged token of some puzzles, in order. */
function targetsOf(shown: readonly Puzzle[]): Readonly<Record<HeadName, number[]>> {
  const targets: Record<HeadName, number[]> = {
    shape: [],
    color: [],
    number: [],
    row: [],
    column: [],
  };
  for (const { places, n } of shown) {
    for (const [index, place] of places.entries()) {
      const labels = labelsOf(place);
      targets.shape.push(labels.shape);
      targets.color.push(labels.color);
      targets.number.push(labels.number);
      targets.row.push(Math.floor(index / n));
      targets.column.push(index % n);
    }
  }
  return targets;
}

/** One step's report: the loss, and the share of right classes of each head. */
export interface EyesStep {
  readonly step: number;
  readonly loss: number;
  readonly right: Readonly<Record<string, number>>;
}

/** Trains the vision tower and merger to tell what every place shows. */
export function* trainEyes(
  model: QwenVL,
  layout: ImageLayout,
  options: EyesOptions,
): Generator<EyesStep> {
  const width = model.config.vision.outHiddenSize;
  const heads = new Map(
    headNames.map((name) => [
      name,
      outside(() =>
        ops
          .randn([headClasses[name], width])
          .mul(width ** -0.5)
          .requiresGrad_(true),
      ),
    ]),
  );
  const vision = [...model.parameters].filter(([name]) => name.startsWith('visual.'));
  using optimizers = new Optimizers(new Map([...vision, ...heads]), options.weightDecay);
  try {
    for (let step = 0; step < options.schedule.steps; step++) {
      using _scope = new TensorScope('eyes');
      const first = step * options.pictures;
      const shown = Array.from({ length: options.pictures }, (_, index) =>
        puzzle(options.seed, 'train', first + index),
      );
      const features = concat([
        ...model.encodeImages(shown.map((each) => puzzlePatches(each, layout))),
      ]);
      const { loss, right } = judge(features, heads, targetsOf(shown));
      loss.backward();
      optimizers.step(rateAt(step, options.schedule));
      yield { step, loss: loss.item(), right };
    }
  } finally {
    for (const head of heads.values()) head.dispose();
  }
}

function judge(
  features: Tensor,
  heads: ReadonlyMap<HeadName, Tensor>,
  targets: Readonly<Record<HeadName, readonly number[]>>,
): { readonly loss: Tensor; readonly right: Readonly<Record<string, number>> } {
  const right: Record<string, number> = {};
  const terms = [...heads].map(([name, head]) => {
    const logits = ops.linear(features, head);
    const wanted = fromInts(targets[name]);
    right[name] = noGrad(() => logits.argmax(-1).eq(wanted).to('f32').mean()).item();
    return ops.crossEntropyLoss(logits, wanted).mul(headWeights[name]);
  });
  return { loss: terms.reduce((sum, term) => sum.add(term)), right };
}

/**
 * Brings the embeddings of pictures to a root mean square of `size` by scaling the last layer of the
 * merger, and the word embeddings to a deviation of `words`, so that both start alike in the decoder.
 */
export function balance(
  model: QwenVL,
  layout: ImageLayout,
  options: { readonly seed: string; readonly size: number; readonly words: number },
): void {
  using _scope = new TensorScope('balance');
  noGrad(() => {
    const shown = Array.from({ length: 21 }, (_, index) => puzzle(options.seed, 'train', index));
    const features = concat([
      ...model.encodeImages(shown.map((each) => puzzlePatches(each, layout))),
    ]);
    const factor = options.size / features.square().mean().sqrt().item();
    for (const name of ['visual.merger.mlp.2.weight', 'visual.merger.mlp.2.bias']) {
      model.parameters.get(name)?.mul_(factor);
    }
    const { weight } = model.decoder.embedding;
    weight.mul_(options.words / weight.std().item());
  });
}
