import { once } from 'node:events';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import {
  adopt,
  debugTensors,
  fromFloats,
  memory,
  noGrad,
  ops,
  TensorScope,
  TorchError,
} from '#tensor';

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const options = { execArgv: ['--conditions=source'] };

interface Progress {
  readonly step: number;
  readonly live: number;
  readonly loss: number;
}

function startTraining(): { worker: Worker; flag: Int32Array; seen: Progress[] } {
  const flag = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(program('training-worker.ts'), {
    ...options,
    workerData: { flag, sizes: 'small' },
  });
  const seen: Progress[] = [];
  worker.on('message', (message: Progress) => seen.push(message));
  return { worker, flag, seen };
}

test('a raised flag stops training within one step, and nothing is left alive', async () => {
  const before = memory().total;
  const { worker, flag, seen } = startTraining();
  const ended = once(worker, 'exit');
  while (seen.length < 3) await once(worker, 'message');
  Atomics.store(flag, 0, 1);
  const underWay = Atomics.load(flag, 1);
  await ended;
  const last = Math.max(...seen.map(({ step }) => step));
  expect(last).toBeGreaterThanOrEqual(3);
  expect(last).toBeLessThanOrEqual(underWay + 1);
  expect(seen.at(-1)).toMatchObject({ step: -1, live: 0 });
  expect(memory().total).toBe(before);
});

test('a Worker terminated while it trains leaves no handles', async () => {
  const before = memory().total;
  const { worker, seen } = startTraining();
  while (seen.length < 3) await once(worker, 'message');
  expect(memory().total).toBeGreaterThan(before);
  await worker.terminate();
  expect(memory().total).toBe(before);
});

test('a Worker that throws leaves no handles, and its error arrives', async () => {
  const before = memory().total;
  const worker = new Worker(program('throwing-worker.ts'), options);
  const [error] = (await once(worker, 'error')) as [Error];
  await once(worker, 'exit');
  expect(error.message).toMatch(/mat1 and mat2 shapes cannot be multiplied/);
  expect(memory().total).toBe(before);
});

test('a handle of another thread is refused until it is adopted, then it is ours alone', async () => {
  const before = memory().total;
  const worker = new Worker(program('lending-worker.ts'), options);
  const [{ handle }] = (await once(worker, 'message')) as [{ handle: number }];
  const foreign = Object.create(Object.getPrototypeOf(fromFloats([]))) as ReturnType<
    typeof fromFloats
  >;
  Object.defineProperty(foreign, 'handle', { value: handle });
  expect(() => foreign.add(1)).toThrow(TorchError);
  expect(() => foreign.add(1)).toThrow(/a tensor of another thread; adopt it first/);
  const ours = adopt(handle);
  expect(ours.handle).not.toBe(handle);
  expect(() => adopt(handle)).toThrow(/disposed/);
  const [answer, exit] = [once(worker, 'message'), once(worker, 'exit')];
  worker.postMessage('adopted', []);
  const [{ refused }] = (await answer) as [{ refused: string }];
  expect(refused).toMatch(/use of a disposed tensor/);
  await exit;
  expect([...ours.toArray()]).toEqual([1, 2, 3]);
  ours.dispose();
  expect(memory().total).toBeLessThanOrEqual(before + 1);
});

test('grad mode is a matter of each thread', async () => {
  await noGrad(() => {
    const worker = new Worker(program('lending-worker.ts'), { ...options, workerData: 'grad' });
    return { answer: once(worker, 'message') };
  }).answer.then(([message]) => expect(message).toEqual({ records: true }));
});

test('debug mode warns once when two threads compute at the same time, and not of one', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  const off = debugTensors();
  const compute = async (): Promise<void> => {
    using scope = new TensorScope();
    const x = scope.keep(ops.ones([300, 300]));
    for (let count = 0; count < 20; count++) x.matmul(x);
    x.dispose();
    await setImmediate();
  };
  try {
    for (let count = 0; count < 20; count++) await compute();
    expect(warnings).toEqual([]);
    const { worker, flag, seen } = startTraining();
    const ended = once(worker, 'exit');
    while (seen.length < 1) await once(worker, 'message');
    for (let count = 0; count < 500 && warnings.length === 0; count++) await compute();
    for (let count = 0; count < 20; count++) await compute();
    Atomics.store(flag, 0, 1);
    await ended;
    expect(warnings).toMatchObject([{ name: 'TensorWarning', code: 'TWO_THREADS' }]);
    expect(warnings[0]?.message).toMatch(/two threads have computed at the same time/);
  } finally {
    off();
    process.off('warning', listen);
  }
});
