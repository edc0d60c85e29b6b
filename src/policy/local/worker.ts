/** The computing thread of a local policy: one `Trainer`, driven by messages. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Patches } from '#model/processor';
import type { Sampling } from '#sampler';
import type { CallName, Calls, FromWorker, SampleCall, ToWorker, WorkerData } from './messages.ts';
import { Trainer } from './trainer.ts';

const port = parentPort;
if (port === null) throw new Error('internal: this file runs in a worker thread');
const post = (message: FromWorker): void => port.postMessage(message);

/** Pictures that have been asked for and not arrived yet. */
const wanted = new Map<string, PromiseWithResolvers<Patches>>();

function fetchPatches(hash: string): Promise<Patches> {
  const known = wanted.get(hash);
  if (known !== undefined) return known.promise;
  const fresh = Promise.withResolvers<Patches>();
  wanted.set(hash, fresh);
  post({ kind: 'want patches', hash });
  return fresh.promise;
}

/** Samplings under way by the id of their call. */
const samplings = new Map<number, Sampling>();

/** Calls that were given up before they could be started. */
const cancelled = new Set<number>();

type Handlers = {
  readonly [Name in CallName]: (
    args: Calls[Name]['args'],
  ) => Calls[Name]['result'] | Promise<Calls[Name]['result']>;
};

function handlersOf(trainer: Trainer): Handlers {
  return {
    logprobs: (sequences) => trainer.logprobs(sequences),
    forwardBackward: ({ microbatch, losses }) => trainer.forwardBackward(microbatch, losses),
    optimStep: (update) => trainer.optimStep(update),
    discardGradient: () => {
      trainer.discardGradient();
      return null;
    },
    publish: () => trainer.publish(),
    save: (folder) => {
      trainer.save(folder);
      return null;
    },
    load: async (folder) => {
      await trainer.load(folder);
      return null;
    },
    close: async () => {
      await trainer[Symbol.asyncDispose]();
      return null;
    },
  };
}

async function answer(id: number, work: () => unknown): Promise<void> {
  try {
    post({ kind: 'result', id, value: await work() });
  } catch (error) {
    post({ kind: 'error', id, error });
  }
}

/** Starts all requests of a turn together, so that the same ones always decode side by side. */
async function sampleAll(trainer: Trainer, calls: readonly SampleCall[]): Promise<void> {
  using _pictures = await trainer.holdPictures(calls.map(({ request }) => request));
  for (const { id, request } of calls) {
    void answer(id, () => {
      const sampling = trainer.sample(request);
      samplings.set(id, sampling);
      if (cancelled.delete(id)) sampling.cancel();
      return sampling.done.finally(() => samplings.delete(id));
    });
  }
}

function cancel(id: number): void {
  const sampling = samplings.get(id);
  if (sampling === undefined) cancelled.add(id);
  else sampling.cancel();
}

function settle(hash: string, done: (waiting: PromiseWithResolvers<Patches>) => void): void {
  const waiting = wanted.get(hash);
  wanted.delete(hash);
  if (waiting !== undefined) done(waiting);
}

function start(): void {
  const trainer = new Trainer(workerData as WorkerData, fetchPatches);
  const handlers = handlersOf(trainer);
  port?.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'call': {
        const { id, name, args } = message;
        void answer(id, () => (handlers[name] as (args: unknown) => unknown)(args));
        break;
      }
      case 'samples':
        void sampleAll(trainer, message.calls);
        break;
      case 'cancel':
        cancel(message.id);
        break;
      case 'patches':
        settle(message.hash, ({ resolve }) => resolve(message.patches));
        break;
      case 'no patches':
        settle(message.hash, ({ reject }) => reject(message.error));
        break;
    }
  });
  post({ kind: 'ready', maxTokens: trainer.maxTokens });
}

try {
  start();
} catch (error) {
  post({ kind: 'failed', error });
}
