import { text } from '../cells.ts';
import { pictureCells } from '../picture-cell.ts';
import { hasAll } from './adapter.ts';
import type { Adapter } from './adapter.ts';

const REQUIRED = ['images', 'problem', 'answer'];

/** hiyouga/geometry3k: `problem` with `<image>`, `images` as a list of structs, `answer` in LaTeX. */
export const geometry3k: Adapter = {
  name: 'geometry3k',
  summary: 'Geometry3K in the form of hiyouga/geometry3k',
  required: REQUIRED,
  optional: [],
  recognises: (columns) => hasAll(columns, REQUIRED) && !columns.has('question'),
  ownIds: false,
  boxedAnswers: false,
  read: (row) => ({
    id: undefined,
    question: text(row, 'problem'),
    pictures: pictureCells(row['images'], 'images'),
    answer: text(row, 'answer'),
    category: 'geometry',
    source: 'geometry3k',
  }),
};
