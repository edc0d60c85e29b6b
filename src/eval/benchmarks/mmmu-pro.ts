import { groupsOf, maybeTextIn, picturesIn, textIn, withPictures } from '../columns.ts';
import { macroMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Piece } from '../item.ts';
import { domainOf } from './mmmu-subjects.ts';
import { MARK, numberedPictures, optionsOf } from './mmmu.ts';

/** Source: the prompts of MMMU-Benchmark/MMMU, mmmu-pro. */
const LAST_LINE =
  "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of options.";
const ASKS = {
  standard: {
    cot: `Answer the preceding multiple choice question. ${LAST_LINE} Think step by step before answering.`,
    direct: 'Answer with the option letter from the given choices directly.',
  },
  vision: {
    cot: `Write out the multiple-choice question in the image and then solve it. ${LAST_LINE} Think step by step before answering.`,
    direct: `Answer with the option letter from the given choices directly. ${LAST_LINE}`,
  },
} as const;

/** MMMU-Pro overall: the mean of ten options and of the question inside the picture. */
export const mmmuPro: Benchmark = {
  name: 'mmmu-pro',
  title: 'MMMU-Pro',
  hub: 'MMMU/MMMU_Pro',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path) && !/\(4 options\)/.test(path),
  splits: ['test'],
  prompts: ['cot', 'direct'],
  mode: 'mmmu-pro',
  rule: 'MMMU-Pro parser; a random guess is no answer',
  read(row, { file, asking }) {
    const question = maybeTextIn(row, 'question');
    const vision = isVision(file, question);
    const part = vision ? 'vision' : 'standard';
    const options = optionsOf(row);
    const subject = maybeTextIn(row, 'subject');
    const turn = (ask: string): readonly Piece[] => {
      if (vision) return [...picturesIn(row, 'image'), ...(ask === '' ? [] : [text(ask)])];
      const lines = options.map((option, index) => `\n${letter(index)}. ${option}`).join('');
      const body = `${asking ? textIn(row, 'question') : (question ?? '')}${lines}`;
      return withPictures(ask === '' ? body : `${body}\n${ask}`, MARK, numberedPictures(row));
    };
    return {
      id: `${part}/${textIn(row, 'id')}`,
      question: turn(''),
      prompts: { cot: turn(ASKS[part].cot), direct: turn(ASKS[part].direct) },
      answer: textIn(row, 'answer'),
      choices: options,
      groups: groupsOf({
        part,
        subject,
        domain: domainOf(subject),
        difficulty: maybeTextIn(row, 'topic_difficulty'),
      }),
    };
  },
  headline: { ...macroMean('part'), how: 'mean of standard (10 options) and vision' },
};

/** A row of the vision part: its file says so, or it has no question beside the picture. */
function isVision(file: string, question: string | undefined): boolean {
  if (/vision/i.test(file)) return true;
  return !/standard/i.test(file) && (question === undefined || question === '');
}

const letter = (index: number): string => String.fromCharCode(65 + index);
const text = (content: string): Piece => ({ kind: 'text', text: content });
