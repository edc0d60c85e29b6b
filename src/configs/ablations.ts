import type { Preset, Settings } from '#rl';
import { firstStage, rethinking, rethinkingSources } from './stages.ts';

const stage2: Settings = { ...rethinking, 'policy.start': firstStage };

/** Rows 3 to 6 of the paper's Table 3: each differs from `reasoner` in what it names, in nothing else. */
export const ablations: readonly Preset[] = [
  {
    name: 'reasoner-filter',
    summary: 'stage 1 without replay: samples without advantage are dropped, the batch shrinks',
    settings: { 'batch.mode': 'filter' },
    source: 'paper v3',
    row: 'no SSR',
  },
  {
    name: 'reasoner-grpo',
    summary: 'stage 1 with plain GRPO: the whole batch, vanishing groups included',
    settings: { 'batch.mode': 'grpo' },
    source: 'paper v3',
    row: 'no SSR and no Filter',
  },
  {
    name: 'reasoner-no-text',
    summary: 'stage 1 on problems with pictures only',
    settings: { 'data.subset': '13k-no-text' },
    source: 'paper v3',
    row: 'no Text',
  },
  {
    name: 'reasoner-no-science-text',
    summary: 'stage 1 on problems with pictures and without science',
    settings: { 'data.subset': '11k-no-science-text' },
    source: 'paper v3',
    row: 'no Science and Text',
  },
];

/** Comparisons of our own, not in the paper. */
export const ownAblations: readonly Preset[] = [
  {
    name: 'rethinker-hint-only',
    summary: 'stage 2 with the hint in the instruction and no trigger',
    settings: {
      'policy.start': firstStage,
      'prompt.template': 'rethink',
      'eval.templates': ['default', 'rethink'],
    },
    source: 'ours',
    sources: rethinkingSources,
  },
  {
    name: 'rethinker-trigger-only',
    summary: 'stage 2 with triggers and without the hint in the instruction',
    settings: { ...stage2, 'prompt.template': 'default' },
    source: 'ours',
    sources: rethinkingSources,
  },
  {
    name: 'rethinker-no-nll',
    summary: 'stage 2 without the likelihood of kept rethinkings',
    settings: { ...stage2, 'loss.nllCoef': 0 },
    source: 'ours',
    sources: rethinkingSources,
  },
  {
    name: 'rethinker-trigger-masked',
    summary: 'stage 2 with the trigger outside every loss',
    settings: { ...stage2, 'mask.nllTrigger': false },
    source: 'ours',
    sources: rethinkingSources,
  },
  {
    name: 'reasoner-std',
    summary: 'stage 1 with advantages divided by the standard deviation of their group',
    settings: { 'advantage.divideByStd': true },
    source: 'paper v1',
  },
];
