import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import {
  debugTensors,
  fromFloats,
  liveTensors,
  memory,
  ops,
  TensorScope,
  TorchError,
} from './index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function caught(body: () => unknown): TorchError {
  try {
    body();
  } catch (error) {
    if (error instanceof TorchError) return error;
    throw error;
  }
  throw new Error('expected a TorchError, found none');
}

const messageOf = (body: () => unknown): string => caught(body).message;

test('debug mode tells where a tensor was created and who freed it', () => {
  const off = debugTensors();
  const x = ((): ReturnType<typeof fromFloats> => {
    using _scope = new TensorScope('step');
    return fromFloats([1, 2]);
  })();
  const y = fromFloats([3]);
  y.dispose();
  const byScope = messageOf(() => x.add(1));
  const byHand = messageOf(() => y.add(1));
  off();
  expect(byScope).toMatch(
    /self = f32\[2\] created at debug\.test\.ts:\d+, freed by scope 'step' at \S+:\d+/,
  );
  expect(byHand).toMatch(
    /self = f32\[1\] created at debug\.test\.ts:\d+, freed by dispose at debug\.test\.ts:\d+/,
  );
  expect(messageOf(() => x.add(1))).not.toMatch(/created at/);
});

test('debug mode counts what lives on by the line that made it', () => {
  const off = debugTensors();
  const kept = [1, 2, 3].map((value) => fromFloats([value]));
  fromFloats([4]).dispose();
  const counts = [...off()];
  for (const tensor of kept) tensor.dispose();
  expect(counts).toHaveLength(1);
  expect(counts[0]![0]).toMatch(/^debug\.test\.ts:\d+$/);
  expect(counts[0]![1]).toBe(3);
});

test('a tensor collected as garbage without an end is reported with type, shape and place', async () => {
  const leaks: string[] = [];
  const before = liveTensors();
  const off = debugTensors({ onLeak: (message) => leaks.push(message) });
  (() => fromFloats([1, 2, 3, 4], [2, 2]))();
  for (let turn = 0; turn < 50 && leaks.length === 0; turn++) {
    collect();
    await setTimeout(5);
  }
  off();
  expect(leaks).toEqual([
    expect.stringMatching(/^leaked tensor f32\[2, 2\] created at debug\.test\.ts:\d+$/),
  ]);
  expect(liveTensors()).toBe(before + 1);
});

test('checkFinite throws at the first result that is not finite', () => {
  const off = debugTensors({ checkFinite: true });
  using _scope = new TensorScope();
  try {
    const x = fromFloats([0, 1]);
    expect(x.exp().shape).toEqual([2]);
    const error = messageOf(() => x.log());
    expect(error).toMatch(/not finite/);
    expect(ops.zeros([3], { dtype: 'i64' }).shape).toEqual([3]);
  } finally {
    off();
  }
});

test('memory counts each storage once, by element type', () => {
  const before = memory();
  using _scope = new TensorScope();
  const x = ops.zeros([1000]);
  x.view([10, 100]);
  ops.zeros([10], { dtype: 'bf16' });
  const after = memory();
  expect(after.live - before.live).toBe(3);
  expect(after.bytes - before.bytes).toBe(4020);
  expect((after.bytesByType['Float'] ?? 0) - (before.bytesByType['Float'] ?? 0)).toBe(4000);
  expect(after.residentPeak).toBeGreaterThanOrEqual(after.resident / 2);
});

test('an error names the place where its first tensor was made, in debug mode only', () => {
  using _scope = new TensorScope();
  const failing = (): unknown => {
    const x = fromFloats([1, 2]).requiresGrad_(true).exp();
    return x.backward();
  };
  const off = debugTensors();
  try {
    const error = caught(failing);
    expect(error.op).toBe('backward');
    expect(error.createdAt).toMatch(/^debug\.test\.ts:\d+$/);
    expect(error.message).toMatch(/outputs = \[f32\[2\] created at debug\.test\.ts:\d+\]/);
  } finally {
    off();
  }
  expect(caught(failing).createdAt).toBeUndefined();
});
