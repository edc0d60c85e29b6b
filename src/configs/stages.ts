import type { Preset, Settings, Sources } from '#rl';
import { paperTriggers } from '#rl';

/** What turns stage 1 into stage 2 (algorithm.md 4.1). */
export const rethinking: Settings = {
  'prompt.template': 'rethink',
  'rethink.mode': 'random',
  'rethink.triggers': paperTriggers,
  'loss.nllCoef': 0.05,
  'eval.templates': ['default', 'rethink'],
};

/** Where those values come from. */
export const rethinkingSources: Sources = {
  'policy.start': 'paper v1, v3',
  'prompt.template': 'paper v3',
  'rethink.mode': 'paper v3',
  'loss.nllCoef': 'released code',
  'eval.templates': 'ours',
};

/** Where the second stage begins unless told otherwise: the best checkpoint of a run of stage 1. */
export const firstStage = 'runs/reasoner/best';

/** The two stages of the paper at 7B. */
export const stages: readonly Preset[] = [
  {
    name: 'reasoner',
    summary: 'stage 1 at 7B: GRPO with Selective Sample Replay',
    settings: {},
    source: 'paper v3',
    row: 'w/o Forced Rethinking',
  },
  {
    name: 'rethinker',
    summary: 'stage 2 at 7B: the same with Forced Rethinking, from the best stage-1 checkpoint',
    settings: { ...rethinking, 'policy.start': firstStage },
    source: 'paper v3',
    sources: rethinkingSources,
    row: 'VL-Rethinker-7B',
  },
];
