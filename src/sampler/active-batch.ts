import { bytesOf, concat, fromInts, noGrad, type Tensor, TensorScope } from '#tensor';
import { Bans } from './bans.ts';
import { decodeStep } from './decode.ts';
import { draw } from './draw.ts';
import type { KeptRow } from './kept-rows.ts';
import { owned, type PromptEntry } from './prompt-cache.ts';
import { PromptSlots } from './prompt-slots.ts';
import type { Published } from './published.ts';
import { RotaryTable } from './rotary-table.ts';
import { type RowAttention, rowAttention } from './row-attention.ts';
import { RowCache } from './row-cache.ts';
import type { Sequence } from './sequence.ts';
import type { Task } from './task.ts';

/** A sequence that takes part in every step, and where its keys are. */
interface Row {
  readonly task: Task;
  readonly sequence: Sequence;
  readonly key: string;
  /** Given and drawn tokens behind the prompt whose keys are written, and the position of the next. */
  written: number;
  position: number;
  slot: number;
}

/** A sequence about to enter, with the hidden state [1, D] that predicts its next token. */
export interface Entrant {
  readonly task: Task;
  readonly sequence: Sequence;
  readonly entry: PromptEntry;
  readonly last: Tensor;
  /** [L, 2, K, s, d] of tokens behind the prompt; undefined without any. */
  readonly suffix?: Tensor;
}

/** A sequence that might enter. */
export interface Candidate {
  /** Tokens of the prompt, and whether its keys are in use already. */
  readonly prompt: { readonly key: string; readonly length: number };
  /** Tokens behind the prompt that exist, and that may be drawn yet. */
  readonly written: number;
  readonly remaining: number;
}

/** A row that has left the batch; `kept` are its keys where somebody will want them again. */
export interface Departed {
  readonly task: Task;
  readonly sequence: Sequence;
  readonly promptKey: string;
  readonly kept?: Omit<KeptRow, 'key'>;
}

/** The rows that decode together under one version of the weights. */
export class ActiveBatch {
  readonly #published: Published;
  readonly #prompts: PromptSlots;
  readonly #cache: RowCache;
  readonly #rotary: RotaryTable;
  readonly #bans: Bans;
  readonly #rows: Row[] = [];
  /** Rows that read each slot. */
  readonly #readers: { readonly key: string; count: number }[] = [];
  #attention: RowAttention | undefined;

  constructor(published: Published) {
    const { text } = published.config;
    const shape = { layers: text.layers, kvHeads: text.kvHeads, headDim: text.headDim };
    this.#published = published;
    this.#prompts = new PromptSlots(shape, published);
    this.#cache = new RowCache(shape, published);
    this.#rotary = new RotaryTable(text, published);
    this.#bans = new Bans(text.vocabSize, published.device);
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Bytes of keys and values. */
  get bytes(): number {
    return this.#prompts.bytes + this.#cache.bytes;
  }

  /** Bytes that the present rows may need until they end. */
  get reserved(): number {
    return this.count === 0 ? this.bytes : this.foresee([]).bytes;
  }

  /** Bytes of keys and values, at most, if these sequences entered; and columns of the row cache. */
  foresee(candidates: readonly Candidate[]): { readonly bytes: number; readonly columns: number } {
    const { now, entries } = this.#cache;
    const start = this.count === 0 ? 0 : now;
    const firsts = [...entries, ...candidates.map(({ written }) => start - written)];
    const ends = [
      ...this.#rows.map(({ sequence }) => now + sequence.params.maxTokens - sequence.drawn),
      ...candidates.map(({ remaining }) => start + remaining),
    ];
    const span = Math.max(...ends, 0) - Math.min(...firsts, start);
    const columns = Math.ceil((span * 1.25 + 16) / 16) * 16;
    const fresh = new Map(candidates.map(({ prompt }) => [prompt.key, prompt.length]));
    for (const { key } of this.#readers) fresh.delete(key);
    const bytes =
      this.#cache.bytesWith(candidates.length, columns) +
      this.#prompts.bytesWith([...fresh.values()]);
    return { bytes, columns };
  }

  /** Draws the next token of each entrant; those that go on become rows. */
  enter(entrants: readonly Entrant[], columns: number): void {
    if (entrants.length === 0) return;
    using _scope = new TensorScope('enter');
    noGrad(() => this.#draw(stackLast(entrants), entrants));
    const staying = entrants.filter(({ sequence }) => sequence.stop === undefined);
    const known = new Set(this.#readers.map(({ key }) => key));
    const fresh = new Map(staying.map(({ entry }) => [entry.key, entry]));
    for (const key of known) fresh.delete(key);
    this.#prompts.expect([...fresh.values()]);
    this.#cache.expect(staying.map(writtenBy), columns);
    const last = staying.map(
      ({ entry, suffix, sequence }) =>
        entry.next + writtenBy({ suffix }) + sequence.params.maxTokens + 1,
    );
    this.#rotary.reserve(Math.max(0, ...last));
    for (const entrant of staying) this.#add(entrant);
    this.#changed();
  }

  #add({ task, sequence, entry, suffix }: Entrant): void {
    using _scope = new TensorScope('add row');
    const written = writtenBy({ suffix });
    const row = this.#cache.add(written);
    if (suffix !== undefined) noGrad(() => this.#cache.written(row, written).copy_(suffix));
    const position = entry.next + written;
    const slot = this.#slotOf(entry);
    this.#rows.push({ task, sequence, key: entry.key, written, slot, position });
  }

  #slotOf(entry: PromptEntry): number {
    const known = this.#readers.findIndex(({ key }) => key === entry.key);
    if (known !== -1) {
      const reader = this.#readers[known];
      if (reader !== undefined) reader.count++;
      return known;
    }
    this.#readers.push({ key: entry.key, count: 1 });
    return this.#prompts.add(entry);
  }

  #changed(): void {
    this.#attention?.dispose();
    this.#attention = undefined;
  }

  /** One token for every row. */
  step(): void {
    if (this.#rows.length === 0) return;
    using _scope = new TensorScope('token step');
    noGrad(() => {
      const generation = this.#cache.generation;
      const ids = Int32Array.from(this.#rows, ({ sequence }) => sequence.tokens.at(-1) ?? 0);
      const positions = this.#rows.map(({ position }) => position);
      const { weights } = this.#published;
      const { text: config } = this.#published.config;
      const hidden = decodeStep({ config, weights, attention: this.#attend() }, ids, positions);
      this.#cache.advance();
      if (this.#cache.generation !== generation) this.#changed();
      for (const row of this.#rows) {
        row.position++;
        row.written++;
      }
      this.#draw(hidden, this.#rows);
    });
  }

  #attend(): RowAttention {
    const { config, dtype, device } = this.#published;
    this.#attention ??= rowAttention({
      config: config.text,
      dtype,
      device,
      slots: this.#rows.map(({ slot }) => slot),
      prompts: this.#prompts,
      cache: this.#cache,
      rotary: this.#rotary,
    });
    return this.#attention;
  }

  /** Logits, draws, and the news to those who asked. hidden [B, D] */
  #draw(
    hidden: Tensor,
    rows: readonly { readonly task: Task; readonly sequence: Sequence }[],
  ): void {
    const product = hidden.mm(this.#published.weights.head);
    const logits = product.dtype === 'f32' ? product : product.to('f32');
    const drawn = draw(
      logits,
      rows.map(({ sequence }) => sequence),
      {
        bans: this.#bans,
        plain: rows.some(({ task }) => task.request.plainLogprobs === true),
        alternatives: Math.max(0, ...rows.map(({ task }) => task.request.alternatives ?? 0)),
      },
    );
    for (const [index, { task, sequence }] of rows.entries()) {
      if (sequence.stop !== undefined) continue; // cancelled by a listener of this very step
      if (Number.isNaN(drawn.logprobs[index])) {
        task.fail(new Error('expected finite logits, found NaN; check the weights'));
      } else task.tell(sequence.push(drawn, index));
    }
  }

  /** Takes out the rows that have stopped, and those that nobody reads. */
  leave(): readonly Departed[] {
    const departed: Departed[] = [];
    for (let index = this.#rows.length - 1; index >= 0; index--) {
      const row = this.#rows[index];
      if (row === undefined) continue;
      const { task, sequence } = row;
      if (sequence.stop === undefined && !task.stalled) continue;
      const wanted =
        sequence.stop === undefined ||
        (task.request.keep === true && sequence.stop !== 'cancelled');
      const kept = wanted ? this.#keysOf(index, row) : undefined;
      departed.push({ task, sequence, promptKey: row.key, ...(kept && { kept }) });
      this.#remove(index, row);
    }
    if (departed.length > 0) this.#changed();
    if (this.count === 0) this.#release();
    else if (departed.length > 0) this.#cache.expect([], this.foresee([]).columns);
    return departed;
  }

  #keysOf(index: number, { task, sequence, key, written }: Row): Departed['kept'] {
    const ids = Int32Array.from([...task.suffix, ...sequence.tokens]).subarray(0, written);
    using _scope = new TensorScope('keep a row');
    const own = this.#cache.written(index, written);
    return { promptKey: key, ids, keysValues: owned(() => own.clone().contiguous()) };
  }

  #remove(index: number, row: Row): void {
    const last = this.#rows.pop();
    if (this.#cache.remove(index) !== undefined && last !== undefined) this.#rows[index] = last;
    const reader = this.#readers[row.slot];
    if (reader === undefined || --reader.count > 0) return;
    const from = this.#prompts.remove(row.slot);
    const lastReader = this.#readers.pop();
    if (from === undefined || lastReader === undefined) return;
    this.#readers[row.slot] = lastReader;
    for (const other of this.#rows) if (other.slot === from) other.slot = row.slot;
  }

  /** An empty batch holds no memory. */
  #release(): void {
    this.#changed();
    this.#prompts.clear();
    this.#cache.clear();
  }

  /** Frees everything; rows that are left are forgotten. */
  dispose(): void {
    this.#rows.length = 0;
    this.#readers.length = 0;
    this.#release();
    this.#rotary.dispose();
    this.#bans.dispose();
  }
}

/** Tokens behind the prompt whose keys exist. */
function writtenBy({ suffix }: { readonly suffix?: Tensor | undefined }): number {
  return suffix?.shape[3] ?? 0;
}

/** Bytes of the keys and values of one token. */
export function cellBytes({ config, dtype }: Pick<Published, 'config' | 'dtype'>): number {
  const { layers, kvHeads, headDim } = config.text;
  return 2 * layers * kvHeads * headDim * bytesOf(dtype);
}

function stackLast(entrants: readonly Entrant[]): Tensor {
  const distinct = [...new Set(entrants.map(({ last }) => last))];
  const [first] = distinct;
  if (first === undefined) throw new Error('internal: nothing to draw from');
  if (distinct.length === 1) return first.expand([entrants.length, first.shape[1] ?? 0]);
  const places = new Map(distinct.map((last, index) => [last, index]));
  const rows = entrants.map(({ last }) => places.get(last) ?? 0);
  return concat(distinct).indexSelect(0, fromInts(rows).to(first.device));
}
