/** A published score with where it stands. */
export interface PublishedScore {
  readonly model: string;
  /** By name of the benchmark, in percent; what is not given is absent. */
  readonly scores: Readonly<Record<string, number>>;
  /** Other figures that the paper gives for the same, by name of the benchmark, and where. */
  readonly elsewhere?: Readonly<Record<string, { readonly score: number; readonly in: string }>>;
  /** Benchmarks whose figure the paper's authors measured themselves. */
  readonly reproduced?: readonly string[];
  readonly source: string;
  readonly version: string;
}

const COLUMNS = [
  'mathvista',
  'mathverse',
  'mathvision',
  'mmmu-pro',
  'mmmu',
  'emma',
  'megabench',
] as const;
const PAPER = 'VL-Rethinker, arXiv:2504.08837, main tables';
const ABLATION = 'VL-Rethinker, arXiv:2504.08837, ablation';

function row(
  model: string,
  figures: readonly (number | null)[],
  more: {
    readonly reproduced?: readonly string[];
    readonly elsewhere?: NonNullable<PublishedScore['elsewhere']>;
    readonly source?: string;
    readonly version?: string;
  } = {},
): PublishedScore {
  const scores = Object.fromEntries(
    COLUMNS.flatMap((name, index) => {
      const figure = figures[index];
      return figure === null || figure === undefined ? [] : [[name, figure] as const];
    }),
  );
  return { model, scores, source: PAPER, version: 'v3', ...more };
}

const own = { reproduced: ['mmmu'] } as const;
const ablation = { source: ABLATION, version: 'v1 and v3' } as const;

/** The paper's tables in percent: greedy decoding, one response per item. */
export const paperResults: readonly PublishedScore[] = [
  row('OpenAI-o1', [73.9, 57, 60.3, 62.4, 78.2, 45.7, 56.2], {
    elsewhere: { mathvision: { score: 42.2, in: 'v1' } },
  }),
  row('GPT-4o', [60, 41.2, 30.6, 51.9, 69.1, 32.7, 52.7]),
  row('Claude-3.5-Sonnet', [67.7, 47.8, 33.5, 51.5, 68.3, 35.1, 52.3]),
  row('Gemini-2.0-Flash', [73.4, 54.6, 41.3, 51.7, 70.7, 33.6, 54.1]),
  row('Llama4-Scout-109B', [70.7, null, null, 52.2, 69.4, 24.6, 31.8]),
  row('InternVL-2.5-78B', [72.3, 51.7, 34.9, 48.6, 61.8, 27.1, 44.1]),
  row('QvQ-72B', [71.4, 48.6, 35.9, 51.5, 70.3, 32, 8.8]),
  row('LLaVA-OV-72B', [67.5, 39.1, 30.1, 31, 56.8, 23.8, 29.7]),
  row('Qwen2.5-VL-32B', [74.7, 48.5, 38.4, 49.5, 59.4, 31.1, 13.3], {
    ...own,
    elsewhere: { mmmu: { score: 70, in: 'v1' } },
  }),
  row('Qwen2.5-VL-72B', [74.8, 57.2, 38.1, 51.6, 67, 34.1, 49], {
    ...own,
    elsewhere: { mmmu: { score: 70.2, in: 'v1' } },
  }),
  row('VL-Rethinker-32B', [78.8, 56.9, 40.5, 50.6, 65.6, 37.9, 19.9]),
  row('VL-Rethinker-72B', [80.4, 63.5, 44.9, 55.9, 68.8, 38.5, 51.3]),
  row('VL-Rethinker-72B (v1)', [80.3, 61.7, 43.9, 53.9, 68.8, 38.9, 51.3], {
    version: 'v1',
    elsewhere: { mathverse: { score: 61.8, in: 'the abstract' } },
  }),
  row('InternVL2-8B', [58.3, null, 17.4, 29, 51.2, 19.8, 26]),
  row('InternVL2.5-8B', [64.4, 39.5, 19.7, 34.3, 56, null, 30.4]),
  row('Qwen2-VL-7B', [58.2, null, 16.3, 30.5, 54.1, 20.2, 34.8]),
  row('Qwen2.5-VL-7B', [68.2, 46.3, 25.1, 36.9, 54.3, 21.5, 35], own),
  row('LLaVA-OV-7B', [63.2, 26.2, null, 24.1, 48.8, 18.3, 22.9]),
  row('Kimi-VL-16B', [68.7, 44.9, 21.4, null, 55.7, null, null], own),
  row('MM-Eureka-8B (Intern)', [67.1, 40.4, 22.2, 27.8, 49.2, null, null]),
  row('MM-Eureka-7B (Qwen)', [73, 50.3, 26.9, null, null, null, null]),
  row('R1-VL-7B', [63.5, 40, 24.7, 7.8, 44.5, 8.3, 29.9]),
  row('R1-Onevision-7B', [64.1, 46.4, 29.9, 21.6, null, 20.8, 27.1]),
  row('OpenVLThinker-7B', [70.2, 47.9, 25.3, 37.3, 52.5, 26.6, 12]),
  row('VL-Rethinker-7B', [74.9, 54.2, 32.3, 41.7, 56.7, 29.7, 37.2]),
  row(
    'VL-Reasoner-7B (no forced rethinking)',
    [72.4, 53.2, 29.8, 40.9, null, 29.5, null],
    ablation,
  ),
  row('Filter only (no SSR)', [72, 50, 28.5, 40, null, 26.9, null], ablation),
  row('GRPO only (no SSR, no filter)', [70.9, 51.4, 26, 38.8, null, 26.2, null], ablation),
  row('no text (13K)', [73.5, 53.5, 29.1, 41.1, null, 28.7, null], ablation),
  row('no science and text (11K)', [71.6, 50.3, 28, 39.7, null, 28, null], ablation),
];
