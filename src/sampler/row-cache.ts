import { bytesOf, noGrad, type Tensor, TensorScope } from '#tensor';
import { owned, room } from './prompt-cache.ts';
import type { CacheShape } from './prompt-slots.ts';

/** What rows have written in one layer, from the first column in sight of any to the present one. */
export interface Written {
  /** [B, K, d, columns], or with rows by prompt [G, N, K, d, columns]. */
  readonly keys: Tensor;
  /** The same as […, columns, d]. */
  readonly values: Tensor;
}

/**
 * Keys and values of what active rows have written themselves. All rows write the same column at the
 * same step; a row that entered later does not see the columns before its entry.
 */
export class RowCache {
  readonly #shape: CacheShape;
  readonly #like: Pick<Tensor, 'dtype' | 'device'>;
  /** First column of each row. */
  readonly #entries: number[] = [];
  /** [L, 2, B, K, C, d] */
  #all: Tensor | undefined;
  #rows = 0;
  #columns = 0;
  #now = 0;
  #generation = 0;
  /** Columns that are foreseen to be needed: growth stops there. */
  #foreseen = Infinity;

  constructor(shape: CacheShape, like: Pick<Tensor, 'dtype' | 'device'>) {
    this.#shape = shape;
    this.#like = like;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Changes whenever columns have moved or the tensor has been replaced. */
  get generation(): number {
    return this.#generation;
  }

  /** The column that this step writes. */
  get now(): number {
    return this.#now;
  }

  /** The first column that any active row sees. */
  get first(): number {
    return this.count === 0 ? this.#now : Math.min(...this.entries);
  }

  /** First column of each row. */
  get entries(): readonly number[] {
    return this.#entries;
  }

  get bytes(): number {
    return this.#all?.byteLength ?? 0;
  }

  /** Bytes that it takes to hold so many further rows, all of them with so many columns. */
  bytesWith(rows: number, columns: number): number {
    const { layers, kvHeads, headDim } = this.#shape;
    const cell = 2 * layers * kvHeads * headDim * bytesOf(this.#like.dtype);
    return Math.max((this.count + rows) * columns * cell, this.bytes);
  }

  /** Columns there is room for. */
  get columns(): number {
    return this.#columns;
  }

  /** [2, rows, K, C, d] layer by layer: keys and values, all there is room for. */
  layers(): readonly Tensor[] {
    return this.#tensor().unbind(0);
  }

  /** [2, B, K, d] layer by layer: where this step's keys and values go. */
  present(): readonly Tensor[] {
    const { kvHeads: K, headDim: d, layers: L } = this.#shape;
    const [layer, half, row, head] = this.#strides();
    return this.#tensor()
      .asStrided([L, 2, this.count, K, d], [layer, half, row, head, 1], this.#now * d)
      .unbind(0);
  }

  /** What the rows read, layer by layer; `over`: how many rows, or prompts and rows of each. */
  inSight(over: readonly number[]): readonly Written[] {
    const { kvHeads: K, headDim: d, layers: L } = this.#shape;
    const [layer, half, row, head] = this.#strides();
    const { first } = this;
    const columns = this.#now - first + 1;
    const rows = over.length === 1 ? [row] : [(over[1] ?? 1) * row, row];
    const all = this.#tensor();
    const view = (shape: readonly number[], strides: readonly number[], from: number) =>
      all.asStrided([L, ...over, K, ...shape], [layer, ...rows, head, ...strides], from).unbind(0);
    const keys = view([d, columns], [1, d], first * d);
    const values = view([columns, d], [d, 1], first * d + half);
    return keys.map((key, index) => {
      const value = values[index];
      if (value === undefined) throw new Error('internal: no such layer');
      return { keys: key, values: value };
    });
  }

  /** Elements between two layers, keys and values, rows, heads. */
  #strides(): readonly [number, number, number, number] {
    const { kvHeads, headDim } = this.#shape;
    const head = this.#columns * headDim;
    const row = kvHeads * head;
    return [2 * this.#rows * row, this.#rows * row, row, head];
  }

  #tensor(): Tensor {
    if (this.#all === undefined) throw new Error('internal: no rows');
    return this.#all;
  }

  /** [L, 2, K, length, d]: what a row has written last. */
  written(row: number, length: number): Tensor {
    return this.#tensor()
      .select(2, row)
      .narrow(3, this.#now - length, length);
  }

  /**
   * Makes room at once for further rows, each of which has written so many tokens already; `columns` is
   * the most that all rows together will need.
   */
  expect(written: readonly number[], columns: number): void {
    this.#foreseen = columns;
    const most = Math.max(0, ...written);
    const rows = this.count + written.length;
    if (this.count === 0) {
      // Nothing is in use: room is made before the first column counts as written.
      this.#now = 0;
      this.#reserve(rows, most + 1);
      this.#now = most;
      return;
    }
    // Growing moves what is in use to the start, so its first column is asked for on top.
    const behind = this.#now < most ? this.first + most : this.#now;
    this.#reserve(rows, Math.max(behind + 1, Math.min(columns, this.#columns)));
    if (this.#now < most) this.#shift(most - this.#now);
  }

  /** A new row that sees the last `written` columns as its own, for which there is room; returns its number. */
  add(written = 0): number {
    if (this.count >= this.#rows || this.#now < written) throw new Error('internal: no room');
    this.#entries.push(this.#now - written);
    return this.count - 1;
  }

  /** Frees a row by moving the last one into it; returns the number that moved, or undefined. */
  remove(row: number): number | undefined {
    const last = this.count - 1;
    const entry = this.#entries.pop() ?? 0;
    if (row === last) return undefined;
    this.#entries[row] = entry;
    const length = this.#now - entry;
    if (length === 0) return last;
    using _scope = new TensorScope('move rows');
    const part = (index: number): Tensor =>
      this.#tensor().select(2, index).narrow(3, entry, length);
    noGrad(() => part(row).copy_(part(last)));
    return last;
  }

  /** Ends a step: the next one writes the next column. */
  advance(): void {
    this.#now++;
    if (this.#now < this.#columns) return;
    const { first } = this;
    const full = this.#columns >= this.#foreseen && first > 0;
    if (full || first >= this.#columns / 2) this.#shift(-first);
    else this.#reserve(this.count, this.#now + 1);
  }

  /** Moves all columns in use by `by`; there must be room. */
  #shift(by: number): void {
    const { first } = this;
    const length = this.#now - first;
    this.#generation++;
    // Layer by layer: what is in the way is copied aside first.
    for (let index = 0; index < this.#shape.layers; index++) {
      using _scope = new TensorScope('shift columns');
      const layer = this.#tensor().select(0, index);
      const kept = layer.narrow(3, first, length).clone();
      noGrad(() => layer.narrow(3, first + by, length).copy_(kept));
    }
    this.#rename(by);
    this.#now += by;
  }

  /** All columns are called otherwise by `by`. */
  #rename(by: number): void {
    for (const [row, entry] of this.#entries.entries()) this.#entries[row] = entry + by;
  }

  /** Room for rows and columns; where it takes a new tensor, the columns in use move to its start. */
  #reserve(rows: number, columns: number): void {
    if (rows <= this.#rows && columns <= this.#columns) return;
    const { layers, kvHeads, headDim } = this.#shape;
    const { first } = this;
    const used = { rows: Math.min(this.#rows, this.count), columns: this.#now - first };
    this.#generation++;
    const needed = Math.max(columns, this.#now + 1) - first;
    const roomy = Math.min(
      Math.max(64, needed > this.#columns ? this.#columns * 2 : this.#columns),
      this.#foreseen,
    );
    this.#rows = Math.max(rows, this.count);
    this.#columns = Math.max(needed, roomy);
    using _scope = new TensorScope('grow rows');
    const shape = [layers, 2, this.#rows, kvHeads, this.#columns, headDim];
    const fresh = owned(() => room(shape, this.#like).zero_());
    const old = this.#all;
    if (old !== undefined && used.columns > 0) {
      const part = (whole: Tensor, from: number): Tensor =>
        whole.narrow(2, 0, used.rows).narrow(4, from, used.columns);
      noGrad(() => part(fresh, 0).copy_(part(old, first)));
    }
    this.#all = fresh;
    old?.dispose();
    this.#rename(-first);
    this.#now -= first;
  }

  clear(): void {
    this.#entries.length = 0;
    this.#all?.dispose();
    this.#all = undefined;
    this.#rows = 0;
    this.#columns = 0;
    this.#now = 0;
    this.#generation++;
    this.#foreseen = Infinity;
  }
}
