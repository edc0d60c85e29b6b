import type { AblationSet, Block, Cell } from './cell.ts';

const ssr: Cell = {
  name: 'ssr',
  title: 'GRPO with Selective Sample Replay',
  preset: 'reasoner-tiny',
  settings: [],
  paperRow: 'w/o Forced Rethinking',
};
const grpo: Cell = {
  name: 'grpo',
  title: 'GRPO, the whole batch',
  preset: 'reasoner-grpo-tiny',
  settings: [],
  paperRow: 'no SSR and Filter',
};
const filter: Cell = {
  name: 'filter',
  title: 'GRPO on effective samples only',
  preset: 'reasoner-filter-tiny',
  settings: [],
  paperRow: 'no SSR',
};
const std: Cell = {
  name: 'ssr-std',
  title: 'replay, advantages divided by their standard deviation',
  preset: 'reasoner-std-tiny',
  settings: [],
};

const modes: Block = {
  title: 'Stage 1: which samples a step is made of',
  baseline: 'ssr',
  cells: [grpo, filter, ssr],
};

/** The budget of a second stage. */
const second = 'train.maxIterations=8';

function rethinker(name: string, title: string, preset: string, ...settings: string[]): Cell {
  return { name, title, preset, settings: [second, ...settings], after: 'ssr' };
}

const onWithout: Cell = {
  ...rethinker('ssr-on', 'replay goes on, nothing is rethought', 'reasoner-tiny'),
  paperRow: 'w/o Forced Rethinking',
};

const rethinking: Block = {
  title: 'Stage 2: eight more iterations from the replay cell of the same seed',
  baseline: 'ssr-on',
  cells: [
    onWithout,
    {
      ...rethinker('ssr-rethink', 'replay and Forced Rethinking', 'rethinker-tiny'),
      paperRow: 'VL-Rethinker-7B',
    },
    rethinker('hint-only', 'the hint in the instruction, no trigger', 'rethinker-hint-only-tiny'),
    rethinker(
      'with-hint',
      'the hint in the instruction',
      'rethinker-tiny',
      'prompt.template=rethink',
    ),
    rethinker('no-nll', 'rethinking without the likelihood term', 'rethinker-no-nll-tiny'),
    rethinker('trigger-masked', 'trigger outside every loss', 'rethinker-trigger-masked-tiny'),
  ],
};

const twoByTwo: Block = {
  title: 'Stage 2: trigger in the likelihood term × instruction',
  baseline: 'nll-default',
  cells: [true, false].flatMap((inNll) =>
    ['default', 'rethink'].map((template) =>
      rethinker(
        `${inNll ? 'nll' : 'masked'}-${template}`,
        `trigger ${inNll ? 'in the likelihood term' : 'outside every loss'}, instruction ${template}`,
        'rethinker-tiny',
        `mask.nllTrigger=${inNll}`,
        `prompt.template=${template}`,
      ),
    ),
  ),
};

const fewEffective = [
  'train.maxIterations=40',
  'train.epochs=40',
  'rollout.problemsPerSync=32',
  'validation.problems=60',
  'train.batchSamples=16',
  'optim.learningRate=5e-5',
];

/** Every ablation of the command line, by name. */
export const ablationSets: readonly AblationSet[] = [
  {
    name: 'paper-tiny',
    summary: "the rows of the paper's ablation and our own additions, on the tiny model",
    seeds: 3,
    blocks: [{ ...modes, cells: [...modes.cells, std] }, rethinking],
  },
  {
    name: 'modes-tiny',
    summary: 'GRPO, Filter and SSR where most groups teach: the settings of the quickstart',
    seeds: 5,
    blocks: [modes],
  },
  {
    name: 'few-effective-tiny',
    summary: 'GRPO, Filter and SSR where few groups teach: solved and hopeless problems are kept',
    seeds: 5,
    pool: {
      rounds: [
        { problems: 16_384, responses: 16 },
        { problems: 2048, responses: 64 },
      ],
      // 60 of them validate: six whole iterations of 32 are left for training.
      problems: 252,
    },
    blocks: [
      {
        ...modes,
        title: 'Stage 1 where few groups teach: batch 16, rate 5e-5, 40 iterations of 32 × 8',
        cells: modes.cells.map((cell) => ({ ...cell, settings: fewEffective })),
      },
    ],
  },
  {
    name: 'rethink-2x2-tiny',
    summary: 'trigger in the likelihood term or masked, under either instruction',
    seeds: 3,
    blocks: [{ ...modes, title: 'Stage 1: the common start', cells: [ssr] }, twoByTwo],
  },
];
