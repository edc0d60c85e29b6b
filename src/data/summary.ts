import { createHash } from 'node:crypto';

import { virlCategories } from './adapters/virl39k.ts';
import { problemHash } from './content-key.ts';
import type { FindingCode } from './finding.ts';
import type { ReadRow } from './read-problems.ts';

/** Bounds of the bars of a pass-rate histogram: none, some, half, most, all. */
const RATE_BARS = ['0', '(0, 0.3)', '[0.3, 0.7)', '[0.7, 1)', '1'] as const;
/** Upper bounds of the bars of a histogram of prompt tokens. */
const TOKEN_BARS = [128, 256, 512, 1024, 2048, 4096, 6144] as const;

/** What a dataset holds, in numbers. */
export interface DatasetSummary {
  readonly rows: number;
  readonly kept: number;
  readonly dropped: number;
  /** Kept rows with a finding that mended them. */
  readonly repaired: number;
  readonly findings: Readonly<Partial<Record<FindingCode, number>>>;
  readonly categories: Readonly<Record<string, number>>;
  /** Share found minus share published, in percent, for the categories of ViRL39K. */
  readonly categoryDeviation?: Readonly<Record<string, number>>;
  readonly sources: Readonly<Record<string, number>>;
  /** Problems by number of pictures. */
  readonly images: Readonly<Record<string, number>>;
  readonly passRates: Readonly<Record<string, PassRates>>;
  readonly promptTokens?: PromptTokens;
  /** SHA-256 over the kept problems in their order. */
  readonly hash: string;
}

interface PassRates {
  readonly measured: number;
  readonly missing: number;
  readonly histogram: Readonly<Record<string, number>>;
}

interface PromptTokens {
  readonly least: number;
  readonly median: number;
  readonly p95: number;
  readonly most: number;
  readonly histogram: Readonly<Record<string, number>>;
}

/** Counts what passes by, row for row. */
export class Summary {
  #rows = 0;
  #kept = 0;
  #repaired = 0;
  readonly #findings = new Map<string, number>();
  readonly #categories = new Map<string, number>();
  readonly #sources = new Map<string, number>();
  readonly #images = new Map<string, number>();
  readonly #rates = new Map<string, number[]>();
  readonly #tokens: number[] = [];
  readonly #hash = createHash('sha256');

  add({ problem, findings, promptTokens }: ReadRow): void {
    this.#rows++;
    for (const { code } of findings) count(this.#findings, code);
    if (problem === undefined) return;
    this.#kept++;
    if (findings.some(({ action }) => action === 'repair')) this.#repaired++;
    count(this.#categories, problem.category);
    count(this.#sources, problem.source ?? '');
    count(this.#images, String(problem.images.length));
    for (const [name, rate] of Object.entries(problem.passRates ?? {})) {
      const rates = this.#rates.get(name) ?? [];
      rates.push(rate);
      this.#rates.set(name, rates);
    }
    if (promptTokens !== undefined) this.#tokens.push(promptTokens);
    this.#hash.update(problemHash(problem)).update('\n');
  }

  result(): DatasetSummary {
    const categories = byCount(this.#categories);
    const isVirl = Object.keys(virlCategories).some(
      (name) => name in categories && name !== 'Commonsense',
    );
    return {
      rows: this.#rows,
      kept: this.#kept,
      dropped: this.#rows - this.#kept,
      repaired: this.#repaired,
      findings: byCount(this.#findings),
      categories,
      ...(isVirl ? { categoryDeviation: deviation(categories, this.#kept) } : {}),
      sources: byCount(this.#sources),
      images: Object.fromEntries([...this.#images].sort(([a], [b]) => Number(a) - Number(b))),
      passRates: Object.fromEntries(
        [...this.#rates].map(([name, rates]) => [name, passRates(rates, this.#kept)]),
      ),
      ...(this.#tokens.length > 0 ? { promptTokens: promptTokensOf(this.#tokens) } : {}),
      hash: this.#hash.copy().digest('hex'),
    };
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

const byCount = (counts: Map<string, number>): Record<string, number> =>
  Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));

function deviation(categories: Record<string, number>, kept: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(virlCategories).map(([name, share]) => {
      const found = (100 * (categories[name] ?? 0)) / Math.max(1, kept);
      return [name, Number((found - share).toFixed(2))];
    }),
  );
}

function passRates(rates: readonly number[], kept: number): PassRates {
  const bar = (rate: number): string => {
    if (rate === 0 || rate === 1) return String(rate);
    return rate < 0.3 ? RATE_BARS[1] : rate < 0.7 ? RATE_BARS[2] : RATE_BARS[3];
  };
  const histogram = Object.fromEntries(RATE_BARS.map((name) => [name, 0]));
  for (const rate of rates) histogram[bar(rate)] = (histogram[bar(rate)] ?? 0) + 1;
  // Keys that look like numbers would come first, so every bar carries its sign.
  const shown = Object.fromEntries(
    RATE_BARS.map((name) => [name.length === 1 ? `= ${name}` : name, histogram[name] ?? 0]),
  );
  return { measured: rates.length, missing: kept - rates.length, histogram: shown };
}

function promptTokensOf(tokens: readonly number[]): PromptTokens {
  const sorted = [...tokens].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const bars = [...TOKEN_BARS, Infinity];
  const histogram = bars.map((bound, index): [string, number] => {
    const low = bars[index - 1] ?? 0;
    const inside = sorted.filter((length) => length > low && length <= bound).length;
    return [bound === Infinity ? `> ${low}` : `≤ ${bound}`, inside];
  });
  return {
    least: sorted[0] ?? 0,
    median: at(0.5),
    p95: at(0.95),
    most: sorted.at(-1) ?? 0,
    histogram: Object.fromEntries(histogram),
  };
}
