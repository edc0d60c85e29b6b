import type { Patches, PromptChunk } from '#model/processor';
import { noGrad, TensorScope } from '#tensor';
import {
  type ActiveBatch,
  type Candidate,
  cellBytes,
  type Departed,
  type Entrant,
} from './active-batch.ts';
import { prefillContinuations } from './continuation.ts';
import { encodePictures, patchesOf } from './encode-pictures.ts';
import { noFigures } from './figures.ts';
import { KeptRows } from './kept-rows.ts';
import { PromptPass, prefillPrompts } from './prefill.ts';
import { featureCache, promptCache } from './prompt-cache.ts';
import { pictureKey } from './prompt-parts.ts';
import type { Published } from './published.ts';
import type { Sequence } from './sequence.ts';
import type { Task } from './task.ts';

type ImageChunk = Extract<PromptChunk, { kind: 'image' }>;

/** What admission may use. */
export interface AdmissionLimits {
  /** Rows that decode together at most. */
  readonly maxRows: number;
  /** Prompt tokens that are computed between two token steps. */
  readonly prefillTokens: number;
  /** Bytes of keys and values: active rows, their prompts, and what is kept for later. */
  readonly cacheBytes: number;
  /** Bytes of the embeddings of pictures that are kept for later. */
  readonly featureBytes: number;
}

/** Patches of pictures that are encoded at once, per token of `prefillTokens`. */
const patchesPerToken = 4;

/** A task and how many of its waiting sequences come in now. */
interface Admitted {
  readonly task: Task;
  readonly sequences: readonly Sequence[];
}

/** Who decides which waiting sequences come into the batch, and computes what they need first. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #prompts = promptCache();
  readonly #features = featureCache();
  readonly #kept = new KeptRows();
  /** Keys of prompts that were last asked for once. */
  readonly #once = new Set<string>();
  #long: PromptPass | undefined;
  /** After a failure requests are computed one by one, so that it hits only the one that fails. */
  #single = false;

  readonly #refetch: (task: Task) => void;
  figures = noFigures();

  /** `refetch` is told of tasks whose pictures were dropped before their turn came. */
  constructor(limits: AdmissionLimits, refetch: (task: Task) => void) {
    this.#limits = limits;
    this.#refetch = refetch;
  }

  /** Bytes of keys and values kept outside the batch. */
  get bytes(): number {
    return this.#prompts.bytes + this.#kept.bytes;
  }

  /** Pictures of a task whose pixels are needed: none of those that are known already. */
  missingPictures({ key, root }: Task): readonly ImageChunk[] {
    if (this.#prompts.has(key)) return [];
    const images = root.chunks.filter((chunk) => chunk.kind === 'image');
    return images.filter(({ image, grid }) => !this.#features.has(pictureKey(image.hash, grid)));
  }

  /**
   * Lets waiting sequences in, first come first served, as far as rows, memory and the work of one
   * turn allow. `queue` holds the tasks that may begin. Returns false when nothing could be done.
   */
  turn(queue: readonly Task[], published: Published, batch: ActiveBatch): boolean {
    if (!queue.some(({ key }) => key === this.#long?.key)) this.#endLong();
    const chosen = this.#choose(queue, published, batch);
    if (chosen.length === 0) return false;
    using _scope = new TensorScope('admit');
    try {
      const ready = noGrad(() => this.#prepare(chosen, published));
      if (ready.length > 0) this.#enter(ready, published, batch);
      if (ready.length > 0) this.#single = false;
    } catch (error) {
      this.#endLong();
      if (error instanceof EntryError) throw error.cause;
      const [only] = chosen;
      if (chosen.length === 1) only?.task.fail(error);
      this.#single = true;
    }
    return true;
  }

  /** The first tasks of the queue that fit, and how many of their sequences. */
  #choose(queue: readonly Task[], published: Published, batch: ActiveBatch): readonly Admitted[] {
    const chosen: Admitted[] = [];
    const candidates: Candidate[] = [];
    let tokens = 0;
    for (const task of queue) {
      if (chosen.length > 0 && this.#single) break;
      const sequences: Sequence[] = [];
      for (const sequence of task.waiting) {
        if (batch.count + candidates.length >= this.#limits.maxRows) break;
        candidates.push(candidateOf(task, sequence));
        if (!this.#fits(candidates, batch, published)) {
          candidates.pop();
          break;
        }
        sequences.push(sequence);
      }
      const cost =
        (this.#prompts.has(task.key) ? 0 : task.root.length) +
        sequences.reduce((sum, { drawn }) => sum + task.suffix.length + drawn, 0);
      const tooMuch = chosen.length > 0 && tokens + cost > this.#limits.prefillTokens;
      if (sequences.length === 0 || tooMuch) break;
      chosen.push({ task, sequences });
      tokens += cost;
    }
    return chosen;
  }

  #fits(candidates: readonly Candidate[], batch: ActiveBatch, published: Published): boolean {
    const fresh = new Map(
      candidates
        .filter(({ prompt }) => !this.#prompts.isUsed(prompt.key))
        .map(({ prompt }) => [prompt.key, prompt.length]),
    );
    const cell = cellBytes(published);
    const prompts = [...fresh.values()].reduce((sum, length) => sum + length * cell, 0);
    const needed = batch.foresee(candidates).bytes + this.#prompts.usedBytes + prompts;
    return needed <= this.#limits.cacheBytes;
  }

  /** Computes pictures and prompts; returns those for whom everything is there. */
  #prepare(chosen: readonly Admitted[], published: Published): readonly Admitted[] {
    const missing = new Map(
      chosen.filter(({ task }) => !this.#prompts.has(task.key)).map(({ task }) => [task.key, task]),
    );
    if (missing.size === 0) return chosen;
    if (this.#lost([...missing.values()])) return [];
    if (!this.#encode([...missing.values()], published)) return [];
    const find = (key: string) => this.#features.get(key)?.features;
    const [first] = missing.values();
    if (first !== undefined && first.root.length > this.#limits.prefillTokens) {
      if (this.#long !== undefined && this.#long.key !== first.key) this.#endLong();
      this.#long ??= new PromptPass(published, first, find);
      const entry = this.#long.advance(this.#limits.prefillTokens);
      this.figures.prefillTokens += this.#limits.prefillTokens;
      if (entry === undefined) return [];
      this.#prompts.add(entry);
      this.#endLong();
      return chosen.filter(({ task }) => this.#prompts.has(task.key));
    }
    for (const entry of prefillPrompts(published, [...missing.values()], find)) {
      this.#prompts.add(entry);
      this.figures.prefillTokens += entry.length;
    }
    return chosen;
  }

  /** Sees to tasks whose pictures are neither encoded nor at hand. */
  #lost(tasks: readonly Task[]): boolean {
    const lost = tasks.filter((task) =>
      this.missingPictures(task).some(
        ({ image }) => task.patches?.some(({ hash }) => hash === image.hash) !== true,
      ),
    );
    for (const task of lost) this.#refetch(task);
    return lost.length > 0;
  }

  #endLong(): void {
    this.#long?.[Symbol.dispose]();
    this.#long = undefined;
  }

  /** Encodes missing pictures, a bounded number of patches at once; true when none is missing. */
  #encode(tasks: readonly Task[], published: Published): boolean {
    const missing = new Map<string, Patches>();
    for (const picture of tasks.flatMap(({ patches }) => patches ?? [])) {
      const key = pictureKey(picture.hash, picture.grid);
      if (!this.#features.has(key)) missing.set(key, picture);
    }
    const budget = this.#limits.prefillTokens * patchesPerToken;
    const now: Patches[] = [];
    let patches = 0;
    for (const picture of missing.values()) {
      if (now.length > 0 && patches + patchesOf(picture) > budget) break;
      patches += patchesOf(picture);
      now.push(picture);
    }
    if (now.length === 0) return true;
    const start = performance.now();
    for (const entry of encodePictures(now, published)) this.#features.add(entry);
    this.figures.encodeMs += performance.now() - start;
    this.figures.patches += patches;
    return now.length === missing.size;
  }

  #enter(ready: readonly Admitted[], published: Published, batch: ActiveBatch): void {
    const entrants = noGrad(() => this.#entrants(ready, published));
    const { bytes, columns } = batch.foresee(
      ready.flatMap(({ task, sequences }) => sequences.map((each) => candidateOf(task, each))),
    );
    for (const { task, sequences } of ready) {
      task.begun = true;
      task.patches = []; // the pixels have done their service
      task.waiting.splice(0, sequences.length);
      if (task.request.once === true) this.#once.add(task.key);
      else this.#once.delete(task.key);
      for (const _ of sequences) this.#prompts.retain(task.key);
    }
    this.tidy(bytes);
    this.#features.shrinkTo(this.#limits.featureBytes);
    try {
      batch.enter(entrants, columns);
    } catch (error) {
      throw new EntryError(error);
    }
    for (const { task, sequence, entry } of entrants) {
      if (sequence.stop === undefined) continue;
      this.#prompts.release(entry.key);
      task.close(published.version);
    }
  }

  #entrants(ready: readonly Admitted[], published: Published): readonly Entrant[] {
    const all = ready.flatMap(({ task, sequences }) =>
      sequences.map((sequence) => {
        const entry = this.#prompts.get(task.key);
        if (entry === undefined) throw new Error('internal: a prompt was not computed');
        return { task, sequence, entry, ids: idsBehind(task, sequence) };
      }),
    );
    // Sequences that have drawn nothing share the computation of what is given to all of them.
    const distinct = new Map<string, (typeof all)[number]>();
    const nameOf = ({ task, sequence, ids }: (typeof all)[number]): string =>
      ids.length === 0
        ? ''
        : `${task.key} > ${sequence.drawn === 0 ? task.suffix.join(' ') : ids.join(' ')}`;
    for (const each of all) if (nameOf(each) !== '') distinct.set(nameOf(each), each);
    if (distinct.size === 0) return all.map((each) => ({ ...each, last: each.entry.last }));
    const names = [...distinct.keys()];
    const { keysValues, last } = prefillContinuations(
      published,
      [...distinct.values()].map(({ entry, ids, task }) => {
        const known = this.#kept.find(task.key, ids);
        this.figures.prefillTokens += ids.length - (known?.shape[3] ?? 0);
        return { entry, ids, ...(known && { known }) };
      }),
    );
    const rows = names.map((_, index) => last.narrow(0, index, 1));
    return all.map((each): Entrant => {
      const index = names.indexOf(nameOf(each));
      const suffix = keysValues[index];
      return suffix === undefined
        ? { ...each, last: each.entry.last }
        : { ...each, last: rows[index] ?? each.entry.last, suffix };
    });
  }

  /** Takes note of rows that have left: keeps their keys where wanted, settles the finished ones. */
  departed(rows: readonly Departed[], version: number): void {
    for (const { task, sequence, promptKey, kept } of rows) {
      this.#prompts.release(promptKey);
      if (kept !== undefined) this.#kept.add(kept);
      if (sequence.stop === undefined) task.waiting.push(sequence);
      else task.close(version);
    }
  }

  /** Drops prompts that were asked for once, except those that a task has not yet finished with. */
  dropOnce(tasks: Iterable<Task>): void {
    if (this.#once.size === 0) return;
    const open = [...tasks].filter(({ finished }) => !finished);
    const wanted = new Set(open.map(({ key }) => key));
    for (const key of this.#once) {
      if (wanted.has(key)) continue;
      this.#prompts.drop(key);
      this.#once.delete(key);
    }
  }

  /** What is kept for later makes room for what is in use. */
  tidy(batchBytes: number): void {
    const used = this.#prompts.usedBytes;
    const room = Math.max(0, this.#limits.cacheBytes - batchBytes - used);
    this.#kept.shrinkTo(room);
    this.#prompts.shrinkTo(used + Math.max(0, room - this.#kept.bytes));
  }

  /** The batch is gone: nothing is in use any more, and what was computed may be wrong. */
  clear(): void {
    this.#endLong();
    this.#prompts.clear();
    this.#features.clear();
    this.#kept.clear();
    this.#once.clear();
  }
}

/** A failure while rows entered the batch: it is in no state to go on. */
class EntryError extends Error {
  constructor(cause: unknown) {
    super('internal: rows could not enter', { cause });
  }
}

function idsBehind(task: Task, { tokens }: Sequence): Int32Array {
  return tokens.length === 0 ? task.suffix : Int32Array.from([...task.suffix, ...tokens]);
}

function candidateOf(task: Task, { params, drawn }: Sequence): Candidate {
  return {
    prompt: { key: task.key, length: task.root.length },
    written: task.suffix.length + drawn,
    remaining: params.maxTokens - drawn,
  };
}
