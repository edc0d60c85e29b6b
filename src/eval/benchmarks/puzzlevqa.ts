import { basename } from 'node:path';
import { groupsOf, maybeTextIn, picturesIn, textIn, textsIn } from '../columns.ts';
import { microMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Piece } from '../item.ts';

/** PuzzleVQA: twenty kinds of drawn puzzles; the answer is the text of an option. */
export const puzzlevqa: Benchmark = {
  name: 'puzzlevqa',
  title: 'PuzzleVQA',
  hub: 'declare-lab/PuzzleVQA',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path),
  splits: [],
  prompts: ['official'],
  mode: 'strict',
  rule: 'text of the option, or its letter (strict)',
  read(row, { file }) {
    const options = textsIn(row, 'options');
    const name = basename(maybeTextIn(row, 'image', 'id') ?? '').replace(/\.\w+$/, '');
    const puzzle = name.replace(/_\d+$/, '');
    const lines = options.map((option, index) => `\n(${letter(index)}) ${option}`).join('');
    const text = `${textIn(row, 'question')}\nOptions:${lines}`;
    const turn: readonly Piece[] = [...picturesIn(row, 'image'), { kind: 'text', text }];
    const ask =
      '\nPlease answer with the letter of the right option and put it in one "\\boxed{}".';
    return {
      id: maybeTextIn(row, 'id') ?? name,
      question: turn,
      prompts: { official: [...turn, { kind: 'text', text: ask }] },
      answer: textIn(row, 'answer'),
      choices: options,
      groups: groupsOf({ puzzle: puzzle === '' ? basename(file).replace(/\.\w+$/, '') : puzzle }),
    };
  },
  headline: microMean,
};

const letter = (index: number): string => String.fromCharCode(65 + index);
