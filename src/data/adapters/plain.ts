import { RowFault, describe, maybeNumber, maybeText, maybeTexts, text } from '../cells.ts';
import { printedOptions } from '../options.ts';
import { pictureCells } from '../picture-cell.ts';
import type { Row } from '../rows.ts';
import type { Adapter } from './adapter.ts';

/** Spellings of one column, the first one that a row has. */
const SPELLINGS = {
  id: ['id', 'qid'],
  question: ['question', 'problem', 'prompt'],
  answer: ['answer', 'solution'],
  images: ['images', 'image'],
  options: ['options', 'choices'],
  category: ['category', 'family', 'subject'],
  source: ['source'],
} as const;

/** Any file of questions with answers: docs/data-format.md. */
export const plain: Adapter = {
  name: 'plain',
  summary:
    'question and answer, with pictures, options, category and pass rates where there are any',
  required: [SPELLINGS.question.join('|'), SPELLINGS.answer.join('|')],
  optional: [
    'id|qid',
    'images|image',
    'options|choices',
    'category|family|subject',
    'source',
    'passRates',
    'response',
  ],
  recognises: (columns) =>
    SPELLINGS.question.some((name) => columns.has(name)) &&
    SPELLINGS.answer.some((name) => columns.has(name)),
  ownIds: false,
  boxedAnswers: false,
  read(row) {
    const column = (names: readonly string[]): string =>
      names.find((name) => (row[name] ?? null) !== null) ?? names[0] ?? '';
    const question = text(row, column(SPELLINGS.question));
    const options = maybeTexts(row, column(SPELLINGS.options)) ?? printedOptions(question);
    const source = maybeText(row, 'source') ?? levelOf(row);
    const passRates = passRatesOf(row);
    const response = maybeText(row, 'response');
    const images = column(SPELLINGS.images);
    return {
      id: maybeText(row, column(SPELLINGS.id)),
      question,
      pictures: pictureCells(row[images], images),
      answer: text(row, column(SPELLINGS.answer)),
      ...(options === undefined ? {} : { options }),
      category: maybeText(row, column(SPELLINGS.category)) ?? '',
      ...(source === undefined ? {} : { source }),
      ...(passRates === undefined ? {} : { passRates }),
      ...(response === undefined ? {} : { response }),
    };
  },
};

/** Puzzles carry a level where others carry a source. */
function levelOf(row: Row): string | undefined {
  const level = maybeNumber(row, 'level');
  return level === undefined || row['family'] === undefined ? undefined : `level ${level}`;
}

function passRatesOf(row: Row): Record<string, number> | undefined {
  const value = row['passRates'];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new RowFault(`column passRates: expected { name: rate }, found ${describe(value)}`);
  }
  const rates = Object.entries(value as Row).flatMap(([name]) => {
    const rate = maybeNumber(value as Row, name);
    return rate === undefined ? [] : [[name, rate] as const];
  });
  return Object.fromEntries(rates);
}
