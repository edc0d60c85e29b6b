/** Rows start … end − 1, all of which see the columns from `first` on. */
export interface Band {
  readonly start: number;
  readonly end: number;
  readonly first: number;
}

/** Columns by which a row may be younger than its band. */
const reach = 32;
/** Bands at most. */
const most = 4;

/**
 * Rows that entered together lie together, the oldest first, so that young rows need not read the
 * columns that only old ones have written.
 */
export class Bands {
  /** First column of each row. */
  readonly #entries: number[] = [];
  /** Rows of each band. */
  readonly #sizes: number[] = [];

  /** First column of each row. */
  get entries(): readonly number[] {
    return this.#entries;
  }

  /** Adds a row behind the last one: to the last band, or to a new one where it is much younger or older. */
  add(entry: number): void {
    const last = this.#all().at(-1);
    this.#entries.push(entry);
    if (last !== undefined && Math.abs(entry - last.first) < reach) {
      this.#sizes.push((this.#sizes.pop() ?? 0) + 1);
      return;
    }
    this.#sizes.push(1);
    if (this.#sizes.length <= most) return;
    const bands = this.#all();
    const waste = bands.slice(1).map((band, index) => wasteOf(bands[index] ?? band, band));
    const cheapest = waste.indexOf(Math.min(...waste));
    const [joined = 0] = this.#sizes.splice(cheapest, 1);
    this.#sizes[cheapest] = (this.#sizes[cheapest] ?? 0) + joined;
  }

  /**
   * Takes a row out. The last row of its band takes its place, the last one of the next band that
   * one's, and so on. Returns who moves where, in order.
   */
  remove(row: number): readonly { readonly from: number; readonly to: number }[] {
    const bands = this.#all();
    const own = bands.findIndex(({ end }) => row < end);
    const moves: { from: number; to: number }[] = [];
    let hole = row;
    for (const { end } of own === -1 ? [] : bands.slice(own)) {
      const from = end - 1;
      if (from !== hole) {
        moves.push({ from, to: hole });
        this.#entries[hole] = this.#entries[from] ?? 0;
      }
      hole = from;
    }
    this.#entries.pop();
    this.#sizes[own] = (this.#sizes[own] ?? 1) - 1;
    if (this.#sizes[own] === 0) this.#sizes.splice(own, 1);
    return moves;
  }

  /** All columns are called otherwise by `by`. */
  shift(by: number): void {
    for (const [row, entry] of this.#entries.entries()) this.#entries[row] = entry + by;
  }

  /** Bands, oldest rows first; those whose separation spares fewer than `least` cells are told as one. */
  worth(least: number): readonly Band[] {
    const joined: Band[] = [];
    for (const band of this.#all()) {
      const before = joined.at(-1);
      if (before === undefined || wasteOf(before, band) >= least) joined.push(band);
      else {
        const first = Math.min(before.first, band.first);
        joined[joined.length - 1] = { start: before.start, end: band.end, first };
      }
    }
    return joined;
  }

  #all(): readonly Band[] {
    let start = 0;
    return this.#sizes.map((size) => {
      const end = start + size;
      const band = { start, end, first: Math.min(...this.#entries.slice(start, end)) };
      start = end;
      return band;
    });
  }

  clear(): void {
    this.#entries.length = 0;
    this.#sizes.length = 0;
  }
}

/** Cells, one row in one column, that are read for nothing when two bands are one. */
function wasteOf(a: Band, b: Band): number {
  const first = Math.min(a.first, b.first);
  return (a.end - a.start) * (a.first - first) + (b.end - b.start) * (b.first - first);
}
