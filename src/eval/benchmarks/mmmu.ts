import {
  answersIn,
  groupsOf,
  maybeTextIn,
  picturesIn,
  textIn,
  textsIn,
  withPictures,
} from '../columns.ts';
import type { Row } from '#data';
import { microMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Piece } from '../item.ts';
import { domainOf, subjectOf } from './mmmu-subjects.ts';

/** Source: the configuration of MMMU-Benchmark/MMMU. */
const CHOICE = "Answer with the option's letter from the given choices directly.";
const OPEN = 'Answer the question using a single word or phrase.';

/** MMMU, validation split: thirty subjects, 847 choices and 53 short answers. */
export const mmmu: Benchmark = {
  name: 'mmmu',
  title: 'MMMU val',
  hub: 'MMMU/MMMU',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path),
  splits: ['validation', 'val'],
  prompts: ['official'],
  mode: 'mmmu',
  rule: 'MMMU parsers; a random guess is no answer',
  read(row, { asking }) {
    const id = textIn(row, 'id');
    const options = optionsOf(row);
    const kind =
      maybeTextIn(row, 'question_type') ?? (options.length > 0 ? 'multiple-choice' : 'open');
    const choice = kind === 'multiple-choice';
    const question = asking ? textIn(row, 'question') : (maybeTextIn(row, 'question') ?? '');
    const lines = options.map((option, index) => `(${letter(index)}) ${option}\n`).join('');
    const pictures = numberedPictures(row);
    const body = choice ? `${question}\n${lines}` : question;
    const subject = maybeTextIn(row, 'subject') ?? subjectOf(id);
    return {
      id,
      question: withPictures(body.trimEnd(), MARK, pictures),
      prompts: {
        official: withPictures(choice ? `${body}\n${CHOICE}` : `${body}\n${OPEN}`, MARK, pictures),
      },
      answer: answersIn(row, 'ground_truth', 'answer'),
      ...(choice ? { choices: options } : {}),
      groups: groupsOf({
        subject,
        domain: domainOf(subject),
        kind: choice ? 'choice' : 'open',
        difficulty: maybeTextIn(row, 'topic_difficulty'),
      }),
    };
  },
  headline: microMean,
};

/** `<image 1>` names the column `image_1`, in whatever order it occurs. */
export const MARK: RegExp = /<image (\d)>/g;

const letter = (index: number): string => String.fromCharCode(65 + index);

/** Columns `image_1` to `image_7` by number. */
export function numberedPictures(row: Row): ReadonlyMap<string, readonly Piece[]> {
  const pictures = new Map<string, readonly Piece[]>();
  for (let number = 1; number <= 7; number += 1) {
    const own = picturesIn(row, `image_${number}`);
    if (own.length > 0) pictures.set(String(number), own);
  }
  return pictures;
}

/** Options of the data, or `index2ans` of official outputs. */
export function optionsOf(row: Row): readonly string[] {
  const given = textsIn(row, 'options');
  const byLetter = row['index2ans'];
  if (given.length > 0 || typeof byLetter !== 'object' || byLetter === null) return given;
  return Object.entries(byLetter)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, option]) => String(option));
}
