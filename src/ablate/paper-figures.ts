/** A curve or a set of values read from the paper. */
export interface PaperSeries {
  readonly name: string;
  readonly values: readonly number[];
}

/** A figure of the paper as data: values, where they come from, what its shape says. */
export interface PaperFigure {
  readonly figure: string;
  readonly source: string;
  readonly version: string;
  /** What one step on the x axis is. */
  readonly unit: string;
  readonly model: string;
  readonly shape: string;
  readonly series: readonly PaperSeries[];
}

const source = 'VL-Rethinker, arXiv:2504.08837';
const unit = '× 16 gradient steps';

/** Groups by outcome: all-correct ones grow, effective ones shrink. Read from vector graphics. */
export const figure2: PaperFigure = {
  figure: 'Fig. 2',
  source,
  version: 'v1',
  unit,
  model: '72B',
  shape: 'effective falls, all right rises, all wrong stays near one third',
  series: [
    {
      name: 'effective',
      values: [
        0.407, 0.35, 0.35, 0.331, 0.353, 0.318, 0.32, 0.314, 0.315, 0.302, 0.257, 0.255, 0.232,
        0.231, 0.23, 0.198,
      ],
    },
    {
      name: 'all right',
      values: [
        0.191, 0.29, 0.304, 0.342, 0.335, 0.362, 0.354, 0.361, 0.345, 0.368, 0.415, 0.401, 0.453,
        0.456, 0.453, 0.467,
      ],
    },
    {
      name: 'all wrong',
      values: [
        0.402, 0.361, 0.346, 0.327, 0.313, 0.32, 0.326, 0.326, 0.339, 0.33, 0.329, 0.344, 0.315,
        0.313, 0.317, 0.334,
      ],
    },
  ],
};

/** Validation reward of the three ways to make a batch. Read from vector graphics. */
export const figure5: PaperFigure = {
  figure: 'Fig. 5',
  source,
  version: 'v1',
  unit,
  model: '7B',
  shape: 'GRPO peaks early and decays, Filter rises slowly, SSR rises highest',
  series: [
    {
      name: 'grpo',
      values: [
        0.386, 0.393, 0.408, 0.404, 0.411, 0.416, 0.426, 0.417, 0.422, 0.417, 0.423, 0.429, 0.421,
        0.424, 0.419, 0.419, 0.412, 0.42, 0.419, 0.41, 0.417, 0.417, 0.41, 0.415, 0.415, 0.414,
        0.41, 0.409, 0.409, 0.398,
      ],
    },
    {
      name: 'filter',
      values: [
        0.39, 0.395, 0.4, 0.41, 0.415, 0.418, 0.417, 0.421, 0.422, 0.426, 0.426, 0.427, 0.427,
        0.429, 0.43, 0.43, 0.432, 0.428, 0.436, 0.433, 0.431, 0.433, 0.432, 0.435,
      ],
    },
    {
      name: 'ssr',
      values: [
        0.385, 0.406, 0.416, 0.42, 0.417, 0.419, 0.426, 0.426, 0.428, 0.433, 0.432, 0.435, 0.436,
        0.442, 0.44, 0.444, 0.445, 0.443, 0.445, 0.445, 0.45, 0.447, 0.452, 0.454, 0.452, 0.454,
        0.456, 0.453, 0.451, 0.453, 0.453, 0.452, 0.451, 0.449,
      ],
    },
  ],
};

/** Histograms of trained advantages; the paper's are known by their shape alone. */
export const figure6 = {
  figure: 'Fig. 6',
  source,
  version: 'v1',
  shape: {
    grpo: 'a spike above 0.3 at 0',
    filter: 'centred, without the spike',
    ssr: 'spread and even',
  },
} as const;

/** Fig. 7 in numbers: four ways of answering on four benchmarks, and how often the model thinks again. */
export interface ThinkingAgain extends PaperFigure {
  /** What the places of `values` are. */
  readonly benchmarks: readonly string[];
  /** Responses of the rethinker that think again by themselves, percent, read to about half a point. */
  readonly rethinkingRatios: readonly number[];
}

/** Accuracy, percent; the paper states gains relative to VL-Reasoner, which follow from these values. */
export const figure7: ThinkingAgain = {
  figure: 'Fig. 7',
  source,
  version: 'v1',
  unit: 'benchmark',
  model: '7B',
  shape: 'forced at test time < trained to rethink < bound, on all four; selective by benchmark',
  benchmarks: ['MathVision', 'MathVista', 'MathVerse', 'MMMU-Pro'],
  series: [
    { name: 'reasoner', values: [29.75, 72.35, 53.13, 40.94] },
    { name: 'forced at test time', values: [30.49, 72.9, 53.56, 41.15] },
    { name: 'rethinker', values: [32.27, 74.9, 54.19, 41.69] },
    { name: 'bound (oracle)', values: [33.68, 76, 55.14, 42.51] },
  ],
  rethinkingRatios: [36, 24, 78, 18.5],
};
