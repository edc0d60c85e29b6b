/**
 * The shape of a benchmark. One file per benchmark, `bench/<name>.ts`, exporting `bench`:
 *
 *     import type { Bench } from './bench.ts';
 *
 *     export const bench: Bench = {
 *       name: 'step',
 *       summary: 'one training step of a 12.3 M-parameter decoder',
 *       async run(context) {
 *         // bench/python/step.py, kept alive; undefined (and said so) where Python or torch is absent
 *         const python = await context.python('step.py', { modules: ['torch'] });
 *         for (const dtype of ['f32', 'bf16']) {
 *           await context.compare({
 *             label: `step ${dtype}`,
 *             ours: () => ({ forward: 0.03, backward: 0.06, optimizer: 0.01 }), // seconds, or nothing:
 *             theirs: python?.timer('step', { dtype }),                         // then wall time counts
 *             bar: 1.05,
 *           });
 *         }
 *         context.value({ label: 'HTTP p99 beside training', value: 0.8, unit: 'ms', most: 10 });
 *       },
 *     };
 *
 * `ours` and `theirs` are called in turn, round by round, so that both meet the same disturbances of
 * the machine. The first `warmup` rounds are thrown away. What is reported is the median, both
 * quartiles and the ratio of medians, ours ÷ theirs.
 *
 * The Python side is a program that imports `serve` from `bench/python/protocol.py`:
 *
 *     from protocol import serve
 *     def step(dtype): ...; return {"forward": t1, "backward": t2, "optimizer": t3}  # seconds
 *     serve({"step": step})
 *
 * Over its pipe it first says `{"ready": true, "versions": {…}}`, then answers each line
 * `{"id": 1, "case": "step", "args": {"dtype": "f32"}}` with `{"id": 1, "value": …}` or
 * `{"id": 1, "error": "…"}`. `python.call` sends any other request that a benchmark wants answered.
 */

/** Seconds, of the whole or by named part. Parts keep the order in which they first appear. */
export type Seconds = number | Readonly<Record<string, number>>;

export interface Comparison {
  readonly label: string;
  /** One round. Returns the seconds it measured itself, or nothing: then its wall time is taken. */
  readonly ours: () => Seconds | void | Promise<Seconds | void>;
  /** One round of the baseline; leave out (or undefined) where there is none. */
  readonly theirs?: (() => Promise<Seconds>) | undefined;
  /** Rounds that count; 9 unless told. */
  readonly rounds?: number;
  /** Rounds before those; 2 unless told. */
  readonly warmup?: number;
  /** How many equal pieces of work one round holds: seconds are divided by it (1 unless told). */
  readonly repeats?: number;
  /** The ratio of medians, ours ÷ theirs, should be at most this. Applies to the whole. */
  readonly bar?: number;
  /** Work in one piece, to print a rate beside the time: `{ amount: 512, unit: 'tok' }` → tok/s. */
  readonly work?: { readonly amount: number; readonly unit: string };
}

/** A single figure that is not a comparison of times. */
export interface Value {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
  /** Bounds that should hold, if any. */
  readonly most?: number;
  readonly least?: number;
}

/** Median and quartiles of `count` observations, in seconds. */
export interface Spread {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** One line of results, as `--json` prints it. */
export type Figure =
  | {
      readonly kind: 'comparison';
      readonly bench: string;
      readonly label: string;
      /** Name of the part; `null` for the whole. */
      readonly part: string | null;
      readonly ours: Spread;
      readonly theirs: Spread | null;
      /** Ratio of medians, ours ÷ theirs. */
      readonly ratio: number | null;
      /** Median of the ratios of neighbouring rounds: steadier when the machine's speed drifts. */
      readonly pairedRatio: number | null;
      readonly bar: number | null;
      readonly holds: boolean | null;
      /** Work per second of ours and theirs. */
      readonly rate: {
        readonly ours: number;
        readonly theirs: number | null;
        readonly unit: string;
      } | null;
    }
  | {
      readonly kind: 'value';
      readonly bench: string;
      readonly label: string;
      readonly value: number;
      readonly unit: string;
      readonly most: number | null;
      readonly least: number | null;
      readonly holds: boolean | null;
    };

/** A Python program that stays alive between rounds. */
export interface PythonBaseline {
  /** What it said of itself: `{ python, torch, … }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Runs one case and returns its value; throws with Python's message when the case raised. */
  call(name: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** `call`, for cases that answer with seconds: what `Comparison.theirs` takes. */
  timer(name: string, args?: Readonly<Record<string, unknown>>): () => Promise<Seconds>;
}

export interface BenchContext {
  /** Interleaves, measures, prints and records; returns the figure of the whole first, then its parts. */
  compare(comparison: Comparison): Promise<readonly Figure[]>;
  /** Prints and records one figure; `holds` is null where neither bound is given. */
  value(value: Value): Figure;
  /** A sentence for the reader, on stderr. */
  note(text: string): void;
  /**
   * Starts `bench/python/<script>` if a Python with these modules exists: `VL_PYTHON`, else `python3`.
   * Otherwise says so once and returns undefined. It is ended when the benchmark returns.
   */
  python(
    script: string,
    needs?: { readonly modules?: readonly string[] },
  ): Promise<PythonBaseline | undefined>;
  /** A new empty folder, removed when the benchmark returns; not for gigabytes that a part needs. */
  folder(): string;
  readonly signal: AbortSignal;
}

export interface Bench {
  /** What is typed after `npm run bench`. */
  readonly name: string;
  readonly summary: string;
  run(context: BenchContext): Promise<void>;
}
