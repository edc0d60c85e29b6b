import {
  groupsOf,
  maybeNumberIn,
  maybeTextIn,
  picturesIn,
  pythonText,
  recordIn,
  textIn,
  textsIn,
} from '../columns.ts';
import { microMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Piece } from '../item.ts';

/** MathVista testmini: choices, integers, decimals and two lists. */
export const mathvista: Benchmark = {
  name: 'mathvista',
  title: 'MathVista',
  hub: 'AI4Math/MathVista',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path) && !path.endsWith('source.json'),
  splits: ['testmini'],
  prompts: ['official'],
  mode: 'mathvista',
  rule: 'typed string equality; extraction by rules unless the official one is given',
  extractionColumn: 'extraction',
  read(row, { asking }) {
    const choices = textsIn(row, 'choices');
    const unit = maybeTextIn(row, 'unit');
    const asked = asking ? textIn(row, 'question') : (maybeTextIn(row, 'question') ?? '');
    const lines = choices.map((choice, index) => `\n(${letter(index)}) ${choice}`).join('');
    const body =
      `Question: ${asked}${unit === undefined || unit === '' ? '' : ` (Unit: ${unit})`}` +
      (lines === '' ? '' : `\nChoices:${lines}`);
    const precision = maybeNumberIn(row, 'precision');
    const answerType = maybeTextIn(row, 'answer_type') ?? 'text';
    const query =
      maybeTextIn(row, 'query') ?? `${hint(choices.length > 0, answerType, precision)}\n${body}`;
    const pictures = picturesIn(row, 'decoded_image', 'image');
    const about = recordIn(row, 'metadata');
    const skills = about['skills'];
    return {
      id: textIn(row, 'pid', 'id'),
      question: [...pictures, text(body)],
      prompts: { official: [...pictures, text(query)] },
      answer: pythonText(row['answer'] ?? textIn(row, 'answer')),
      ...(choices.length > 0 ? { choices } : {}),
      answerType,
      ...(precision === undefined ? {} : { precision }),
      groups: groupsOf({
        question_type: maybeTextIn(row, 'question_type'),
        answer_type: answerType,
        language: maybeTextIn(about, 'language'),
        source: maybeTextIn(about, 'source'),
        category: maybeTextIn(about, 'category'),
        task: maybeTextIn(about, 'task'),
        context: maybeTextIn(about, 'context'),
        grade: maybeTextIn(about, 'grade'),
        skills: Array.isArray(skills) ? skills.map(String) : maybeTextIn(about, 'skills'),
      }),
    };
  },
  headline: microMean,
};

/** Source: the column `query` of the data. */
function hint(choice: boolean, answerType: string, precision: number | undefined): string {
  if (choice)
    return 'Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end.';
  if (answerType === 'integer')
    return 'Hint: Please answer the question requiring an integer answer and provide the final value, e.g., 1, 2, 3, at the end.';
  if (answerType === 'float')
    return precision === 1
      ? 'Hint: Please answer the question requiring a floating-point number with one decimal place and provide the final value, e.g., 1.2, 1.3, 1.4, at the end.'
      : 'Hint: Please answer the question requiring a floating-point number with two decimal places and provide the final value, e.g., 1.23, 1.34, 1.45, at the end.';
  return 'Hint: Please answer the question requiring a Python list as an answer and provide the final list, e.g., [1, 2, 3], [1.2, 1.3, 1.4], at the end.';
}

const letter = (index: number): string => String.fromCharCode(65 + index);
const text = (content: string): Piece => ({ kind: 'text', text: content });
