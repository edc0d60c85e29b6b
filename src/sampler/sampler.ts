import type { QwenVL } from '#model';
import type { Patches, PromptChunk } from '#model/processor';
import type { DType } from '#tensor';
import { ActiveBatch, cellBytes } from './active-batch.ts';
import { Admission } from './admission.ts';
import { checkRequest } from './check-request.ts';
import { noFigures, type SamplerFigures } from './figures.ts';
import { type Published, publishModel } from './published.ts';
import type { Completion, SampleRequest } from './request.ts';
import { SamplerError } from './sampler-error.ts';
import type { TokenEvent } from './sequence.ts';
import { Task } from './task.ts';
import { type Decode } from './text-tail.ts';
import { type Sampling, TokenStream } from './token-stream.ts';

type ImageChunk = Extract<PromptChunk, { kind: 'image' }>;

/** What a sampler may use, and where it gets pixels and text from. */
export interface SamplerOptions {
  /** Type to compute in; bf16 pays on wide models. */
  readonly dtype: DType;
  /** Pixels of a picture, cut for the vision tower. */
  readonly patches: (image: ImageChunk['image']) => Promise<Patches>;
  /** Text of tokens; needed for text and stop strings only. */
  readonly decode?: Decode;
  /** Rows that decode together at most. */
  readonly maxRows: number;
  /** Prompt tokens that are computed between two token steps; longer prompts take several turns. */
  readonly prefillTokens: number;
  /** Bytes of keys and values: of active rows, of their prompts, and what is kept for later. */
  readonly cacheBytes: number;
  /** Bytes of embeddings of pictures that are kept for later. Default: a quarter of `cacheBytes`. */
  readonly featureBytes?: number;
  /** Bytes that the pixels of one request's pictures may take. Default: 1 GiB. */
  readonly pictureBytes?: number;
  /** Requests that may wait; one more is refused. Default: no limit. */
  readonly maxQueue?: number;
  /**
   * No request overtakes another, not even one whose pictures are still being read: the same requests
   * then meet in the same batches, and a run gives the same bytes again. Default: true. A server,
   * where a slow picture must not hold others up, says false.
   */
  readonly inOrder?: boolean;
}

/** How one request is followed. */
export interface Following {
  /** Called with every token; must not block. What it throws fails this request alone. */
  readonly onToken?: (event: TokenEvent) => void;
  /** Cancels the request. */
  readonly signal?: AbortSignal;
}

interface Publication {
  readonly model: QwenVL;
  readonly version: number | undefined;
  readonly take: boolean;
  readonly resolve: (version: number) => void;
  readonly reject: (error: unknown) => void;
}

const pictureBytes = 2 ** 30;
/** Share of the rows that must be free in a crowd before others enter: prompts are cheaper together. */
const together = 1 / 32;
const unreadTokens = 256;

/**
 * Draws completions from published weights. Requests batch by themselves: rows enter and leave at
 * every token step; a prompt is computed once for all its completions, its keys are stored once and
 * read once per step; a picture is encoded once per version of the weights.
 */
export class Sampler implements AsyncDisposable {
  readonly #options: SamplerOptions;
  readonly #admission: Admission;
  /** Every request that has not ended. */
  readonly #tasks = new Set<Task>();
  /** Those of which sequences wait, first come first served. */
  #queue: readonly Task[] = [];
  readonly #publications: Publication[] = [];
  #published: Published | undefined;
  #batch: ActiveBatch | undefined;
  #loop: Promise<void> | undefined;
  #closed = false;
  /** Set whenever something has happened that the loop should look at. */
  #news = false;

  constructor(options: SamplerOptions) {
    this.#options = options;
    const { maxRows, prefillTokens, cacheBytes, featureBytes = cacheBytes / 4 } = options;
    for (const [name, value] of Object.entries({ maxRows, prefillTokens, cacheBytes })) {
      if (!(value >= 1)) throw new SamplerError(`expected ${name} of 1 or more, found ${value}`);
    }
    const limits = { maxRows, prefillTokens, cacheBytes, featureBytes };
    this.#admission = new Admission(limits, (task) => {
      task.patches = undefined;
      void this.#fetchPatches(task);
    });
  }

  /** The version that completions come from; 0 before the first publication. */
  get version(): number {
    return this.#published?.version ?? 0;
  }

  /** Tokens of prompt and response together, at most; 0 before the first publication. */
  get context(): number {
    return this.#published?.config.text.maxPositions ?? 0;
  }

  /** Bytes of keys and values, of active rows and of what is kept for later. */
  get cacheBytes(): number {
    return (this.#batch?.bytes ?? 0) + this.#admission.bytes;
  }

  /** Rows that decode at present. */
  get activeRows(): number {
    return this.#batch?.count ?? 0;
  }

  /** What has been done since `clearFigures`. */
  get figures(): SamplerFigures {
    return { ...this.#admission.figures };
  }

  clearFigures(): void {
    this.#admission.figures = noFigures();
  }

  /** Requests that have not begun. */
  get waiting(): number {
    return this.#queue.filter(({ begun, finished }) => !begun && !finished).length;
  }

  /**
   * Makes a model's weights the ones that completions come from; returns their version. Requests that
   * have begun finish under the old weights first (those that nobody reads are cancelled), the others
   * wait; caches of the old weights are dropped. With `take` the model is given away and must not be
   * used again: its weights are not held twice.
   */
  publish(
    model: QwenVL,
    version?: number,
    { take = false }: { readonly take?: boolean } = {},
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#publications.push({ model, version, take, resolve, reject });
      for (const task of this.#tasks) if (task.begun && task.stalled) this.#cancel(task);
      this.#wake();
    });
  }

  /** Asks for completions. Throws `SamplerError` for a request that cannot be met. */
  submit(request: SampleRequest, { onToken, signal }: Following = {}): Sampling {
    const task = this.#add(request, onToken);
    const cancel = (): void => this.#cancel(task);
    if (signal?.aborted === true) cancel();
    else if (signal !== undefined) {
      const forget = (): void => signal.removeEventListener('abort', cancel);
      signal.addEventListener('abort', cancel, { once: true });
      task.done.then(forget, forget);
    }
    return { done: task.done, cancel };
  }

  /** The completions of one request. */
  sample(request: SampleRequest, following?: Following): Promise<readonly Completion[]> {
    return this.submit(request, following).done;
  }

  /**
   * The tokens of one request as they are drawn: `for await (const event of sampler.stream(request))`.
   * When `unread` tokens (default 256) wait for a reader, the request's rows leave the batch until
   * they are read.
   */
  stream(
    request: SampleRequest,
    {
      unread = unreadTokens,
      signal,
    }: { readonly unread?: number; readonly signal?: AbortSignal } = {},
  ): TokenStream {
    const stream = new TokenStream(unread, (onToken) => {
      const task = this.#add(request, onToken);
      return {
        done: task.done,
        cancel: () => this.#cancel(task),
        stall: (stalled) => this.#stall(task, stalled),
      };
    });
    signal?.addEventListener('abort', () => stream.cancel(), { once: true });
    if (signal?.aborted === true) stream.cancel();
    return stream;
  }

  #add(request: SampleRequest, onToken?: (event: TokenEvent) => void): Task {
    if (this.#closed) throw new SamplerError('expected an open sampler, found it closed', 'closed');
    const published = this.#published;
    if (published === undefined) {
      throw new SamplerError(
        'expected published weights, found none; publish a model',
        'unpublished',
      );
    }
    const { decode, cacheBytes, maxQueue = Infinity } = this.#options;
    checkRequest(request, {
      config: published.config,
      decodes: decode !== undefined,
      cellBytes: cellBytes(published),
      cacheBytes,
      pictureBytes: this.#options.pictureBytes ?? pictureBytes,
    });
    if (this.waiting >= maxQueue) {
      throw new SamplerError(
        `expected room in the queue of ${maxQueue} requests, found it full; try again later`,
        'full',
      );
    }
    const task = new Task(request, decode, onToken);
    const forget = (): void => void this.#tasks.delete(task);
    task.done.then(forget, forget);
    this.#tasks.add(task);
    this.#queue = [...this.#queue, task];
    void this.#fetchPatches(task);
    return task;
  }

  async #fetchPatches(task: Task): Promise<void> {
    const missing = this.#admission.missingPictures(task);
    if (missing.length === 0) task.patches = [];
    else {
      try {
        task.patches = await Promise.all(missing.map(({ image }) => this.#options.patches(image)));
      } catch (error) {
        task.fail(error);
      }
    }
    this.#wake();
  }

  #cancel(task: Task): void {
    task.cancel(this.version);
    this.#wake();
  }

  #stall(task: Task, stalled: boolean): void {
    task.stalled = stalled;
    if (!stalled) this.#wake();
  }

  #wake(): void {
    this.#news = true;
    this.#loop ??= this.#run().finally(() => {
      this.#loop = undefined;
      if (this.#news) this.#wake();
    });
  }

  /** Token steps until nothing is left to do; between two of them other work gets its turn. */
  async #run(): Promise<void> {
    // What is submitted in one go is admitted in one go.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      this.#news = false;
      const busy = this.#turn();
      if (!busy && !this.#news) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** One turn: admission, one token for every row, departures. False when there is nothing to do. */
  #turn(): boolean {
    const settled = this.#settlePublications();
    const published = this.#published;
    const batch = this.#batch;
    if (published === undefined || batch === undefined) return settled;
    try {
      this.#queue = this.#queue.filter(({ waiting }) => waiting.length > 0);
      const { tasks, held } = this.#eligible(batch);
      const { figures } = this.#admission;
      const [start, encoded] = [performance.now(), figures.encodeMs];
      const admitted = this.#admission.turn(tasks, published, batch);
      figures.prefillMs += performance.now() - start - (figures.encodeMs - encoded);
      if (held) return settled || admitted;
      const active = batch.count > 0;
      this.#step(batch, published);
      return settled || admitted || active;
    } catch (error) {
      this.#failBegun(error, published);
      return true;
    }
  }

  /**
   * The tasks that may come in now. `held`: the next one in order has still to fetch its pictures and
   * there are rows for it, so that going on without it would make the batches a matter of timing.
   */
  #eligible(batch: ActiveBatch): { readonly tasks: readonly Task[]; readonly held: boolean } {
    const { inOrder = true, maxRows } = this.#options;
    const open = this.#queue.filter(
      ({ stalled, begun }) => !stalled && (begun || this.#publications.length === 0),
    );
    const waiting = open.reduce((sum, task) => sum + task.waiting.length, 0);
    const worth = Math.min(Math.ceil(maxRows * together), waiting);
    const tasks: Task[] = [];
    let rows = batch.count;
    if (maxRows - rows < worth) return { tasks, held: false };
    for (const task of open) {
      if (task.patches === undefined) {
        if (inOrder) return { tasks, held: rows < maxRows };
        continue;
      }
      tasks.push(task);
      rows += task.waiting.length;
      if (rows >= maxRows) break;
    }
    return { tasks, held: false };
  }

  #step(batch: ActiveBatch, published: Published): void {
    if (batch.count === 0) return;
    const { figures } = this.#admission;
    const start = performance.now();
    figures.steps++;
    figures.rows += batch.count;
    batch.step();
    figures.peakBytes = Math.max(figures.peakBytes, this.cacheBytes);
    this.#settle(batch, published);
    figures.decodeMs += performance.now() - start;
  }

  /** Takes stopped rows out and settles their tasks. */
  #settle(batch: ActiveBatch, published: Published): void {
    const rows = batch.leave();
    if (rows.length === 0) return;
    this.#admission.departed(rows, published.version);
    this.#admission.dropOnce(this.#tasks);
    this.#admission.tidy(batch.reserved);
    const back = rows.map(({ task }) => task).filter(({ waiting }) => waiting.length > 0);
    this.#queue = [...new Set([...back, ...this.#queue])];
  }

  /** A failure of the engine itself: every request that has begun hears of it, the others go on. */
  #failBegun(error: unknown, published: Published): void {
    for (const task of this.#tasks) if (task.begun) task.fail(error);
    this.#batch?.dispose();
    this.#admission.clear();
    this.#batch = new ActiveBatch(published);
    for (const task of this.#tasks) if (!task.finished) void this.#fetchPatches(task);
  }

  /** Publishes what waits for it once no request is under way; true when something was done. */
  #settlePublications(): boolean {
    const next = this.#publications[0];
    if (next === undefined) return false;
    if ([...this.#tasks].some(({ begun, finished }) => begun && !finished)) return false;
    this.#publications.shift();
    try {
      const version = next.version ?? this.version + 1;
      this.#drop();
      const { dtype } = this.#options;
      this.#published = publishModel(next.model, { version, dtype, take: next.take });
      this.#batch = new ActiveBatch(this.#published);
      for (const task of this.#tasks) void this.#fetchPatches(task);
      next.resolve(version);
    } catch (error) {
      for (const task of this.#tasks) task.fail(error);
      next.reject(error);
    }
    return true;
  }

  #drop(): void {
    this.#batch?.dispose();
    this.#batch = undefined;
    this.#admission.clear();
    this.#published?.dispose();
    this.#published = undefined;
  }

  /** Cancels everything and frees all memory. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const task of this.#tasks) this.#cancel(task);
    for (const { reject } of this.#publications.splice(0)) {
      reject(new SamplerError('expected an open sampler, found it closed', 'closed'));
    }
    while (this.#loop !== undefined) await this.#loop;
    this.#drop();
  }
}
