import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joints, puzzle, styles } from '#data';
import { createProcessor, type Processor } from '#model/processor';
import { createSeed } from '#run';
import { wordPattern, writeCheckpointFiles } from './checkpoint-files.ts';
import { example, type ExampleMaker, type Mixture } from './examples.ts';
import { tinyBase } from './recipe.ts';
import { rateAt } from './schedule.ts';
import { tokenizerTexts } from './tokenizer-texts.ts';
import { trainBytePairs } from './train-tokenizer.ts';

const pattern = new RegExp(wordPattern, 'gu');

test('the most frequent pair is merged first, no merge crosses a cut, a single pair stays', () => {
  const { merges, vocabulary } = trainBytePairs(['ab ab ab abc', 'bc'], pattern, 3);
  expect(merges).toEqual([
    ['a', 'b'],
    ['Ġ', 'ab'],
  ]);
  expect(vocabulary).toHaveLength(258);
});

test('equal texts give equal vocabularies', () => {
  const make = () => trainBytePairs(tokenizerTexts(20, 'x', ['hello']), pattern, 50);
  expect(make()).toEqual(make());
});

test('the rate rises, falls along a cosine and ends at the floor', () => {
  const schedule = { steps: 100, rate: 2, warmup: 10, floor: 0.1 };
  expect(rateAt(0, schedule)).toBeCloseTo(0.2);
  expect(rateAt(9, schedule)).toBeCloseTo(2);
  expect(rateAt(99, schedule)).toBeCloseTo(0.2);
});

describe('examples', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pretrain-test-'));
  const triggers = {
    self_questioning: '\n\nWait, does it seem right?',
    self_correction: '\n\nWait, there might be a mistake',
    self_verification: "\n\nWait, let's double check",
  };
  let processor: Processor;
  let maker: ExampleMaker;
  const all: Mixture = {
    practice: 0,
    careful: 0,
    steps: 0,
    quick: 0,
    easy: 0,
    rethinkTemplate: 0,
    glance: 0.5,
    glanceSlips: 0.5,
    stepsSlip: 0.5,
    looksAgain: 1,
    looksTwice: 0,
    waitsRethink: 0,
    waitsDefault: 0,
  };

  beforeAll(async () => {
    const phrases = Object.values(triggers);
    const pairs = trainBytePairs(tokenizerTexts(600, 't', phrases), pattern, tinyBase.merges);
    writeCheckpointFiles(folder, pairs, tinyBase.sizes);
    processor = await createProcessor(folder);
    maker = { processor, seed: createSeed(3), triggers };
  });
  afterAll(async () => {
    await processor[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('what puzzles say about places is one token a word, a digit with its blank too', () => {
    for (const word of ['red', 'orange', 'triangle', 'cross', '0', '9']) {
      expect([word, processor.encode(` ${word}`).length]).toEqual([word, 1]);
    }
  });

  test('solutions survive the tokenizer', () => {
    for (let index = 0; index < 42; index++) {
      for (const style of styles) {
        const { text } = puzzle('t', 'train', index).solution(style);
        expect(processor.decode(processor.encode(text))).toBe(text);
      }
    }
  });

  test('a masked second look teaches neither the first look nor the trigger, but joint and end', () => {
    for (let index = 0; index < 20; index++) {
      const { response, puzzle: shown } = example(index, all, maker);
      const texts = response.map(({ ids }) => processor.decode(ids, true));
      expect(response.map(({ learn }) => learn)).toEqual([false, false, true, true]);
      expect(Object.values(triggers)).toContain(texts[1]);
      expect(Object.values(joints).some((joint) => texts[2]?.startsWith(joint))).toBe(true);
      expect(texts[2]?.endsWith(shown.solution('careful').text)).toBe(true);
      expect(texts[3]).toBe('<|im_end|>');
    }
  });

  test('a learnt wait learns everything', () => {
    const { response } = example(0, { ...all, waitsDefault: 1 }, maker);
    expect(response.every(({ learn }) => learn)).toBe(true);
    expect(response).toHaveLength(4);
  });

  test('practice has no system turn, a real prompt has one', () => {
    const text = (mixture: Mixture) => {
      const [first] = example(5, mixture, maker).prompt.chunks;
      return first?.kind === 'tokens' ? processor.decode(first.ids, true) : '';
    };
    expect(text({ ...all, practice: 1, careful: 1 })).toMatch(/^<\|im_start\|>user\n/);
    expect(text(all)).toMatch(/^<\|im_start\|>system\n/);
  });

  test('the same index gives the same example', () => {
    const ids = () => example(7, all, maker).response.map((part) => [...part.ids]);
    expect(ids()).toEqual(ids());
  });
});
