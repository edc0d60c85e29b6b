import { expect, test } from 'vitest';
import { type Completion, Sampler, SamplerError, TextTail, type TokenEvent } from '#sampler';
import { liveTensors, memory, noGrad } from '#tensor';
import { picture, promptOf, tinyConfig, tinyModel } from '../../src/model/__fixtures__/tiny.ts';
import { ask, letters, openTiny, patchesOf } from './open-tiny.ts';

const prompt = promptOf(2, [14]);
const withPicture = promptOf(1, [9, picture('a', 4, 6), 5]);
const ids = (completions: readonly Completion[]) => completions.map(({ tokens }) => [...tokens]);
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test.each([
  ['a negative temperature', { temperature: -1 }, /temperature of 0 \(greedy\)/],
  ['a temperature that is no number', { temperature: Number.NaN }, /temperature/],
  ['half a top-k', { topK: 1.5 }, /topK/],
  ['a top-p of 0', { topP: 0 }, /topP/],
  ['a min-p of 1', { minP: 1 }, /minP/],
  ['a penalty of 0', { repetitionPenalty: 0 }, /repetitionPenalty/],
  ['no tokens', { maxTokens: 0 }, /maxTokens/],
  ['a least length above the greatest', { minTokens: 20, maxTokens: 10 }, /minTokens/],
  ['a response beyond the context', { maxTokens: 512 }, /context of 512 tokens, found 14 \+ 512/],
  ['an unknown stop id', { stopIds: [64] }, /ids below 64, found 64/],
  [
    'nothing that may be drawn',
    { bannedIds: Array.from({ length: 64 }, (_, id) => id) },
    /at least one id/,
  ],
  ['an empty stop string', { stopStrings: [''] }, /not empty/],
])('%s is refused, in words', async (_name, own, message) => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  expect(() => sampler.submit(ask(prompt, { params: own }))).toThrow(SamplerError);
  expect(() => sampler.submit(ask(prompt, { params: own }))).toThrow(message);
});

test.each([0.5, -1, 2 ** 53, Number.NaN])('the seed %d is refused', async (seed) => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  expect(() => sampler.submit(ask(prompt, { seed }))).toThrow(/seed to be a whole number/);
});

test('what memory cannot hold is refused before anything is computed', async () => {
  const { sampler } = await openTiny({ cacheBytes: 40_000, pictureBytes: 100_000 });
  await using _sampler = sampler;
  expect(() => sampler.submit(ask(prompt, { params: { maxTokens: 300 } }))).toThrow(
    /fit 40000 bytes/,
  );
  expect(() => sampler.submit(ask(withPicture))).toThrow(
    /pixels of 1 pictures to fit 100000 bytes/,
  );
  expect(await sampler.sample(ask(prompt))).toHaveLength(1);
});

test('a picture that cannot be read fails its own request only', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const bad = sampler.sample(ask(promptOf(1, [3, picture('z', 4, 4), 5])));
  const good = sampler.sample(ask(withPicture));
  await expect(bad).rejects.toThrow('there is no picture z');
  expect(await good).toHaveLength(1);
});

test('pixels of the wrong size fail their own request only', async () => {
  const { sampler } = await openTiny({
    patches: async (image) => {
      const patches = await patchesOf(image);
      return image.hash === 'b' ? { ...patches, pixels: patches.pixels.slice(1176) } : patches;
    },
  });
  await using _sampler = sampler;
  const good = sampler.sample(ask(withPicture));
  const bad = sampler.sample(ask(promptOf(1, [3, picture('b', 8, 8), 5])));
  const after = sampler.sample(ask(prompt));
  await expect(bad).rejects.toThrow('picture b: expected 75264 values, found 74088');
  expect(await good).toHaveLength(1);
  expect(await after).toHaveLength(1);
});

test('a listener that throws fails its own request only', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const bad = sampler.sample(ask(prompt), {
    onToken: () => {
      throw new Error('the listener is broken');
    },
  });
  const good = sampler.sample(ask(withPicture));
  await expect(bad).rejects.toThrow('the listener is broken');
  expect(await good).toHaveLength(1);
});

test('weights that are not numbers fail the requests, and better ones serve the next', async () => {
  const broken = tinyModel();
  for (const [name, weight] of broken.parameters) {
    if (name === 'model.norm.weight') weight.detach().fill_(Number.NaN);
  }
  const { sampler } = await openTiny({}, broken);
  await using _sampler = sampler;
  await expect(sampler.sample(ask(prompt))).rejects.toThrow(/finite logits, found NaN/);
  await sampler.publish(tinyModel());
  expect(await sampler.sample(ask(prompt))).toHaveLength(1);
});

test('a full queue refuses, and says so by its fault', async () => {
  const { sampler } = await openTiny({ maxQueue: 2 });
  await using _sampler = sampler;
  const [first, second] = [sampler.sample(ask(prompt)), sampler.sample(ask(prompt))];
  expect(() => sampler.submit(ask(prompt))).toThrow(expect.objectContaining({ fault: 'full' }));
  await Promise.all([first, second]);
  expect(await sampler.sample(ask(prompt))).toHaveLength(1);
});

test('cancelled requests end with what they have, others go on', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const long = { stopIds: [], maxTokens: 200 };
  let seen = 0;
  const one = sampler.submit(ask(prompt, { count: 2, params: long }), {
    onToken: () => {
      if (++seen === 20) one.cancel();
    },
  });
  const other = sampler.sample(ask(withPicture, { params: { ...long, maxTokens: 60 } }));
  const never = sampler.submit(ask(withPicture, { count: 3 }), { signal: AbortSignal.abort() });
  const found = await one.done;
  expect(found.map(({ stop }) => stop)).toEqual(['cancelled', 'cancelled']);
  expect(found[0]?.tokens).toHaveLength(10);
  expect((await never.done).map(({ stop, tokens }) => [stop, tokens.length])).toEqual(
    Array.from({ length: 3 }, () => ['cancelled', 0]),
  );
  expect((await other)[0]?.stop).toBe('length');
});

test('a stream that nobody reads holds nobody up, and loses no token', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const request = ask(withPicture, { count: 2, params: { stopIds: [], maxTokens: 50 } });
  const whole = await sampler.sample(request);
  const stream = sampler.stream(request, { unread: 12 });
  const others = await sampler.sample(
    ask(prompt, { count: 4, params: { stopIds: [], maxTokens: 120 } }),
  );
  expect(others).toHaveLength(4);
  await turns(5);
  expect(stream.unread).toBeLessThan(16);
  expect(sampler.activeRows).toBe(0);
  const events: TokenEvent[] = [];
  for await (const event of stream) events.push(event);
  expect(events).toHaveLength(100);
  expect(ids(await stream.done)).toEqual(ids(whole));
  expect(events.filter(({ index }) => index === 1).map(({ id }) => id)).toEqual([
    ...whole[1]!.tokens,
  ]);
  expect(events.filter(({ stop }) => stop === 'length')).toHaveLength(2);
});

test('leaving the loop over a stream cancels its request', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const stream = sampler.stream(ask(prompt, { params: { stopIds: [], maxTokens: 300 } }));
  for await (const { id } of stream) if (id >= 0) break;
  const [completion] = await stream.done;
  expect(completion?.stop).toBe('cancelled');
  await turns(3);
  expect(sampler.activeRows).toBe(0);
});

test('publishing waits for what has begun; no request mixes two versions', async () => {
  const { sampler } = await openTiny({ maxRows: 4 });
  await using _sampler = sampler;
  const before = Array.from({ length: 6 }, (_, seed) =>
    sampler.sample(ask(prompt, { seed, count: 2, params: { stopIds: [], maxTokens: 30 } })),
  );
  await turns(8);
  const other = tinyModel();
  for (const weight of other.parameters.values()) weight.detach().mul_(0.5);
  const version = sampler.publish(other, 7);
  const after = sampler.sample(
    ask(prompt, { seed: 0, count: 2, params: { stopIds: [], maxTokens: 30 } }),
  );
  const versions = (await Promise.all(before)).map(
    (all) => new Set(all.map((each) => each.weightsVersion)),
  );
  for (const found of versions) expect(found.size).toBe(1);
  expect(versions.map(([only]) => only)).toEqual([1, 1, 7, 7, 7, 7]);
  expect(await version).toBe(7);
  const fresh = await after;
  expect(fresh[0]?.weightsVersion).toBe(7);
  const { sampler: alone } = await openTiny({}, other);
  await using _alone = alone;
  const [same] = await alone.sample(
    ask(prompt, { seed: 0, count: 2, params: { stopIds: [], maxTokens: 30 } }),
  );
  expect([...fresh[0]!.tokens]).toEqual([...same!.tokens]);
});

test('nothing that old weights have computed serves new ones', async () => {
  const request = ask(withPicture, { keep: true, params: { temperature: 0, stopIds: [] } });
  const other = tinyModel();
  const [norm] = [...other.parameters].filter(([name]) =>
    name.endsWith('layers.0.mlp.up_proj.weight'),
  );
  noGrad(() => norm?.[1].mul_(-1));
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const old = await sampler.sample(request);
  await sampler.publish(other);
  const { sampler: fresh } = await openTiny({}, other);
  await using _fresh = fresh;
  const [ours, theirs] = [await sampler.sample(request), await fresh.sample(request)];
  expect(ids(ours)).toEqual(ids(theirs));
  expect(ids(ours)).not.toEqual(ids(old));
});

test('a model that is given away is held once, and freed with the sampler', async () => {
  const [tensors, { bytes }] = [liveTensors(), memory()];
  const model = tinyModel('f32', { ...tinyConfig, text: { ...tinyConfig.text, vocabSize: 4096 } });
  const own = memory().bytes - bytes;
  const sampler = new Sampler({
    dtype: 'f32',
    patches: patchesOf,
    maxRows: 8,
    prefillTokens: 64,
    cacheBytes: 1e7,
  });
  await sampler.publish(model, 1, { take: true });
  expect(memory().bytes - bytes).toBeLessThanOrEqual(own);
  expect(await sampler.sample(ask(withPicture))).toHaveLength(1);
  await sampler[Symbol.asyncDispose]();
  expect(liveTensors()).toBe(tensors);
  expect(() => sampler.submit(ask(prompt))).toThrow(expect.objectContaining({ fault: 'closed' }));
});

test('a stop string ends the response after the token that completes it; the text ends before it', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const request = ask(prompt, {
    count: 8,
    text: true,
    params: { stopIds: [], maxTokens: 60, stopStrings: ['end'] },
  });
  const streamed: string[] = Array(8).fill('');
  const all = await sampler.sample(request, {
    onToken: ({ index, text }) => {
      streamed[index] += text ?? '';
    },
  });
  expect(all.map(({ stop }) => stop)).toContain('stop');
  for (const [index, { tokens, text, stop }] of all.entries()) {
    const whole = letters(tokens);
    expect(text).toBe(stop === 'stop' ? whole.slice(0, whole.indexOf('end')) : whole);
    expect(streamed[index]).toBe(text);
    const before = letters(stop === 'stop' ? tokens.subarray(0, -1) : tokens);
    expect(before).not.toContain('end');
  }
});

test('before the least length neither stop ids nor stop strings end a response', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const stopIds = Array.from({ length: 30 }, (_, id) => id);
  const all = await sampler.sample(
    ask(prompt, {
      count: 16,
      params: { stopIds, stopStrings: ['a', 'b', 'c', 'd', 'e'], minTokens: 9, maxTokens: 30 },
    }),
  );
  expect(Math.min(...all.map(({ tokens }) => tokens.length))).toBeGreaterThanOrEqual(9);
  expect(all.every(({ tokens, stop }) => stop === 'length' || tokens.length < 30)).toBe(true);
});

test('text comes in whole characters, and a possible stop string is held back', () => {
  const bytes = new TextEncoder().encode('aé€x');
  const decode = (given: Int32Array) => new TextDecoder().decode(Uint8Array.from(given));
  const tail = new TextTail(decode, ['xyz']);
  const told = [...bytes].map((byte) => tail.push(byte, true));
  expect(told).toEqual(['a', '', 'é', '', '', '€', '']);
  expect(tail.end()).toBe('x');
  const stopping = new TextTail(decode, ['xyz']);
  expect([...new TextEncoder().encode('ax-xyz')].map((byte) => stopping.push(byte, true))).toEqual([
    'a',
    '',
    'x-',
    '',
    '',
    '',
  ]);
  expect([stopping.stopped, stopping.text, stopping.end()]).toEqual([true, 'ax-', '']);
});
