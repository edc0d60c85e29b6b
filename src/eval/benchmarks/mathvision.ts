import { groupsOf, maybeTextIn, picturesIn, textIn, textsIn, withPictures } from '../columns.ts';
import { microMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Piece } from '../item.ts';

/** Source: the evaluation of MathLLMs/MathVision. */
const ASK =
  'Please solve the problem step by step and put your answer in one "\\boxed{}". If it is a multiple choice question, only one letter is allowed in the "\\boxed{}".';

/** MATH-V: 3,040 competition problems; options may stand in the picture only. */
export const mathvision: Benchmark = {
  name: 'mathvision',
  title: 'MathVision',
  hub: 'MathLLMs/MathVision',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path),
  splits: ['test', 'testmini'],
  prompts: ['official'],
  mode: 'mathvision',
  rule: 'string rules of MATH-V, then values rounded to two places; letter or text of the option',
  extractionColumn: 'model_answer',
  read(row, { asking }) {
    const options = textsIn(row, 'options');
    const pictures = picturesIn(row, 'decoded_image', 'image');
    const shown = options.every((option, index) => option === String.fromCharCode(65 + index));
    const lines = shown ? '' : options.map((option, index) => `\n(${letter(index)}) ${option}`);
    const question = asking ? textIn(row, 'question') : (maybeTextIn(row, 'question') ?? '');
    const body = `${question}${typeof lines === 'string' ? lines : lines.join('')}`;
    const level = maybeTextIn(row, 'level');
    const subject = maybeTextIn(row, 'subject');
    return {
      id: textIn(row, 'id'),
      question: placed(body, pictures),
      prompts: { official: placed(`${ASK}\n${body}`, pictures) },
      answer: textIn(row, 'answer'),
      choices: options,
      groups: groupsOf({
        level,
        subject,
        kind: options.length > 0 ? 'choice' : 'free-form',
        'subject and level':
          level === undefined || subject === undefined ? undefined : `${subject}, level ${level}`,
      }),
    };
  },
  headline: microMean,
};

const letter = (index: number): string => String.fromCharCode(65 + index);

/** The one merged picture in the place of the first token; the other tokens stay as text. */
function placed(text: string, pictures: readonly Piece[]): readonly Piece[] {
  const first = /<image\d+>/.exec(text)?.[0];
  if (first === undefined) return [...pictures, { kind: 'text', text }];
  const at = text.indexOf(first);
  const head = text.slice(0, at);
  const tail = text.slice(at + first.length);
  return [
    ...withPictures(head, /(?!)/g, new Map()),
    ...pictures,
    ...withPictures(tail, /(?!)/g, new Map()),
  ];
}
