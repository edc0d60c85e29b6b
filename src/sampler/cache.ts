import { bytesOf, noGrad, type Tensor, TensorScope } from '#tensor';
import { owned, type PromptEntry, room } from './prompt-cache.ts';

/** The sizes that a cache is made of. */
export interface CacheShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

type Like = Pick<Tensor, 'dtype' | 'device'>;

/**
 * Keys and values of the prompts that active rows continue. Slots 0 … count − 1 are in use; a prompt's
 * keys are stored once for all of its rows and read once for all of them.
 */
export class PromptSlots {
  readonly #shape: CacheShape;
  readonly #like: Like;
  readonly #lengths: number[] = [];
  /** [L][2, S, K, P, d] */
  readonly #layers: Tensor[] = [];
  #capacity = 0;
  #width = 0;

  constructor(shape: CacheShape, like: Like) {
    this.#shape = shape;
    this.#like = like;
  }

  get count(): number {
    return this.#lengths.length;
  }

  /** Places per slot, padding included. */
  get width(): number {
    return this.#width;
  }

  /** Tokens of each prompt in use. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  get bytes(): number {
    return this.#layers.reduce((sum, layer) => sum + layer.byteLength, 0);
  }

  /** [S, K, P, d] keys and values of one layer, the slots in use. */
  layer(index: number): { readonly keys: Tensor; readonly values: Tensor } {
    const [keys, values] = this.#layer(index).narrow(1, 0, this.count).unbind(0);
    if (keys === undefined || values === undefined) throw new Error('internal: no such layer');
    return { keys, values };
  }

  #layer(index: number): Tensor {
    const layer = this.#layers[index];
    if (layer === undefined) throw new Error('internal: no such layer');
    return layer;
  }

  /** Makes room for further prompts at once, so that adding them moves nothing. */
  expect(entries: readonly { readonly length: number }[]): void {
    const width = Math.max(0, ...entries.map(({ length }) => length));
    if (entries.length > 0) this.#grow(this.count + entries.length, width);
  }

  /** Copies a prompt into the next slot; returns its number. */
  add(entry: PromptEntry): number {
    const slot = this.count;
    this.#grow(slot + 1, entry.length);
    using _scope = new TensorScope('add prompt');
    noGrad(() => {
      for (let index = 0; index < this.#shape.layers; index++) {
        const target = this.#layer(index).select(1, slot).narrow(2, 0, entry.length);
        target.copy_(entry.keysValues.select(0, index));
      }
    });
    this.#lengths.push(entry.length);
    return slot;
  }

  /** Frees a slot by moving the last one into it; returns the number that moved, or undefined. */
  remove(slot: number): number | undefined {
    const last = this.count - 1;
    const length = this.#lengths.pop() ?? 0;
    if (slot === last) return undefined;
    using _scope = new TensorScope('move prompt');
    noGrad(() => {
      for (let index = 0; index < this.#shape.layers; index++) {
        const layer = this.#layer(index);
        layer
          .select(1, slot)
          .narrow(2, 0, length)
          .copy_(layer.select(1, last).narrow(2, 0, length));
      }
    });
    this.#lengths[slot] = length;
    return last;
  }

  /** Bytes that it takes to hold further prompts of these lengths beside the present ones. */
  bytesWith(lengths: readonly number[]): number {
    const { layers, kvHeads, headDim } = this.#shape;
    const slots = this.count + lengths.length;
    const places = slots * widthOf([...this.#lengths, ...lengths]);
    const needed = 2 * layers * kvHeads * headDim * places * bytesOf(this.#like.dtype);
    return Math.max(needed, this.bytes);
  }

  #grow(slots: number, width: number): void {
    if (slots <= this.#capacity && width <= this.#width) return;
    const widest = widthOf([...this.#lengths, width]);
    const used = Math.min(widest, this.#width);
    const { layers, kvHeads, headDim } = this.#shape;
    for (let index = 0; index < layers; index++) {
      using _scope = new TensorScope('grow prompts');
      const fresh = owned(() => room([2, slots, kvHeads, widest, headDim], this.#like).zero_());
      const old = this.#layers[index];
      if (old !== undefined && this.count > 0) {
        const part = fresh.narrow(1, 0, this.count).narrow(3, 0, used);
        noGrad(() => part.copy_(old.narrow(1, 0, this.count).narrow(3, 0, used)));
      }
      this.#layers[index] = fresh;
      old?.dispose();
    }
    this.#capacity = slots;
    this.#width = widest;
  }

  clear(): void {
    this.#lengths.length = 0;
    for (const layer of this.#layers) layer.dispose();
    this.#layers.length = 0;
    this.#capacity = 0;
    this.#width = 0;
  }
}

/** Places per slot for prompts of these lengths. */
function widthOf(lengths: readonly number[]): number {
  return Math.ceil(Math.max(0, ...lengths) / 16) * 16;
}

/**
 * Keys and values of what active rows have written themselves. All rows write the same column at the
 * same step, so a step needs one copy per layer; a row that entered later does not see the columns
 * before its entry.
 */
export class RowCache {
  readonly #shape: CacheShape;
  readonly #like: Like;
  readonly #entries: number[] = [];
  /** [L][2, B, K, C, d] */
  readonly #layers: Tensor[] = [];
  #rows = 0;
  #columns = 0;
  #now = 0;
  #generation = 0;
  /** Columns that are foreseen to be needed: growth stops there. */
  #foreseen = Infinity;

  constructor(shape: CacheShape, like: Like) {
    this.#shape = shape;
    this.#like = like;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Changes whenever columns have moved or the tensors have been replaced. */
  get generation(): number {
    return this.#generation;
  }

  /** The column that this step writes. */
  get now(): number {
    return this.#now;
  }

  /** The first column that any active row sees. */
  get first(): number {
    return this.count === 0 ? this.#now : Math.min(...this.#entries);
  }

  /** First column of each row. */
  get entries(): readonly number[] {
    return this.#entries;
  }

  get bytes(): number {
    return this.#layers.reduce((sum, layer) => sum + layer.byteLength, 0);
  }

  /** Bytes that it takes to hold so many further rows, all of them with so many columns. */
  bytesWith(rows: number, columns: number): number {
    const { layers, kvHeads, headDim } = this.#shape;
    const cell = 2 * layers * kvHeads * headDim * bytesOf(this.#like.dtype);
    return Math.max((this.count + rows) * columns * cell, this.bytes);
  }

  /** Rows and columns of the allocated tensors. */
  get capacity(): { readonly rows: number; readonly columns: number } {
    return { rows: this.#rows, columns: this.#columns };
  }

  layer(index: number): Tensor {
    const layer = this.#layers[index];
    if (layer === undefined) throw new Error('internal: no such layer');
    return layer;
  }

  /** Makes room for further rows at once; `columns` is the most that all rows together will need. */
  expect(rows: number, columns: number): void {
    this.#foreseen = columns;
    this.#reserve(this.count + rows, Math.max(1, Math.min(columns, this.#columns)));
  }

  /** A new row that sees the last `written` columns as its own; returns its number. */
  add(written = 0): number {
    if (this.count === 0) this.#now = written;
    else if (this.#now < written) {
      this.#reserve(this.count, written + 1);
      this.#shift(written - this.#now);
    }
    this.#entries.push(this.#now - written);
    this.#reserve(this.count, this.#now + 1);
    return this.count - 1;
  }

  /** Frees a row by moving the last one into it; returns the number that moved, or undefined. */
  remove(row: number): number | undefined {
    const last = this.count - 1;
    const entry = this.#entries.pop() ?? 0;
    if (row === last) return undefined;
    using _scope = new TensorScope('move row');
    noGrad(() => {
      const length = this.#now - entry;
      for (const layer of length > 0 ? this.#layers : []) {
        const source = layer.select(1, last).narrow(2, entry, length);
        layer.select(1, row).narrow(2, entry, length).copy_(source);
      }
    });
    this.#entries[row] = entry;
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
    if (length > 0) {
      using _scope = new TensorScope('shift columns');
      noGrad(() => {
        for (const layer of this.#layers) {
          const kept = layer.narrow(3, first, length).clone();
          layer.narrow(3, first + by, length).copy_(kept);
        }
      });
    }
    for (const [row, entry] of this.#entries.entries()) this.#entries[row] = entry + by;
    this.#now += by;
  }

  /** Room for rows and columns; where it takes new tensors, the columns in use move to their start. */
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
    for (let index = 0; index < layers; index++) {
      using _scope = new TensorScope('grow rows');
      const fresh = owned(() =>
        room([2, this.#rows, kvHeads, this.#columns, headDim], this.#like).zero_(),
      );
      const old = this.#layers[index];
      if (old !== undefined && used.columns > 0) {
        const part = (whole: Tensor, from: number): Tensor =>
          whole.narrow(1, 0, used.rows).narrow(3, from, used.columns);
        noGrad(() => part(fresh, 0).copy_(part(old, first)));
      }
      this.#layers[index] = fresh;
      old?.dispose();
    }
    for (const [row, entry] of this.#entries.entries()) this.#entries[row] = entry - first;
    this.#now -= first;
  }

  clear(): void {
    this.#entries.length = 0;
    for (const layer of this.#layers) layer.dispose();
    this.#layers.length = 0;
    this.#rows = 0;
    this.#columns = 0;
    this.#now = 0;
    this.#generation++;
    this.#foreseen = Infinity;
  }
}
