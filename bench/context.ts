import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext, Comparison, Figure, PythonBaseline, Seconds, Value } from './bench.ts';
import { PythonProcess, findPython } from './python-baseline.ts';
import { part, partsOf, spread, whole } from './statistics.ts';

/** Where figures and sentences go. */
export interface Reporter {
  figure(figure: Figure): void;
  note(text: string): void;
}

type Measured = Extract<Figure, { kind: 'comparison' }>;

const defaults = { rounds: 9, warmup: 2 };

async function timed(work: Comparison['ours']): Promise<Seconds> {
  const start = performance.now();
  const own = await work();
  return typeof own === 'undefined' ? (performance.now() - start) / 1000 : own;
}

function scaled(seconds: Seconds, by: number): Seconds {
  if (typeof seconds === 'number') return seconds / by;
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, value / by]));
}

/** One benchmark's view of the harness. Its Python programs end with it. */
export class Context implements BenchContext, Disposable {
  readonly signal: AbortSignal;
  readonly #bench: string;
  readonly #reporter: Reporter;
  readonly #pythons: PythonProcess[] = [];
  readonly #folders: string[] = [];
  readonly #said = new Set<string>();

  constructor(bench: string, reporter: Reporter, signal: AbortSignal) {
    this.#bench = bench;
    this.#reporter = reporter;
    this.signal = signal;
  }

  note(text: string): void {
    if (!this.#said.has(text)) this.#reporter.note(text);
    this.#said.add(text);
  }

  async python(
    script: string,
    { modules = ['torch'] }: { readonly modules?: readonly string[] } = {},
  ): Promise<PythonBaseline | undefined> {
    const found = await findPython(modules);
    if ('lacking' in found) {
      this.note(
        `no baseline: ${found.lacking}; set VL_PYTHON to one that has it. Own figures only.`,
      );
      return undefined;
    }
    const started = await PythonProcess.start(found.python, script);
    this.#pythons.push(started);
    const versions = Object.entries(started.versions).map(
      ([name, version]) => `${name} ${version}`,
    );
    this.note(`baseline: ${versions.join(', ')}`);
    return started;
  }

  async compare(comparison: Comparison): Promise<readonly Figure[]> {
    const { rounds = defaults.rounds, warmup = defaults.warmup, repeats = 1 } = comparison;
    const ours: Seconds[] = [];
    const theirs: Seconds[] = [];
    for (let round = -warmup; round < rounds; round++) {
      this.signal.throwIfAborted();
      // Who goes first alternates: neither side always follows the other's caches and heat.
      const order = round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const);
      for (const side of order) {
        const work = side === 'ours' ? comparison.ours : comparison.theirs;
        if (work === undefined) continue;
        const seconds = scaled(await timed(work), repeats);
        if (round >= 0) (side === 'ours' ? ours : theirs).push(seconds);
      }
    }
    const figures = [
      this.#figure(comparison, null, ours.map(whole), theirs.map(whole)),
      ...partsOf(ours).map((name) =>
        this.#figure(comparison, name, part(ours, name), part(theirs, name)),
      ),
    ];
    for (const figure of figures) this.#reporter.figure(figure);
    return figures;
  }

  #figure(
    { label, bar, work }: Comparison,
    name: string | null,
    ...[ours, theirs]: [readonly number[], readonly number[]]
  ): Measured {
    const mine = spread(ours);
    const other = theirs.length === 0 ? null : spread(theirs);
    const pairs = ours.flatMap((value, round) => {
      const beside = theirs[round];
      return beside === undefined ? [] : [value / beside];
    });
    const ratio = other === null ? null : mine.median / other.median;
    const applies = name === null && bar !== undefined;
    return {
      kind: 'comparison',
      bench: this.#bench,
      label,
      part: name,
      ours: mine,
      theirs: other,
      ratio,
      pairedRatio: pairs.length === 0 ? null : spread(pairs).median,
      bar: applies ? bar : null,
      holds: applies && ratio !== null ? ratio <= bar : null,
      rate:
        work === undefined || name !== null
          ? null
          : {
              ours: work.amount / mine.median,
              theirs: other === null ? null : work.amount / other.median,
              unit: `${work.unit}/s`,
            },
    };
  }

  value({ label, value, unit, most, least }: Value): Figure {
    const bounded = most !== undefined || least !== undefined;
    const inside = value <= (most ?? Infinity) && value >= (least ?? -Infinity);
    const figure: Figure = {
      kind: 'value',
      bench: this.#bench,
      label,
      value,
      unit,
      most: most ?? null,
      least: least ?? null,
      holds: bounded ? inside : null,
    };
    this.#reporter.figure(figure);
    return figure;
  }

  folder(): string {
    const made = mkdtempSync(join(tmpdir(), `bench-${this.#bench}-`));
    this.#folders.push(made);
    return made;
  }

  [Symbol.dispose](): void {
    for (const python of this.#pythons) python[Symbol.dispose]();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}
