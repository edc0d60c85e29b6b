import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { ImageError } from '#data';
import type { ImageFault, ImageRef } from '#data';

import type { ImageLayout } from './image-grid.ts';
import type { Patches } from './prompt.ts';

export interface CutRequest {
  readonly id: number;
  readonly image: ImageRef;
  readonly layout: ImageLayout;
}

/** Patches, or why there are none. */
export type CutAnswer =
  | { readonly id: number; readonly patches: Patches }
  | { readonly id: number; readonly message: string; readonly fault?: ImageFault };

interface Waiting {
  readonly worker: Worker;
  readonly resolve: (patches: Patches) => void;
  readonly reject: (error: Error) => void;
}

/** Worker threads that decode, resize and cut; started when first needed, idle ones end no process. */
export class PatchPool implements AsyncDisposable {
  readonly #threads: number;
  readonly #workers: Worker[] = [];
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;

  constructor(threads: number = Math.min(4, Math.ceil(availableParallelism() / 2))) {
    this.#threads = threads;
  }

  /** Cuts one picture in the thread with the fewest pictures before it. */
  cut(image: ImageRef, layout: ImageLayout): Promise<Patches> {
    const worker = this.#freest();
    const id = this.#nextId++;
    worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { worker, resolve, reject });
      worker.postMessage({ id, image: compact(image), layout } satisfies CutRequest, []);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  #load(worker: Worker): number {
    return [...this.#waiting.values()].filter((waiting) => waiting.worker === worker).length;
  }

  #freest(): Worker {
    const idle = this.#workers.find((worker) => this.#load(worker) === 0);
    if (idle !== undefined) return idle;
    if (this.#workers.length < this.#threads) return this.#start();
    return this.#workers.reduce((a, b) => (this.#load(b) < this.#load(a) ? b : a));
  }

  #start(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './patch-worker.ts' : './patch-worker.js';
    const worker = new Worker(new URL(file, import.meta.url));
    worker.on('message', (answer: CutAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', () => this.#lose(worker, new Error('the thread that cuts pictures ended')));
    this.#workers.push(worker);
    return worker;
  }

  #settle(answer: CutAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (waiting === undefined) return;
    if (this.#load(waiting.worker) === 0) waiting.worker.unref();
    if ('patches' in answer) return waiting.resolve(answer.patches);
    const { fault, message } = answer;
    waiting.reject(fault === undefined ? new Error(message) : new ImageError(fault, message));
  }

  /** A thread that died fails its own pictures only; the next picture starts another. */
  #lose(worker: Worker, error: Error): void {
    const place = this.#workers.indexOf(worker);
    if (place >= 0) this.#workers.splice(place, 1);
    for (const [id, waiting] of this.#waiting) {
      if (waiting.worker !== worker) continue;
      this.#waiting.delete(id);
      waiting.reject(error);
    }
  }
}

/** The same picture; a view into something larger is copied, since a message carries all of it. */
function compact(image: ImageRef): ImageRef {
  const { source } = image;
  if (typeof source === 'string' || source.length === source.buffer.byteLength) return image;
  return { ...image, source: new Uint8Array(source) };
}
