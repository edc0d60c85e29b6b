import { expect, test } from 'vitest';
import { native } from '../../src/tensor/native.ts';

const call = native.call.bind(native);
let calls = 0;
native.call = (operator, ...args) => {
  calls++;
  return call(operator, ...args);
};
// The operators take `call` when they are loaded.
const { promptOf, tinyConfig, tinyModel } = await import('../../src/model/__fixtures__/tiny.ts');
const { ask, openTiny } = await import('./open-tiny.ts');

/** Calls of one token step of two groups of eight, in a model with so many layers. */
async function callsPerStep(layers: number): Promise<number> {
  const text = { ...tinyConfig.text, layers, vocabSize: 2048 };
  const model = tinyModel('f32', { ...tinyConfig, text });
  const { sampler } = await openTiny({}, model);
  await using _sampler = sampler;
  using _model = model;
  const prompts = [promptOf(1, [14]), promptOf(2, [14])];
  const callsFor = async (maxTokens: number): Promise<number> => {
    calls = 0;
    const params = { maxTokens, stopIds: [] };
    await Promise.all(prompts.map((prompt) => sampler.sample(ask(prompt, { count: 8, params }))));
    return calls;
  };
  await callsFor(2);
  return ((await callsFor(40)) - (await callsFor(20))) / 20;
}

test('a token step takes at most 25 calls per layer and 30 more', async () => {
  const [two, four] = [await callsPerStep(2), await callsPerStep(4)];
  const perLayer = (four - two) / 2;
  expect(perLayer).toBeGreaterThan(10);
  expect(perLayer).toBeLessThanOrEqual(25);
  expect(two - 2 * perLayer).toBeLessThanOrEqual(30);
});
