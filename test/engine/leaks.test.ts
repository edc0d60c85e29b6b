import { expect, test } from 'vitest';
import {
  type Checkpointed,
  checkpointed,
  fromFloats,
  liveTensors,
  memory,
  noGrad,
  ops,
  outside,
  setThreads,
  type Tensor,
  TensorScope,
  tidy,
  TorchError,
} from '#tensor';
import { AdamW } from '#nn';
import { Decoder, formulaParameters, formulaTokens, rotaryTables, smallSizes } from './decoder.ts';

// Two busy threads on a loaded machine wait for each other at every small operator.
setThreads(1);

const settings = { learningRate: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };

/** Resident bytes, the smallest of a few looks: garbage of JavaScript comes and goes. */
function resident(): number {
  globalThis.gc?.();
  return memory().resident;
}

test('2,000 training steps leave the live handles constant and the resident size flat', () => {
  const before = liveTensors();
  const unscoped = memory().unscoped;
  {
    using model = new Decoder(smallSizes, formulaParameters('f32'));
    using optimizer = new AdamW(model.parameters.tensors);
    using _scope = new TensorScope();
    const tokens = formulaTokens(2, 16, smallSizes.vocabulary);
    const tables = rotaryTables(16, 8, 'f32');
    const step = (): number => {
      using _step = new TensorScope('step');
      const loss = model.loss(tokens, tables);
      loss.backward();
      optimizer.accumulate();
      optimizer.step(settings);
      return loss.item();
    };
    for (let index = 0; index < 500; index++) step();
    const live = liveTensors();
    const size = resident();
    const counts = new Set<number>();
    for (let index = 0; index < 2000; index++) {
      step();
      counts.add(liveTensors());
    }
    expect([...counts]).toEqual([live]);
    expect(resident() / size).toBeLessThan(1.02);
  }
  expect(liveTensors()).toBe(before);
  expect(memory().unscoped).toBe(unscoped);
});

test('10,000 decoded tokens leave the live handles constant and the resident size flat', () => {
  const before = liveTensors();
  const unscoped = memory().unscoped;
  {
    using model = new Decoder(smallSizes, formulaParameters('f32'));
    using _scope = new TensorScope();
    const tables = rotaryTables(64, 8, 'f32');
    const start = formulaTokens(1, 0, smallSizes.vocabulary);
    /** One token: caches are kept by hand, everything else goes with the scope. */
    const decode = (
      ids: Tensor,
      caches: { key: Tensor | null; value: Tensor | null }[],
      at: number,
    ) =>
      tidy(() => {
        const old = caches.map((cache) => ({ ...cache }));
        const here = { cos: tables.cos.narrow(0, at, 1), sin: tables.sin.narrow(0, at, 1) };
        const logits = noGrad(() => model.logits(ids, here, caches));
        for (const cache of caches) {
          cache.key = outside(() => cache.key!.clone());
          cache.value = outside(() => cache.value!.clone());
        }
        for (const { key, value } of old) {
          key?.dispose();
          value?.dispose();
        }
        return logits.argmax(-1);
      });
    const sequence = (): void => {
      using _sequence = new TensorScope('sequence');
      const caches = model.layers.map(() => ({
        key: null as Tensor | null,
        value: null as Tensor | null,
      }));
      let ids = start.clone();
      for (let at = 0; at < 50; at++) {
        const next = decode(ids, caches, at);
        ids.dispose();
        ids = next;
      }
      for (const { key, value } of caches) {
        key?.dispose();
        value?.dispose();
      }
    };
    for (let count = 0; count < 40; count++) sequence();
    const live = liveTensors();
    const size = resident();
    for (let count = 0; count < 200; count++) {
      sequence();
      expect(liveTensors()).toBe(live);
    }
    expect(resident() / size).toBeLessThan(1.02);
  }
  expect(liveTensors()).toBe(before);
  expect(memory().unscoped).toBe(unscoped);
});

test('an exception thrown inside a scope, 10,000 times, leaves no handle', () => {
  const before = liveTensors();
  const thrown = new Set<string>();
  for (let count = 0; count < 10_000; count++) {
    let error: unknown;
    try {
      using _scope = new TensorScope();
      const x = fromFloats([1, 2, 3, 4], [2, 2]);
      const y = x.add(1).mul(x);
      if (count % 2 === 0) y.matmul(ops.ones([3, 5]));
      tidy(() => {
        y.exp();
        throw new Error('mid-scope');
      });
    } catch (caught) {
      error = caught;
    }
    thrown.add(error instanceof TorchError ? error.kind : (error as Error).message);
  }
  expect([...thrown].sort()).toEqual(['mid-scope', 'shape']);
  expect(liveTensors()).toBe(before);
});

test('a segment that throws while it is run or recomputed leaves no handle', () => {
  const before = liveTensors();
  {
    using _scope = new TensorScope();
    const x = fromFloats([1, 2]);
    const broken = () =>
      checkpointed([(ts) => [ts[0]!.exp()], (ts) => [ts[0]!.matmul(ops.ones([5]))]], [x]);
    expect(broken).toThrow(TorchError);
    let runs = 0;
    const pass: Checkpointed = checkpointed(
      [
        (ts) => {
          if (++runs === 2) throw new Error('no second time');
          return [ts[0]!.exp()];
        },
      ],
      [x],
    );
    pass.outputs[0]!.sum().backward();
    expect(() => pass.backward()).toThrow('no second time');
  }
  expect(liveTensors()).toBe(before);
});

test('freeing what a graph needs before backward is safe: the graph holds it', () => {
  using _scope = new TensorScope();
  const w = fromFloats([1, 2]).requiresGrad_(true);
  const squared = w.square();
  const loss = squared.exp().sum();
  squared.dispose();
  loss.backward();
  expect([...w.grad!.toArray()]).toEqual([
    expect.closeTo(2 * Math.E, 4),
    expect.closeTo(4 * Math.exp(4), 3),
  ]);
});
