import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TensorScope } from '#tensor';
import { AdamW } from '#nn';
import {
  Decoder,
  formulaParameters,
  formulaTokens,
  referenceSizes,
  rotaryTables,
} from './decoder.ts';

interface Losses {
  readonly f32: readonly number[];
  readonly bf16: readonly number[];
}
const file = new URL('../fixtures/engine/losses.json', import.meta.url);
const stored = JSON.parse(readFileSync(file, 'utf8')) as { answered: Losses; asShipped: Losses };
const asShipped = process.env['VL_RETHINKER_MKL_AS_SHIPPED'] !== undefined;
const wanted = asShipped ? stored.asShipped : stored.answered;

const settings = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

function tenLosses(dtype: 'f32' | 'bf16'): readonly number[] {
  using model = new Decoder(referenceSizes, formulaParameters(dtype));
  using optimizer = new AdamW(model.parameters.tensors);
  using _scope = new TensorScope('parity');
  const tokens = formulaTokens(4, 128, referenceSizes.vocabulary);
  const tables = rotaryTables(128, 64, dtype);
  return Array.from({ length: 10 }, () => {
    using _step = new TensorScope('step');
    const loss = model.loss(tokens, tables);
    loss.backward();
    optimizer.accumulate();
    optimizer.step(settings);
    return loss.item();
  });
}

test.for([
  ['f32', 1e-4],
  ['bf16', 1e-3],
] as const)(
  'ten losses of the reference step in %s equal those of PyTorch to %f',
  ([dtype, bound]) => {
    const found = tenLosses(dtype);
    expect(found.length).toBe(wanted[dtype].length);
    for (const [step, loss] of found.entries()) {
      expect(Math.abs(loss - wanted[dtype][step]!), `step ${step}: ${loss}`).toBeLessThan(bound);
    }
  },
);

test('the reference decoder has 12.3 million parameters', () => {
  using model = new Decoder(referenceSizes, formulaParameters('f32'));
  const count = [...model.parameters.tensors.values()].reduce((sum, { size }) => sum + size, 0);
  expect(count).toBe(12_325_376);
  expect(model.parameters.problems).toEqual([]);
});
