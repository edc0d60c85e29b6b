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

/** Calls of one token step of two groups of eight, in a model with so many layers and heads so wide. */
async function callsPerStep(layers: number, headDim: number): Promise<number> {
  const { heads } = tinyConfig.text;
  const widths = { headDim, hiddenSize: heads * headDim, mropeSection: [headDim / 2, 0, 0] };
  const text = { ...tinyConfig.text, ...widths, layers, vocabSize: 2048 };
  const vision = { ...tinyConfig.vision, outHiddenSize: heads * headDim };
  const model = tinyModel('f32', { ...tinyConfig, text, vision });
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

test.each([
  ['the kernels', 32, 9],
  ['operators of libtorch', 8, 25],
] as const)(
  'a token step by %s takes at most so many calls per layer and 30 more: heads of %d, %d calls',
  async (_by, headDim, most) => {
    const [two, four] = [await callsPerStep(2, headDim), await callsPerStep(4, headDim)];
    const perLayer = (four - two) / 2;
    expect(perLayer).toBeGreaterThan(most / 2);
    expect(perLayer).toBeLessThanOrEqual(most);
    expect(two - 2 * perLayer).toBeLessThanOrEqual(30);
  },
);
