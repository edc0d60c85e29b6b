import { groupsOf, maybeTextIn, picturesIn, textIn, textsIn, withPictures } from '../columns.ts';
import { microMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Piece } from '../item.ts';

/** Source: the configuration of EMMA-Bench/EMMA, line folding applied. */
const CHOICE =
  'Answer with the option\'s letter from the given choices and put the letter in one "\\boxed{}". ';
const OPEN =
  'Answer the question using a single word or phrase and put the answer in one "\\boxed{}". ';
const STRATEGIES = {
  cot: 'Please solve the problem step by step.',
  direct:
    'Please ensure that your output only contains the final answer without any additional content (such as intermediate reasoning steps).',
} as const;

/** EMMA: mathematics, physics, chemistry and coding problems that need the pictures. */
export const emma: Benchmark = {
  name: 'emma',
  title: 'EMMA',
  hub: 'luckychao/EMMA',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path),
  splits: ['test'],
  prompts: ['cot', 'direct'],
  mode: 'emma',
  rule: "EMMA's fast rules; answer or text of the option",
  extractionColumn: 'extraction',
  read(row, { asking }) {
    const options = textsIn(row, 'options');
    const type =
      maybeTextIn(row, 'type') ?? (options.length > 0 ? 'Multiple Choice' : 'Open-ended');
    const choice = /multiple/i.test(type) && options.length > 0;
    const asked = asking ? textIn(row, 'question') : (maybeTextIn(row, 'question') ?? '');
    const context = maybeTextIn(row, 'context') ?? '';
    const lines = options.map((option, index) => `${letter(index)}: ${option}\n`).join('');
    const body = `${context}\n${asked}\n${choice ? `${lines}\n` : ''}`;
    const pictures = new Map<string, readonly Piece[]>();
    for (let number = 1; number <= 5; number += 1) {
      const own = picturesIn(row, `image_${number}`);
      if (own.length > 0) pictures.set(String(number), own);
    }
    const turn = (strategy: string): readonly Piece[] =>
      withPictures(`${body}${choice ? CHOICE : OPEN}${strategy}`, /<image_(\d)>/g, pictures);
    const id = textIn(row, 'pid', 'id');
    const category = maybeTextIn(row, 'category');
    return {
      id,
      question: withPictures(body.trim(), /<image_(\d)>/g, pictures),
      prompts: { cot: turn(STRATEGIES.cot), direct: turn(STRATEGIES.direct) },
      answer: textIn(row, 'answer'),
      ...(options.length > 0 ? { choices: options } : {}),
      groups: groupsOf({
        subject: maybeTextIn(row, 'subject') ?? id.replace(/_\d+$/, ''),
        type: choice ? 'choice' : 'open',
        category: category?.split(';').map((part) => part.trim()),
        task: maybeTextIn(row, 'task'),
      }),
    };
  },
  headline: microMean,
};

const letter = (index: number): string => String.fromCharCode(65 + index);
