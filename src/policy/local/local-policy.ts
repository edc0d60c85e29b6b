import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ImageRef } from '#data';
import type { Patches, Processor, Prompt } from '#model/processor';
import type { AdamUpdate, Limits, Loss, Microbatch, Policy, Sequence } from '#policy';
import type { Metrics } from '#run';
import type { Completion, SampleRequest } from '#sampler';
import { chooseWaiting } from '#tensor/waiting';
import type { CallName, Calls, FromWorker, SampleCall, ToWorker } from './messages.ts';
import type { TrainerOptions } from './trainer.ts';

/** A policy on this computer that cannot do what it was asked to. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  /** Whether the same call may succeed when it is made again. */
  readonly retryable: boolean;

  constructor(message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable;
  }
}

/** How a local policy is set up; what is left out has the default in brackets. */
export interface LocalPolicyOptions extends Partial<Omit<TrainerOptions, 'base' | 'bannedIds'>> {
  /** Text to tokens, pictures to pixels; stays with the caller's thread. */
  readonly processor: Processor;
  /** Folder that `save` writes checkpoints into. */
  readonly checkpoints: string;
}

/** Types only, so that opening this room does not load libtorch in the caller's thread. */
const defaults = {
  dtype: 'f32',
  samplerDtype: 'f32',
  device: 'cpu',
  threads: 0,
  trainVision: true,
  gradientCheckpointing: false,
  maxRows: 256,
  cacheBytes: 2 ** 30,
  tokensAtOnce: 8192,
} as const;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The computing thread, seen from the caller's side. */
class Link {
  readonly #worker: Worker;
  readonly #patches: (hash: string) => Promise<Patches>;
  readonly #pending = new Map<number, Pending>();
  readonly ready: Promise<number>;
  readonly #started = Promise.withResolvers<number>();
  readonly #samples: SampleCall[] = [];
  #next = 0;
  #ended: unknown;

  constructor(options: TrainerOptions, patches: (hash: string) => Promise<Patches>) {
    chooseWaiting();
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    this.#patches = patches;
    this.#worker = new Worker(new URL(file, import.meta.url), { workerData: options });
    this.ready = this.#started.promise;
    this.ready.catch(() => {});
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) =>
      this.#end(new Error(`the computing thread ended with ${code}`)),
    );
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message, []);
  }

  call<Name extends CallName>(
    name: Name,
    args: Calls[Name]['args'],
  ): Promise<Calls[Name]['result']> {
    if (this.#ended !== undefined) return Promise.reject(ended(this.#ended));
    const { id, promise } = this.#expect();
    this.#post({ kind: 'call', id, name, args });
    return promise as Promise<Calls[Name]['result']>;
  }

  /** Requests of one turn cross together: see `Trainer.holdPictures`. */
  sample(request: SampleRequest, signal?: AbortSignal): Promise<readonly Completion[]> {
    if (this.#ended !== undefined) return Promise.reject(ended(this.#ended));
    const { id, promise } = this.#expect();
    if (this.#samples.length === 0) setImmediate(() => this.#sendSamples());
    this.#samples.push({ id, request });
    // Behind the request in the queue, whenever that is sent.
    const cancel = (): void => void setImmediate(() => this.#post({ kind: 'cancel', id }));
    if (signal?.aborted === true) cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    const done = promise.finally(() => signal?.removeEventListener('abort', cancel));
    return done as Promise<readonly Completion[]>;
  }

  #sendSamples(): void {
    const calls = this.#samples.splice(0);
    if (this.#ended === undefined) this.#post({ kind: 'samples', calls });
  }

  #expect(): { readonly id: number; readonly promise: Promise<unknown> } {
    const id = this.#next++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject });
    return { id, promise };
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#started.resolve(message.maxTokens);
        break;
      case 'failed':
        this.#end(message.error);
        break;
      case 'result':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'error':
        this.#take(message.id)?.reject(message.error);
        break;
      case 'want patches':
        void this.#send(message.hash);
        break;
    }
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }

  async #send(hash: string): Promise<void> {
    try {
      this.#post({ kind: 'patches', hash, patches: await this.#patches(hash) });
    } catch (error) {
      this.#post({ kind: 'no patches', hash, error });
    }
  }

  #end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#started.reject(error);
    for (const { reject } of this.#pending.values()) reject(ended(error));
    this.#pending.clear();
  }

  /** Ends the thread by agreement: it frees its tensors first. */
  async close(): Promise<void> {
    if (this.#ended === undefined) await this.call('close', null);
    this.#ended ??= new Error('the policy is closed');
    await this.#worker.terminate();
  }
}

function ended(cause: unknown): PolicyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PolicyError(`the policy has ended: ${reason}`, { retryable: false, cause });
}

/** Pictures by hash while a call that shows them is under way, so that pixels can be asked for. */
class PicturesInUse {
  readonly #images = new Map<string, { image: ImageRef; users: number }>();

  image(hash: string): ImageRef {
    const found = this.#images.get(hash);
    if (found === undefined) throw new Error(`internal: picture ${hash} is not in use`);
    return found.image;
  }

  async during<T>(prompts: readonly Prompt[], body: () => Promise<T>): Promise<T> {
    const images = prompts.flatMap(({ chunks }) =>
      chunks.flatMap((chunk) => (chunk.kind === 'image' ? [chunk.image] : [])),
    );
    for (const image of images) {
      const users = this.#images.get(image.hash)?.users ?? 0;
      this.#images.set(image.hash, { image, users: users + 1 });
    }
    try {
      return await body();
    } finally {
      for (const { hash } of images) this.#leave(hash);
    }
  }

  #leave(hash: string): void {
    const found = this.#images.get(hash);
    if (found === undefined) return;
    if (--found.users === 0) this.#images.delete(hash);
  }
}

/** Prompts as they cross to the computing thread: pictures by hash, without their bytes. */
class Slim {
  readonly #known = new Map<Prompt, Prompt>();

  prompt(prompt: Prompt): Prompt {
    const known = this.#known.get(prompt);
    if (known !== undefined) return known;
    const slim = {
      ...prompt,
      chunks: prompt.chunks.map((chunk) =>
        chunk.kind === 'tokens' ? chunk : { ...chunk, image: { ...chunk.image, source: '' } },
      ),
    };
    this.#known.set(prompt, slim);
    return slim;
  }

  sequences<S extends Sequence>(sequences: readonly S[]): readonly S[] {
    return sequences.map((sequence) => ({ ...sequence, prompt: this.prompt(sequence.prompt) }));
  }
}

/** A policy on this computer: the model computes in a thread of its own. */
class LocalPolicy implements Policy {
  readonly processor: Processor;
  readonly limits: Limits;
  readonly #link: Link;
  readonly #checkpoints: string;
  readonly #pictures: PicturesInUse;

  constructor(
    link: Link,
    parts: {
      readonly processor: Processor;
      readonly checkpoints: string;
      readonly pictures: PicturesInUse;
      readonly maxTokens: number;
    },
  ) {
    this.#link = link;
    this.processor = parts.processor;
    this.#checkpoints = parts.checkpoints;
    this.#pictures = parts.pictures;
    this.limits = {
      maxTokens: parts.maxTokens,
      images: true,
      losses: ['clippedSurrogate', 'nll', 'kl'],
      optimizer: ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'maxGradNorm'],
    };
  }

  sample(request: SampleRequest, signal?: AbortSignal): Promise<readonly Completion[]> {
    const slim = { ...request, prompt: new Slim().prompt(request.prompt) };
    return this.#pictures.during([request.prompt], () => this.#link.sample(slim, signal));
  }

  logprobs(sequences: readonly Sequence[]): Promise<readonly Float32Array[]> {
    const slim = new Slim().sequences(sequences);
    const prompts = sequences.map(({ prompt }) => prompt);
    return this.#pictures.during(prompts, () => this.#link.call('logprobs', slim));
  }

  forwardBackward(microbatch: Microbatch, losses: readonly Loss[]): Promise<Metrics> {
    const slim = { ...microbatch, sequences: new Slim().sequences(microbatch.sequences) };
    const prompts = microbatch.sequences.map(({ prompt }) => prompt);
    return this.#pictures.during(prompts, () =>
      this.#link.call('forwardBackward', { microbatch: slim, losses }),
    );
  }

  optimStep(update: AdamUpdate): Promise<Metrics> {
    return this.#link.call('optimStep', update);
  }

  async discardGradient(): Promise<void> {
    await this.#link.call('discardGradient', null);
  }

  publish(): Promise<number> {
    return this.#link.call('publish', null);
  }

  async save(name: string): Promise<string> {
    const folder = join(this.#checkpoints, name);
    await this.#link.call('save', folder);
    return folder;
  }

  async load(address: string): Promise<void> {
    await this.#link.call('load', address);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link.close();
  }
}

/** Loads a checkpoint folder into a thread of its own, ready to be sampled and trained. */
export async function createLocalPolicy(
  base: string,
  options: LocalPolicyOptions,
): Promise<Policy> {
  const { processor, checkpoints, ...rest } = options;
  const pictures = new PicturesInUse();
  const settings = { ...defaults, ...rest, base, bannedIds: processor.ids.banned };
  const link = new Link(settings, (hash) => processor.patches(pictures.image(hash)));
  try {
    const maxTokens = await link.ready;
    return new LocalPolicy(link, { processor, checkpoints, pictures, maxTokens });
  } catch (error) {
    await link.close();
    throw error;
  }
}
