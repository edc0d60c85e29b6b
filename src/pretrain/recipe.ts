import type { Sizes } from './checkpoint-files.ts';
import type { EyesOptions } from './eyes.ts';
import type { Part } from './supervised.ts';

/** Everything that makes a small base model from nothing. */
export interface Recipe {
  readonly sizes: Sizes;
  /** Merges of the tokenizer, and puzzles whose texts it learns from. */
  readonly merges: number;
  readonly tokenizerPuzzles: number;
  readonly eyes: Omit<EyesOptions, 'seed'>;
  readonly parts: readonly Part[];
}

const practice = {
  careful: 0.55,
  steps: 0.23,
  quick: 0.07,
  rethinkTemplate: 0.5,
  glance: 0.62,
  glanceSlips: 0.25,
  stepsSlip: 0.3,
  looksAgain: 0.55,
  looksTwice: 0.05,
  waitsRethink: 0.04,
  waitsDefault: 0.001,
};

const reading = { ...practice, practice: 0.8, easy: 0.15 };
const character = { ...practice, practice: 0.42, easy: 0, careful: 0.72, steps: 0.2, quick: 0.08 };

/** The base model of `assets/tiny-base`: see docs/tiny-base.md for what each number is for. */
export const tinyBase: Recipe = {
  sizes: {
    vocabSize: 640,
    hiddenSize: 128,
    intermediateSize: 384,
    layers: 4,
    heads: 4,
    kvHeads: 2,
    mropeSection: [4, 6, 6],
    ropeTheta: 100,
    maxPositions: 1024,
    vision: {
      depth: 4,
      hiddenSize: 96,
      heads: 3,
      intermediateSize: 192,
      windowSize: 56,
      fullAttentionBlocks: [1, 3],
    },
    minPixels: 56 * 56,
    maxPixels: 112 * 112,
  },
  merges: 373,
  tokenizerPuzzles: 6000,
  eyes: {
    schedule: { steps: 1000, rate: 2e-3, warmup: 100, floor: 0.05 },
    pictures: 48,
    weightDecay: 0.02,
  },
  parts: [
    {
      mixture: reading,
      schedule: { steps: 4500, rate: 1.5e-3, warmup: 150, floor: 0.3 },
      examples: 16,
      hints: 0.15,
      weightDecay: 0.02,
      from: 0,
    },
    {
      mixture: character,
      schedule: { steps: 6000, rate: 1.2e-3, warmup: 150, floor: 0.05 },
      examples: 20,
      hints: 0.15,
      weightDecay: 0.02,
      from: 1_000_000,
    },
  ],
};
