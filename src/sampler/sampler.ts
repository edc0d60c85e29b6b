import type { QwenVL } from '#model';
import type { Patches, PromptChunk } from '#model/processor';
import { concat, type DType, fromArray, noGrad, outside, type Tensor, TensorScope } from '#tensor';
import { ActiveBatch, type Entrant } from './active-batch.ts';
import { checkRequest, SamplerError } from './check-request.ts';
import { prefillPrompts, prefillSuffixes } from './prefill.ts';
import { PromptCache } from './prompt-cache.ts';
import { promptParts } from './prompt-parts.ts';
import { type Published, publishModel } from './published.ts';
import type { Completion, SampleRequest } from './request.ts';
import { Task, type TokenEvent } from './task.ts';

type ImageChunk = Extract<PromptChunk, { kind: 'image' }>;

/** What a sampler may use, and where it gets pixels and text from. */
export interface SamplerOptions {
  /** Type to compute in; bf16 pays on wide models. */
  readonly dtype: DType;
  /** Pixels of a picture, cut for the vision tower. */
  readonly patches: (image: ImageChunk['image']) => Promise<Patches>;
  /** Text of tokens; needed for stop strings only. */
  readonly decode?: (ids: Int32Array) => string;
  /** Rows that decode together at most. */
  readonly maxRows: number;
  /** Prompt tokens that are computed between two token steps at most (a single longer prompt passes). */
  readonly prefillTokens: number;
  /** Keys and values of prompts kept for later, in bytes. */
  readonly cacheBytes: number;
}

/** A request under way. */
export interface Sampling {
  readonly done: Promise<readonly Completion[]>;
  /** Ends it: what was drawn so far is returned, with stop `cancelled`. */
  cancel(): void;
}

/**
 * Draws completions from published weights. Requests batch by themselves: rows enter and leave at
 * every token step; a prompt is computed once for all its completions, its keys are stored once and
 * read once per step; a picture is encoded once per version of the weights.
 */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #prompts: PromptCache;
  /** Embeddings of pictures under the present weights, by hash. */
  readonly #features = new Map<string, Tensor>();
  readonly #queue: Task[] = [];
  readonly #running = new Set<Task>();
  #published: Published | undefined;
  #batch: ActiveBatch | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#prompts = new PromptCache(options.cacheBytes);
  }

  /** The version that completions come from; 0 before the first publication. */
  get version(): number {
    return this.#published?.version ?? 0;
  }

  /** Bytes of keys and values, of active rows and of prompts kept. */
  get cacheBytes(): number {
    return (this.#batch?.bytes ?? 0) + this.#prompts.bytes;
  }

  /** Rows that decode at present. */
  get activeRows(): number {
    return this.#batch?.count ?? 0;
  }

  /**
   * Makes a model's weights the ones that completions come from. Requests under way finish under the
   * old weights first; caches of the old weights are dropped.
   */
  async publish(model: QwenVL, version: number = this.version + 1): Promise<number> {
    while (this.#loop !== undefined) await this.#loop;
    this.#drop();
    this.#published = publishModel(model, version, this.#options.dtype);
    this.#batch = new ActiveBatch(this.#published);
    return version;
  }

  /** Asks for completions. Throws `SamplerError` for a request that cannot be met. */
  submit(request: SampleRequest, onToken?: (event: TokenEvent) => void): Sampling {
    const published = this.#published;
    if (published === undefined) throw new SamplerError('publish a model before sampling from it');
    checkRequest(request, published.config, this.#options);
    const task = new Task(request, promptParts(request.prompt), onToken);
    this.#queue.push(task);
    void this.#fetchPatches(task);
    return { done: task.done, cancel: () => this.#cancel(task) };
  }

  /** The completions of one request. */
  sample(request: SampleRequest): Promise<readonly Completion[]> {
    return this.submit(request).done;
  }

  async #fetchPatches(task: Task): Promise<void> {
    const images = task.root.chunks.flatMap((chunk) =>
      chunk.kind === 'image' ? [chunk.image] : [],
    );
    const missing = images.filter(({ hash }) => !this.#features.has(hash));
    try {
      task.patches = await Promise.all(missing.map((image) => this.#options.patches(image)));
    } catch (error) {
      this.#forget(task);
      task.fail(error);
    }
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
      if (this.#queue.some(({ patches }) => patches !== undefined)) this.#wake();
    });
  }

  #wake(): void {
    const [task] = this.#queue;
    if (task !== undefined) void this.#fetchPatches(task);
  }

  #forget(task: Task): void {
    const index = this.#queue.indexOf(task);
    if (index !== -1) this.#queue.splice(index, 1);
    this.#running.delete(task);
  }

  #cancel(task: Task): void {
    task.cancelled = true;
    for (const sequence of task.sequences) sequence.stop ??= 'cancelled';
  }

  /** Token steps until nothing is left to do; between two of them other work gets its turn. */
  async #run(): Promise<void> {
    for (;;) {
      try {
        this.#admit();
        this.#batch?.step();
        this.#settle();
      } catch (error) {
        this.#failAll(error);
      }
      const ready = this.#queue.some(({ patches }) => patches !== undefined);
      if (!ready && this.activeRows === 0) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets waiting sequences into the batch, computing their prompts first. */
  #admit(): void {
    const batch = this.#batch;
    const published = this.#published;
    if (batch === undefined || published === undefined) return;
    let free = this.#options.maxRows - batch.count;
    const admitted: { task: Task; count: number }[] = [];
    let tokens = 0;
    for (const task of this.#queue) {
      if (task.patches === undefined) continue;
      if (task.cancelled) task.waiting.length = 0;
      const count = Math.min(free, task.waiting.length);
      const cost =
        this.#prompts.get(task.key) === undefined ? task.root.length : task.suffix.length;
      const full = admitted.length > 0 && tokens + cost > this.#options.prefillTokens;
      if (!task.cancelled && (count === 0 || full)) break;
      admitted.push({ task, count });
      free -= count;
      tokens += cost;
    }
    if (admitted.length === 0) return;
    this.#enter(admitted, published, batch);
  }

  #enter(
    admitted: readonly { readonly task: Task; readonly count: number }[],
    published: Published,
    batch: ActiveBatch,
  ): void {
    using _scope = new TensorScope('admit');
    const live = admitted.filter(({ task }) => !task.cancelled);
    noGrad(() =>
      this.#computePrompts(
        live.map(({ task }) => task),
        published,
      ),
    );
    const entrants = noGrad(() => live.flatMap((each) => this.#entrants(each, published)));
    batch.enter(entrants);
    for (const { task } of admitted) {
      if (task.waiting.length === 0) {
        const index = this.#queue.indexOf(task);
        if (index !== -1) this.#queue.splice(index, 1);
      }
      if (task.cancelled) this.#closeAll(task);
      else this.#running.add(task);
    }
    for (const { task, sequence, entry } of entrants) {
      if (sequence.stop === undefined) this.#prompts.retain(entry.key);
      else this.#close(task);
    }
  }

  #computePrompts(tasks: readonly Task[], published: Published): void {
    const missing = new Map(
      tasks
        .filter(({ key }) => this.#prompts.get(key) === undefined)
        .map((task) => [task.key, { key: task.key, prompt: task.root }]),
    );
    if (missing.size === 0) return;
    const fresh = new Map(
      tasks
        .flatMap(({ patches }) => patches ?? [])
        .filter(({ hash }) => !this.#features.has(hash))
        .map((picture) => [picture.hash, picture]),
    );
    this.#encode([...fresh.values()], published);
    for (const entry of prefillPrompts(published, [...missing.values()], this.#features)) {
      this.#prompts.add(entry);
    }
  }

  #encode(pictures: readonly Patches[], published: Published): void {
    if (pictures.length === 0) return;
    const rows = pictures.map(({ grid }) => grid.t * grid.h * grid.w);
    const pixels = concat(
      pictures.map(({ pixels: values }, index) =>
        fromArray(values, [rows[index] ?? 1, values.length / (rows[index] ?? 1)]),
      ),
    ).to(published.device);
    const grids = pictures.map(({ grid }) => grid);
    const unit = published.config.vision.mergeSize ** 2;
    const parts = published.vision
      .forward(pixels, grids)
      .splitWithSizes(rows.map((count) => count / unit));
    for (const [index, part] of parts.entries()) {
      const copy = outside(() => part.to(published.dtype).clone());
      this.#features.set(pictures[index]?.hash ?? '', copy);
    }
  }

  #entrants(
    { task, count }: { readonly task: Task; readonly count: number },
    published: Published,
  ): readonly Entrant[] {
    const entry = this.#prompts.get(task.key);
    if (entry === undefined) throw new Error('internal: a prompt was not computed');
    const sequences = task.waiting.splice(0, count);
    if (task.suffix.length === 0) {
      return sequences.map((sequence) => ({ task, sequence, entry, last: entry.last }));
    }
    const { keysValues, last } = prefillSuffixes(published, [
      { prompt: task.root, entry, ids: task.suffix },
    ]);
    const [suffix] = keysValues;
    if (suffix === undefined) throw new Error('internal: no suffix');
    return sequences.map((sequence) => ({ task, sequence, entry, last, suffix }));
  }

  /** Takes stopped rows out and settles their tasks. */
  #settle(): void {
    for (const { task, key } of this.#batch?.leave() ?? []) {
      this.#prompts.release(key);
      this.#close(task);
    }
  }

  #close(task: Task): void {
    task.close(this.version);
    if (task.finished) this.#running.delete(task);
  }

  /** Settles the sequences of a cancelled task that never entered. */
  #closeAll(task: Task): void {
    while (!task.finished) this.#close(task);
  }

  /** A failure of the engine itself: every request under way hears of it, the next ones start afresh. */
  #failAll(error: unknown): void {
    for (const task of [...this.#running, ...this.#queue]) task.fail(error);
    this.#running.clear();
    this.#queue.length = 0;
    this.#batch?.dispose();
    this.#prompts.clear();
    if (this.#published !== undefined) this.#batch = new ActiveBatch(this.#published);
  }

  #drop(): void {
    this.#batch?.dispose();
    this.#batch = undefined;
    this.#prompts.clear();
    for (const feature of this.#features.values()) feature.dispose();
    this.#features.clear();
    this.#published?.dispose();
    this.#published = undefined;
  }

  /** Cancels everything and frees all memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const task of [...this.#running, ...this.#queue]) this.#cancel(task);
    while (this.#loop !== undefined) await this.#loop;
    this.#drop();
  }
}
