import { maybeNumber, maybeText, text } from '../cells.ts';
import { printedOptions } from '../options.ts';
import { pictureCells } from '../picture-cell.ts';
import { hasAll } from './adapter.ts';
import type { Adapter } from './adapter.ts';

/** The eight labels of the released file, with the paper's share of each in percent (v3, figure 8). */
export const virlCategories = {
  '(GradeSchool) Non-Geo Math': 38.33,
  '(GradeSchool) Geometric': 27.35,
  'Tables/Diagrams/Charts': 15.92,
  '(GradeSchool) Science': 8.94,
  'Spatial Reasoning': 4.94,
  'Broader STEM Topics': 2.46,
  'Social Science': 1.74,
  Commonsense: 0.31,
} as const;

const REQUIRED = ['question', 'answer', 'qid', 'category', 'source', 'image'];
const RATES = { '32B': 'PassRate_32BTrained', '7B': 'PassRate_7BBase' } as const;

/** `39Krelease.parquet` of TIGER-Lab/ViRL39K, with `images/` unpacked beside it. */
export const virl39k: Adapter = {
  name: 'virl39k',
  summary: 'ViRL39K: 39Krelease.parquet, and images.zip unpacked beside it',
  required: REQUIRED,
  optional: [RATES['32B'], `${RATES['7B']}|PassRate_7BUntrained`],
  recognises: (columns) =>
    hasAll(columns, ['qid', 'question', 'answer']) &&
    [...columns].some((name) => name.startsWith('PassRate_')),
  ownIds: true,
  boxedAnswers: true,
  categories: Object.keys(virlCategories),
  sources: [
    'MMK12',
    'MMK12Converted',
    'Processed',
    'MMMath',
    'K12',
    'M3CoT',
    'M3CoTConverted',
    'geoqa_plus',
    'geoqa_plusConverted',
    'ai2d',
    'dvqa',
    'chartqa',
    'ScienceQA',
    'R1OneVision',
    'R1OneVisionConverted',
    'DeepScaleR',
  ],
  read(row) {
    const question = text(row, 'question');
    const options = printedOptions(question);
    const untrained = 'PassRate_7BUntrained' in row ? 'PassRate_7BUntrained' : RATES['7B'];
    const rates = [
      ['32B', maybeNumber(row, RATES['32B'])],
      ['7B', maybeNumber(row, untrained)],
    ] as const;
    const source = maybeText(row, 'source');
    return {
      id: maybeText(row, 'qid'),
      question,
      pictures: pictureCells(row['image'], 'image'),
      answer: maybeText(row, 'answer') ?? '',
      ...(options === undefined ? {} : { options }),
      category: maybeText(row, 'category') ?? '',
      ...(source === undefined ? {} : { source }),
      passRates: Object.fromEntries(rates.filter(([, rate]) => rate !== undefined)) as Record<
        string,
        number
      >,
    };
  },
};
