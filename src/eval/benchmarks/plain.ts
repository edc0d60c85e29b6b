import type { Problem } from '#data';
import { microMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import { groupsOf } from '../columns.ts';
import { ItemError } from '../item.ts';
import type { EvalItem, Piece } from '../item.ts';

/** Problems of a dataset as an evaluation asks them: the strict rule, no prompt but a template of ours. */
export const problems: Benchmark = {
  name: 'problems',
  title: 'Problems of a dataset',
  hub: '',
  wants: () => true,
  splits: [],
  prompts: [],
  mode: 'strict',
  rule: 'strict',
  read: () => {
    throw new ItemError('problems come from a dataset, not from rows');
  },
  headline: microMean,
};

/** A problem as an item. Pictures without marks come first, as in training. */
export function itemOfProblem(problem: Problem): EvalItem {
  const { id, question, images, answer, options, category, source } = problem;
  const pictures: readonly Piece[] = images.map((image) => ({
    kind: 'picture',
    cell:
      typeof image.source === 'string'
        ? { kind: 'path', path: image.source }
        : { kind: 'bytes', bytes: image.source },
  }));
  const texts = question.split('<image>');
  const marked = texts.length - 1 === pictures.length;
  const turn: readonly Piece[] = marked
    ? texts.flatMap((text, index) => [
        ...(index > 0 ? pictures.slice(index - 1, index) : []),
        ...(text === '' ? [] : [{ kind: 'text', text } as const]),
      ])
    : [...pictures, { kind: 'text', text: question }];
  return {
    id,
    question: turn,
    prompts: {},
    answer,
    ...(options === undefined ? {} : { choices: options }),
    groups: groupsOf({ category, source }),
  };
}
