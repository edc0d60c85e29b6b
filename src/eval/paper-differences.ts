import { paperResults } from './paper-results.ts';

/** How far the paper's model is ahead of the best open one, as printed and from the printed scores. */
export interface PaperDifference {
  readonly model: string;
  readonly benchmark: string;
  /** Percentage points. */
  readonly printed: number;
  readonly recomputed: number;
  /** The open model that the recomputed figure is taken against. */
  readonly best: string;
  readonly source: string;
  readonly version: string;
}

const source = 'VL-Rethinker, arXiv:2504.08837, main tables';
/** Version 3 kept the last line of version 1 in the smaller table. */
const tables = [
  {
    model: 'VL-Rethinker-72B',
    version: 'v3',
    open: [
      'Llama4-Scout-109B',
      'InternVL-2.5-78B',
      'QvQ-72B',
      'LLaVA-OV-72B',
      'Qwen2.5-VL-32B',
      'Qwen2.5-VL-72B',
    ],
    printed: {
      mathvista: 5.6,
      mathverse: 6.3,
      mathvision: 6.8,
      'mmmu-pro': 3.7,
      mmmu: -1.4,
      emma: 4.4,
      megabench: 2.3,
    },
  },
  {
    model: 'VL-Rethinker-7B',
    version: 'v1 and v3',
    open: [
      'InternVL2-8B',
      'InternVL2.5-8B',
      'Qwen2-VL-7B',
      'Qwen2.5-VL-7B',
      'LLaVA-OV-7B',
      'Kimi-VL-16B',
      'MM-Eureka-8B (Intern)',
      'MM-Eureka-7B (Qwen)',
      'R1-VL-7B',
      'R1-Onevision-7B',
      'OpenVLThinker-7B',
    ],
    printed: {
      mathvista: 4.7,
      mathverse: 6.3,
      mathvision: 2.4,
      'mmmu-pro': 4.4,
      mmmu: 0.7,
      emma: 3.1,
      megabench: 2.2,
    },
  },
] as const;

const scoreOf = (model: string, benchmark: string): number | undefined =>
  paperResults.find((result) => result.model === model)?.scores[benchmark];

/** The last lines of the paper's main tables beside what their figures give. */
export const paperDifferences: readonly PaperDifference[] = tables.flatMap(
  ({ model, version, open, printed }) =>
    Object.entries(printed).flatMap(([benchmark, difference]): PaperDifference[] => {
      const own = scoreOf(model, benchmark);
      const [best] = open
        .flatMap((name) => {
          const score = scoreOf(name, benchmark);
          return score === undefined ? [] : [{ name, score }];
        })
        .sort((a, b) => b.score - a.score);
      if (own === undefined || best === undefined) return [];
      const recomputed = Math.round(10 * (own - best.score)) / 10;
      const where = { source, version };
      return [{ model, benchmark, printed: difference, recomputed, best: best.name, ...where }];
    }),
);
