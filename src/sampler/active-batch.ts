import { concat, fromInts, noGrad, outside, type Tensor, TensorScope } from '#tensor';
import { type Arrangement, arrange } from './arrangement.ts';
import { Bans } from './bans.ts';
import { PromptSlots, RowCache } from './cache.ts';
import { decodeStep } from './decode.ts';
import { draw } from './draw.ts';
import type { PromptEntry } from './prompt-cache.ts';
import type { Published } from './published.ts';
import { RotaryTable } from './rotary-table.ts';
import type { Sequence } from './sequence.ts';
import type { Task } from './task.ts';

/** A sequence that takes part in every step, and where its keys are. */
interface Row {
  readonly task: Task;
  readonly sequence: Sequence;
  readonly key: string;
  slot: number;
  /** Position of the token that this step reads. */
  position: number;
}

/** A sequence about to enter, with the hidden state [1, D] that predicts its first token. */
export interface Entrant {
  readonly task: Task;
  readonly sequence: Sequence;
  readonly entry: PromptEntry;
  readonly last: Tensor;
  /** [L, 2, K, s, d] of given tokens after the prompt; undefined without any. */
  readonly suffix?: Tensor;
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
  readonly #readers: { key: string; count: number }[] = [];
  #arrangement: Arrangement | undefined;
  #promptLayers: readonly { readonly keys: Tensor; readonly values: Tensor }[] = [];

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

  /** Draws the first token of each entrant; those that go on become rows. */
  enter(entrants: readonly Entrant[]): void {
    if (entrants.length === 0) return;
    using _scope = new TensorScope('enter');
    noGrad(() => {
      const hidden = this.#stackLast(entrants);
      this.#draw(
        hidden,
        entrants.map(({ task, sequence }) => ({ task, sequence })),
      );
    });
    for (const entrant of entrants) {
      if (entrant.sequence.stop === undefined) this.#add(entrant);
    }
  }

  #stackLast(entrants: readonly Entrant[]): Tensor {
    const distinct = [...new Set(entrants.map(({ last }) => last))];
    const rows = entrants.map(({ last }) => distinct.indexOf(last));
    return gatherRows(distinct, rows);
  }

  #add({ task, sequence, entry, suffix }: Entrant): void {
    const written = suffix?.shape[3] ?? 0;
    const row = this.#cache.add(written);
    if (suffix !== undefined) {
      const { now } = this.#cache;
      for (let index = 0; index < this.#published.config.text.layers; index++) {
        const target = this.#cache
          .layer(index)
          .select(1, row)
          .narrow(2, now - written, written);
        noGrad(() => target.copy_(suffix.select(0, index)));
      }
    }
    const position = entry.next + written;
    this.#rotary.reserve(position + sequence.params.maxTokens + 1);
    this.#rows.push({ task, sequence, key: entry.key, slot: this.#slotOf(entry), position });
    this.#changed();
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
    this.#arrangement?.dispose();
    this.#arrangement = undefined;
    for (const { keys, values } of this.#promptLayers) {
      keys.dispose();
      values.dispose();
    }
    this.#promptLayers = [];
  }

  /** One token for every row. */
  step(): void {
    if (this.#rows.length === 0) return;
    using _scope = new TensorScope('token step');
    noGrad(() => {
      const generation = this.#cache.generation;
      const arrangement = this.#arranged();
      const ids = Int32Array.from(this.#rows, ({ sequence }) => sequence.tokens.at(-1) ?? 0);
      const positions = Int32Array.from(this.#rows, ({ position }) => position);
      const hidden = decodeStep(
        {
          config: this.#published.config.text,
          weights: this.#published.weights,
          rotary: this.#rotary,
          prompts: this.#prompts,
          cache: this.#cache,
          arrangement,
          promptLayers: this.#promptLayers,
        },
        ids,
        positions,
      );
      this.#cache.advance();
      if (this.#cache.generation !== generation) this.#changed();
      for (const row of this.#rows) row.position++;
      this.#draw(hidden, this.#rows);
    });
  }

  #arranged(): Arrangement {
    if (this.#arrangement === undefined) {
      const slots = this.#rows.map(({ slot }) => slot);
      this.#arrangement = arrange(slots, this.#prompts, this.#cache, this.#published);
      const { layers } = this.#published.config.text;
      this.#promptLayers = Array.from({ length: layers }, (_, index) => this.#promptLayer(index));
    }
    return this.#arrangement;
  }

  /** Views of one layer that outlive the step. */
  #promptLayer(index: number): { readonly keys: Tensor; readonly values: Tensor } {
    return outside(() => this.#prompts.layer(index));
  }

  /** Logits, draws, and the news to those who asked. hidden [B, D] */
  #draw(
    hidden: Tensor,
    rows: readonly { readonly task: Task; readonly sequence: Sequence }[],
  ): void {
    const logits = hidden.mm(this.#published.weights.head).to('f32');
    const plain = rows.some(({ task }) => task.request.plainLogprobs === true);
    const { ids, logprobs, plainLogprobs } = draw(
      logits,
      rows.map(({ sequence }) => sequence),
      { bans: this.#bans, plain },
    );
    for (const [index, { task, sequence }] of rows.entries()) {
      const wanted = task.request.plainLogprobs === true;
      const id = Number(ids[index]);
      const logprob = logprobs[index] ?? Number.NaN;
      sequence.push(id, logprob, wanted ? plainLogprobs?.[index] : undefined);
      task.tell(sequence, id, logprob);
    }
  }

  /** Takes out the rows that have stopped; returns their tasks and keys. */
  leave(): readonly { readonly task: Task; readonly key: string }[] {
    const left: { task: Task; key: string }[] = [];
    for (let index = this.#rows.length - 1; index >= 0; index--) {
      const row = this.#rows[index];
      if (row === undefined || row.sequence.stop === undefined) continue;
      this.#remove(index, row);
      left.push({ task: row.task, key: row.key });
    }
    if (left.length > 0) this.#changed();
    return left;
  }

  #remove(index: number, row: Row): void {
    const moved = this.#cache.remove(index);
    const last = this.#rows.pop();
    if (moved !== undefined && last !== undefined) this.#rows[index] = last;
    const reader = this.#readers[row.slot];
    if (reader === undefined || --reader.count > 0) return;
    const from = this.#prompts.remove(row.slot);
    const lastReader = this.#readers.pop();
    if (from === undefined || lastReader === undefined) return;
    this.#readers[row.slot] = lastReader;
    for (const other of this.#rows) if (other.slot === from) other.slot = row.slot;
  }

  /** Frees everything; rows that are left are forgotten. */
  dispose(): void {
    this.#changed();
    this.#rows.length = 0;
    this.#readers.length = 0;
    this.#prompts.clear();
    this.#cache.clear();
    this.#rotary.dispose();
    this.#bans.dispose();
  }
}

function gatherRows(distinct: readonly Tensor[], rows: readonly number[]): Tensor {
  const [first] = distinct;
  if (first === undefined) throw new Error('internal: nothing to draw from');
  if (distinct.length === 1) return first.expand([rows.length, first.shape[1] ?? 0]);
  return concat(distinct).indexSelect(0, fromInts(rows).to(first.device));
}
