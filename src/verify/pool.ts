import type { Worker } from 'node:worker_threads';
import { resolvePolicy } from './policy.ts';
import type { VerifyInput } from './input.ts';
import type { Verdict } from './verdict.ts';
import type { VerifyOptions } from './verify.ts';

/** One pair with its options, as it crosses to a worker. */
export interface VerifyTask {
  readonly input: VerifyInput;
  readonly options?: VerifyOptions;
}

export interface VerifyPool {
  /** Verdicts in the order of the tasks, equal byte for byte to those of the direct call. */
  verifyAll(tasks: readonly VerifyTask[]): Promise<readonly Verdict[]>;
  /** Pairs on which a worker had to be terminated since the pool was made. */
  readonly killed: number;
  /** Ends the workers; pending batches reject. */
  close(): Promise<void>;
}

export interface VerifyPoolOptions {
  /** Workers, 1 to 64. */
  readonly workers?: number;
  /** Pairs sent at once. */
  readonly batchSize?: number;
  /** Milliseconds of a worker's own processor time on one pair after which it is terminated. */
  readonly patienceMs?: number;
  /** Processor milliseconds that the first pair may take on top, for the start of a worker. */
  readonly startMs?: number;
  /** Told of every pair a worker was terminated on; the input belongs in a log. */
  readonly onKill?: (task: VerifyTask) => void;
  /** Module that answers batches; another one is given only by tests of the kill. */
  readonly workerUrl?: URL;
}

/** What a worker posts: a heartbeat per pair is a counter in shared memory, verdicts come per batch. */
export interface BatchReply {
  readonly id: number;
  readonly verdicts: string;
}

export interface BatchRequest {
  readonly id: number;
  readonly tasks: readonly VerifyTask[];
}

interface Batch {
  readonly id: number;
  readonly tasks: readonly VerifyTask[];
  readonly resolve: (verdicts: readonly Verdict[]) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  worker: Worker;
  /** Pairs finished in the current batch, written by the worker. */
  readonly progress: Int32Array;
  batch: Batch | undefined;
  /** Verdicts of this batch from before a kill, with the killed pair's. */
  done: Verdict[];
  /** The pair the worker was at when it was last looked at, and when and at which processor time it was first seen there. */
  seen: { readonly progress: number; readonly cpuMs: number; readonly at: number };
  timer: NodeJS.Timeout | undefined;
}

const unseen = { progress: -1, cpuMs: 0, at: 0 };
/** Workers that may end in a row without a verdict before the pool gives up. */
const lastFailure = 4;
/** Patiences on the clock after which a worker that uses no processor time at all is given up. */
const stalled = 240;

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** A pool of workers for untrusted load; with the budgets in place its kill never happens. */
export function createVerifyPool(options: VerifyPoolOptions = {}): VerifyPool {
  return new Pool(options);
}

class Pool implements VerifyPool {
  killed = 0;
  private readonly slots: Slot[] = [];
  private readonly queue: Batch[] = [];
  private readonly options: Required<Omit<VerifyPoolOptions, 'onKill'>> &
    Pick<VerifyPoolOptions, 'onKill'>;
  private nextId = 0;
  private closed = false;
  /** Workers that ended one after the other, none of which had judged a pair. */
  private failures = 0;
  private broken: Error | undefined;

  constructor(options: VerifyPoolOptions) {
    this.options = {
      workers: 2,
      batchSize: 256,
      patienceMs: 250,
      startMs: 2_000,
      workerUrl: new URL(`./pool-worker${extension}`, import.meta.url),
      ...options,
    };
    const { workers, batchSize, patienceMs } = this.options;
    if (!Number.isInteger(workers) || workers < 1 || workers > 64)
      throw new TypeError(`workers: expected an integer from 1 to 64, found ${workers}`);
    if (!Number.isInteger(batchSize) || batchSize < 1 || !(patienceMs > 0))
      throw new TypeError(
        `batchSize and patienceMs: expected positive numbers, found ${batchSize}, ${patienceMs}`,
      );
    for (let index = 0; index < workers; index += 1) this.slots.push(this.spawn());
  }

  async verifyAll(tasks: readonly VerifyTask[]): Promise<readonly Verdict[]> {
    for (const task of tasks) resolvePolicy(task.options?.policy);
    const pending: Promise<readonly Verdict[]>[] = [];
    for (let from = 0; from < tasks.length; from += this.options.batchSize)
      pending.push(this.enqueue(tasks.slice(from, from + this.options.batchSize)));
    return (await Promise.all(pending)).flat();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.rejectAll(new Error('the pool was closed before the batch was done'));
    await Promise.all(this.slots.map((slot) => slot.worker.terminate()));
  }

  /** Workers cannot start, or end at whatever they are given: no verdict is a verdict then. */
  private giveUp(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.broken = new Error(`workers of the verifier end before they judge anything: ${reason}`);
    this.rejectAll(this.broken);
  }

  private rejectAll(reason: Error): void {
    for (const batch of this.queue.splice(0)) batch.reject(reason);
    for (const slot of this.slots) {
      clearTimeout(slot.timer);
      slot.batch?.reject(reason);
      slot.batch = undefined;
    }
  }

  private enqueue(tasks: readonly VerifyTask[]): Promise<readonly Verdict[]> {
    if (this.closed) return Promise.reject(new Error('the pool is closed'));
    if (this.broken !== undefined) return Promise.reject(this.broken);
    this.nextId += 1;
    const id = this.nextId;
    return new Promise((resolve, reject) => {
      this.queue.push({ id, tasks, resolve, reject });
      this.dispatch();
    });
  }

  private spawn(): Slot {
    const shared = new SharedArrayBuffer(4);
    const slot: Slot = {
      worker: this.start(shared),
      progress: new Int32Array(shared),
      batch: undefined,
      done: [],
      seen: unseen,
      timer: undefined,
    };
    this.listen(slot);
    return slot;
  }

  private start(shared: SharedArrayBuffer | ArrayBufferLike): Worker {
    // Loaded here: the door is imported more often than a pool is made.
    const threads = process.getBuiltinModule('node:worker_threads');
    const worker = new threads.Worker(this.options.workerUrl, {
      workerData: shared,
      // Flags of the program, such as `--input-type` of a script on the command line, are not for a file.
      execArgv: [],
    });
    worker.unref();
    return worker;
  }

  private listen(slot: Slot): void {
    const { worker } = slot;
    worker.on('message', (reply: BatchReply) => this.receive(slot, reply));
    worker.on('error', (error: unknown) => {
      if (slot.worker !== worker) return;
      this.failures = Atomics.load(slot.progress, 0) > 0 ? 0 : this.failures + 1;
      if (this.failures < lastFailure) this.replace(slot);
      else this.giveUp(error);
    });
  }

  private dispatch(): void {
    for (const slot of this.slots) {
      if (slot.batch !== undefined) continue;
      const batch = this.queue.shift();
      if (batch === undefined) return;
      slot.batch = batch;
      slot.done = [];
      this.send(slot);
    }
  }

  /** Sends what is left of the slot's batch. */
  private send(slot: Slot): void {
    const { batch } = slot;
    if (batch === undefined) return;
    Atomics.store(slot.progress, 0, 0);
    slot.seen = unseen;
    slot.worker.ref();
    const request: BatchRequest = { id: batch.id, tasks: batch.tasks.slice(slot.done.length) };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
    slot.worker.postMessage(request);
    this.watch(slot);
  }

  private watch(slot: Slot): void {
    clearTimeout(slot.timer);
    slot.timer = setTimeout(() => void this.look(slot), this.options.patienceMs);
  }

  /**
   * Ends a worker that has spent its patience on one pair. Its own processor time counts and not
   * the clock: on a busy machine a worker waits for its turn, which is no fault of the pair.
   */
  private async look(slot: Slot): Promise<void> {
    const { worker, batch } = slot;
    const cpuMs = await cpuMsOf(worker);
    if (slot.worker !== worker || slot.batch !== batch || batch === undefined || this.closed)
      return;
    const progress = Atomics.load(slot.progress, 0);
    const at = performance.now();
    if (progress !== slot.seen.progress) slot.seen = { progress, cpuMs, at };
    else {
      const { patienceMs, startMs } = this.options;
      const allowed = progress === 0 ? patienceMs + startMs : patienceMs;
      const waited = at - slot.seen.at;
      if (cpuMs - slot.seen.cpuMs >= allowed || waited >= stalled * allowed) {
        this.replace(slot);
        return;
      }
    }
    this.watch(slot);
  }

  /** Terminates a worker that is stuck, reports the pair it was stuck on, goes on with the rest. */
  private replace(slot: Slot): void {
    clearTimeout(slot.timer);
    const finished = Atomics.load(slot.progress, 0);
    void slot.worker.terminate();
    slot.worker = this.start(slot.progress.buffer);
    this.listen(slot);
    const { batch } = slot;
    if (batch === undefined || this.closed) return;
    // The finished pairs' verdicts went with the worker; they are asked for again, then the kill is entered.
    const at = slot.done.length + finished;
    const stuck = batch.tasks[at];
    if (stuck === undefined) {
      this.send(slot);
      return;
    }
    this.killed += 1;
    this.options.onKill?.(stuck);
    this.resume(slot, batch, at);
  }

  private resume(slot: Slot, batch: Batch, at: number): void {
    const before = batch.tasks.slice(slot.done.length, at);
    const kept = [...slot.done];
    const rest = batch.tasks.slice(at + 1);
    slot.batch = {
      ...batch,
      tasks: [...before, ...rest],
      resolve: (verdicts) =>
        batch.resolve([
          ...kept,
          ...verdicts.slice(0, before.length),
          killed,
          ...verdicts.slice(before.length),
        ]),
    };
    slot.done = [];
    this.send(slot);
  }

  private receive(slot: Slot, reply: BatchReply): void {
    const { batch } = slot;
    if (batch === undefined || reply.id !== batch.id) return;
    this.failures = 0;
    clearTimeout(slot.timer);
    slot.worker.unref();
    slot.batch = undefined;
    batch.resolve([...slot.done, ...(JSON.parse(reply.verdicts) as Verdict[])]);
    slot.done = [];
    this.dispatch();
  }
}

/** Processor milliseconds a worker has used; of one that has ended, none. */
async function cpuMsOf(worker: Worker): Promise<number> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000;
  } catch {
    return 0;
  }
}

/** A kill is reported as such and is no ordinary "wrong"; it never becomes a reward. */
const killed: Verdict = Object.freeze({
  correct: false,
  status: 'over-budget',
  reason: 'worker-killed',
  notes: [],
  steps: 0,
});
