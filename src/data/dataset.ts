import { datasetHash } from './content-key.ts';
import { DatasetError } from './dataset-error.ts';
import type { Finding } from './finding.ts';
import type { Problem } from './problem.ts';
import { chance } from './random.ts';

/** How far an endless walk through a dataset is; plain JSON, and all there is to remember. */
export interface Cursor {
  readonly seed: number | string;
  /** Complete passes behind. */
  readonly epoch: number;
  /** Problems of this pass behind. */
  readonly offset: number;
}

/** Problems in a fixed order, read at once or again at will. */
export class Dataset implements Iterable<Problem> {
  readonly #problems: readonly Problem[];
  readonly #places = new Map<string, number>();
  #hash: string | undefined;
  /** What was found wrong while reading, dropped rows included. */
  readonly findings: readonly Finding[];

  /** @throws DatasetError if two problems share an id. */
  constructor(problems: readonly Problem[], findings: readonly Finding[] = []) {
    this.#problems = problems;
    this.findings = findings;
    for (const [index, { id }] of problems.entries()) {
      if (this.#places.has(id)) {
        throw new DatasetError(
          'rows',
          `expected every problem with an id of its own, found ${id} twice`,
        );
      }
      this.#places.set(id, index);
    }
  }

  get length(): number {
    return this.#problems.length;
  }

  /** SHA-256 over the problems in their order, pictures by their hashes. */
  get hash(): string {
    this.#hash ??= datasetHash(this.#problems);
    return this.#hash;
  }

  /** @throws RangeError beyond the end. */
  at(index: number): Problem {
    const problem = this.#problems[index];
    if (problem !== undefined) return problem;
    throw new RangeError(`expected the index of one of ${this.length} problems, found ${index}`);
  }

  get(id: string): Problem | undefined {
    const index = this.#places.get(id);
    return index === undefined ? undefined : this.#problems[index];
  }

  indexOf(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  [Symbol.iterator](): Iterator<Problem> {
    return this.#problems[Symbol.iterator]();
  }

  /**
   * The problems with these ids, in their order here.
   *
   * @throws DatasetError naming an id that is not here.
   */
  subset(ids: Iterable<string>): Dataset {
    const places = Array.from(ids, (id) => {
      const place = this.#places.get(id);
      if (place !== undefined) return place;
      throw new DatasetError(
        'rows',
        `expected a problem with the id ${id}, found none in this dataset`,
      );
    });
    places.sort((a, b) => a - b);
    return new Dataset(places.map((place) => this.at(place)));
  }

  /** The order of one pass: every index once, decided by the seed and the epoch alone. */
  order(seed: number | string, epoch: number): readonly number[] {
    const indices = Array.from({ length: this.length }, (_, index) => index);
    return chance('order', seed, epoch).shuffled(indices);
  }

  /**
   * The next problems of an endless walk, and where it goes on. A pass that ends in between is followed
   * by the next one, in its own order.
   *
   * @throws DatasetError on an empty dataset; RangeError for a cursor beyond its pass.
   */
  take(cursor: Cursor, count: number): { readonly problems: Problem[]; readonly cursor: Cursor } {
    if (this.length === 0) {
      throw new DatasetError('empty', 'expected problems to take, found an empty dataset');
    }
    let { epoch, offset } = cursor;
    if (offset < 0 || offset > this.length) {
      throw new RangeError(`expected an offset within ${this.length} problems, found ${offset}`);
    }
    const problems: Problem[] = [];
    let order = this.order(cursor.seed, epoch);
    while (problems.length < count) {
      if (offset === this.length) {
        epoch++;
        offset = 0;
        order = this.order(cursor.seed, epoch);
      }
      problems.push(this.at(order[offset++] ?? 0));
    }
    return { problems, cursor: { seed: cursor.seed, epoch, offset } };
  }

  /** The problems of an iteration of a walk in equal batches; equal to taking all those before. */
  batch(seed: number | string, iteration: number, count: number): Problem[] {
    const start = iteration * count;
    const epoch = Math.floor(start / Math.max(1, this.length));
    return this.take({ seed, epoch, offset: start - epoch * this.length }, count).problems;
  }
}
