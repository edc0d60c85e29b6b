import { expect, test } from 'vitest';
import { type Completion } from '#sampler';
import { memory } from '#tensor';
import { picture, promptOf } from '../../src/model/__fixtures__/tiny.ts';
import { ask, openTiny, patchesOf } from './open-tiny.ts';

const ids = (completions: readonly Completion[]): readonly (readonly number[])[] =>
  completions.map(({ tokens }) => [...tokens]);

const prompts = [
  promptOf(1, [9, picture('a', 4, 6), 5]),
  promptOf(2, [14]),
  promptOf(3, [picture('b', 8, 8), 3, picture('c', 2, 2), 2]),
  promptOf(4, [1]),
];

test.each([0, 1])(
  'temperature %d: the same ids alone and among neighbours, in any order',
  async (temperature) => {
    const { sampler } = await openTiny();
    await using _sampler = sampler;
    const requests = prompts.map((prompt, index) =>
      ask(prompt, {
        seed: index,
        count: 3,
        params: { temperature, maxTokens: 5 + 9 * index, stopIds: [] },
      }),
    );
    const alone: (readonly (readonly number[])[])[] = [];
    for (const request of requests) alone.push(ids(await sampler.sample(request)));
    const together = await Promise.all(requests.map((request) => sampler.sample(request)));
    const backwards = await Promise.all(
      [...requests].reverse().map((request) => sampler.sample(request)),
    );
    expect(together.map(ids)).toEqual(alone);
    expect(backwards.reverse().map(ids)).toEqual(alone);
  },
);

test('the same requests give the same bytes, however long pictures take', async () => {
  const once = async (delays: readonly number[]): Promise<readonly (readonly Completion[])[]> => {
    let at = 0;
    const { sampler } = await openTiny({
      maxRows: 6,
      patches: async (image) => {
        await new Promise((resolve) => setTimeout(resolve, delays[at++ % delays.length]));
        return patchesOf(image);
      },
    });
    await using _sampler = sampler;
    return await Promise.all(
      prompts.map((prompt, seed) => sampler.sample(ask(prompt, { seed, count: 4 }))),
    );
  };
  const [quick, slow] = [await once([0]), await once([30, 0, 15])];
  expect(slow).toEqual(quick);
});

test('fewer rows than completions: all are drawn, and no differently', async () => {
  const { sampler, model } = await openTiny();
  await using _sampler = sampler;
  const request = ask(prompts[0]!, { count: 20, params: { maxTokens: 9 } });
  const all = ids(await sampler.sample(request));
  const { sampler: narrow } = await openTiny({ maxRows: 3 }, model);
  await using _narrow = narrow;
  expect(ids(await narrow.sample(request))).toEqual(all);
});

test('in a crowd rows enter together, and the last ones as soon as there is room', async () => {
  const { sampler } = await openTiny({ maxRows: 64 });
  await using _sampler = sampler;
  const entered: number[] = [];
  let step = 0;
  const followed = (index: number) => {
    let drawn = 0;
    const onToken = (): void => {
      if (index === 0) step = drawn;
      else if (drawn === 0) entered[step] = (entered[step] ?? 0) + 1;
      drawn++;
    };
    return { onToken };
  };
  // One row ends with every step from the fourth on, while nine requests wait.
  const requests = Array.from({ length: 73 }, (_, index) =>
    ask(promptOf(index, [3]), {
      seed: index,
      params: { stopIds: [], maxTokens: index === 0 ? 90 : 3 + (index % 64) },
    }),
  );
  await Promise.all(requests.map((request, index) => sampler.sample(request, followed(index))));
  const later = entered.slice(1).filter((count) => count > 0);
  expect(later.length).toBeGreaterThan(2);
  expect(later.reduce((sum, count) => sum + count, 0)).toBe(9);
  expect(Math.min(...later.slice(0, -1))).toBe(2);
});

test('a prompt is computed once for all its completions, and a picture once for all prompts', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  await Promise.all([
    sampler.sample(ask(prompts[0]!, { count: 8 })),
    sampler.sample(ask(prompts[0]!, { seed: 2, count: 8 })),
  ]);
  expect(sampler.figures.prefillTokens).toBe(prompts[0]!.length);
  expect(sampler.figures.patches).toBe(24);
  await sampler.sample(ask(promptOf(8, [picture('a', 4, 6), 4])));
  expect(sampler.figures.patches).toBe(24);
});

test('what a request asks to keep is not computed again when it goes on', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const prompt = prompts[0]!;
  const drafts = await sampler.sample(
    ask(prompt, { count: 4, keep: true, params: { stopIds: [], maxTokens: 20 } }),
  );
  sampler.clearFigures();
  await Promise.all(
    drafts.map(({ tokens }) => {
      const given = Int32Array.from([...tokens.subarray(0, 19), 7, 8, 9]);
      const chunks = [...prompt.chunks, { kind: 'tokens' as const, ids: given }];
      return sampler.sample(ask({ chunks, length: prompt.length + given.length }));
    }),
  );
  expect(sampler.figures.prefillTokens).toBe(4 * 3);
});

test('a prompt that is asked once is dropped when nobody reads or awaits it', async () => {
  const { sampler } = await openTiny({ maxRows: 2 });
  await using _sampler = sampler;
  const [first, second] = [prompts[0]!, prompts[1]!];
  const long = { maxTokens: 20, stopIds: [] };
  // The rows of the second request wait for those of the first.
  const seeds = [1, 2];
  await Promise.all(
    seeds.map((seed) => sampler.sample(ask(first, { once: true, count: 2, seed, params: long }))),
  );
  expect(sampler.figures.prefillTokens).toBe(first.length);
  expect(sampler.cacheBytes).toBe(0);
  await sampler.sample(ask(second, { params: long }));
  expect(sampler.cacheBytes).toBeGreaterThan(0);
  // Who asks last decides.
  await sampler.sample(ask(second, { once: true, params: long }));
  expect(sampler.figures.prefillTokens).toBe(first.length + second.length);
  expect(sampler.cacheBytes).toBe(0);
  await Promise.all(
    [true, false].map((once) => sampler.sample(ask(second, { once, params: long }))),
  );
  expect(sampler.cacheBytes).toBeGreaterThan(0);
});

test('a row that stops at its first token leaves its prompt to be dropped', async () => {
  const { sampler } = await openTiny();
  await using _sampler = sampler;
  const [first, second] = [prompts[0]!, prompts[1]!];
  await sampler.sample(ask(first, { once: true, params: { maxTokens: 1 } }));
  await sampler.sample(ask(second, { once: true, params: { maxTokens: 20, stopIds: [] } }));
  expect(sampler.cacheBytes).toBe(0);
});

test('a long prompt takes turns with token steps and comes out the same', async () => {
  const long = promptOf(5, [60, picture('b', 8, 8), 70, picture('a', 4, 6), 90]);
  const request = ask(long, { count: 2, params: { maxTokens: 10 } });
  const { sampler, model } = await openTiny({ prefillTokens: 4096 });
  await using _sampler = sampler;
  const whole = await sampler.sample(request);
  const { sampler: patient } = await openTiny({ prefillTokens: 32 }, model);
  await using _patient = patient;
  const times: string[] = [];
  const short = patient.submit(ask(prompts[1]!, { params: { maxTokens: 60, stopIds: [] } }), {
    onToken: () => times.push('short'),
  });
  const cut = patient.submit(request, { onToken: () => times.push('long') });
  await short.done;
  const found = await cut.done;
  expect(ids(found)).toEqual(ids(whole));
  const before = times.indexOf('long');
  expect(times.slice(0, before).filter((who) => who === 'short').length).toBeGreaterThanOrEqual(7);
});

test('keys and values stay within their budget, and everything is answered', async () => {
  const budget = 300_000;
  const { sampler } = await openTiny({ cacheBytes: budget });
  await using _sampler = sampler;
  let most = 0;
  const all = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      sampler.sample(
        ask(promptOf(index, [10 + ((index * 37) % 90)]), {
          seed: index,
          count: 1 + (index % 5),
          keep: index % 2 === 0,
          params: { maxTokens: 4 + ((index * 13) % 60) },
        }),
        {
          onToken: () => {
            most = Math.max(most, sampler.cacheBytes);
          },
        },
      ),
    ),
  );
  expect(all.flat()).toHaveLength(180);
  expect(most).toBeGreaterThan(budget / 4);
  expect(most).toBeLessThanOrEqual(budget);
});

test(
  '100,000 tokens with requests cancelled at random leave no tensor and no byte',
  { timeout: 120_000 },
  async () => {
    const start = memory();
    const { sampler, model } = await openTiny({ maxRows: 64, prefillTokens: 128 });
    let state = 12345;
    const random = (n: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % n;
    };
    const count = { tokens: 0 };
    let [whole, cut] = [0, 0];
    const one = async (seed: number): Promise<void> => {
      const request = ask(prompts[random(4)]!, {
        seed,
        count: 1 + random(6),
        keep: random(2) === 0,
        params: { maxTokens: 1 + random(120), stopIds: random(2) === 0 ? [63] : [] },
      });
      const stopAt = random(3) === 0 ? random(80) : Infinity;
      let seen = 0;
      const sampling = sampler.submit(request, {
        onToken: () => {
          count.tokens++;
          if (++seen > stopAt) sampling.cancel();
        },
      });
      if (random(20) === 0) sampling.cancel();
      const completions = await sampling.done;
      expect(completions).toHaveLength(request.count);
      if (completions.some(({ stop }) => stop === 'cancelled')) cut++;
      else whole++;
    };
    for (let round = 0; count.tokens < 100_000; round++) {
      await Promise.all(Array.from({ length: 40 }, (_, index) => one(round * 40 + index)));
    }
    expect(cut).toBeGreaterThan(50);
    expect(whole).toBeGreaterThan(50);
    expect(sampler.activeRows).toBe(0);
    await sampler[Symbol.asyncDispose]();
    expect(sampler.cacheBytes).toBe(0);
    expect(memory().live - start.live).toBe(model.parameters.size);
    model[Symbol.dispose]();
    expect(memory().live).toBe(start.live);
    expect(memory().bytes).toBe(start.bytes);
  },
);
