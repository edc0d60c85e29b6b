import { basename } from 'node:path';

import { maybeTexts, text } from '../cells.ts';
import { pictureCells } from '../picture-cell.ts';
import { hasAll } from './adapter.ts';
import type { Adapter } from './adapter.ts';

const REQUIRED = ['image', 'question', 'options', 'answer', 'caption', 'deduction'];

/**
 * PuzzleVQA and AlgoPuzzleVQA (declare-lab/LLM-PuzzleTest): one JSON-lines file for each puzzle, whose
 * name becomes the category. Answers are texts of options, numbers here and there among them; the
 * question prints no options, so they are added.
 */
export const puzzlevqa: Adapter = {
  name: 'puzzlevqa',
  summary: 'PuzzleVQA: one JSON-lines file per puzzle, beside images/',
  required: REQUIRED,
  optional: ['explanation'],
  recognises: (columns) => hasAll(columns, REQUIRED),
  ownIds: false,
  boxedAnswers: false,
  read(row, { file }) {
    const options = maybeTexts(row, 'options');
    const printed = (options ?? []).map(
      (option, index) => `\n(${String.fromCodePoint(65 + index)}) ${option}`,
    );
    const question = text(row, 'question');
    const image = text(row, 'image');
    return {
      id: basename(image).replace(/\.\w+$/, ''),
      question: `<image>\n${question}${printed.length > 0 ? `\nChoices:${printed.join('')}` : ''}`,
      pictures: pictureCells(image, 'image'),
      answer: text(row, 'answer'),
      ...(options === undefined ? {} : { options }),
      category: basename(file).replace(/\.\w+$/, ''),
      source: 'puzzlevqa',
    };
  },
};
