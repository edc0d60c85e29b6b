import { expect, test } from 'vitest';
import type { Policy } from '#policy';
import { localResponder } from './local-responder.ts';

type Request = Parameters<Policy['sample']>[0];

/** A policy that answers when it is told to, for prompts with one picture of so many patches. */
function policyOf(patches: number) {
  const waiting: (() => void)[] = [];
  const requests: Request[] = [];
  const prompt = {
    length: 9,
    chunks: [{ kind: 'image', grid: { t: 1, h: 1, w: patches } }],
  };
  const policy = {
    limits: { maxTokens: 100 },
    processor: {
      ids: { banned: [], end: 1 },
      layout: { patchSize: 14, temporalPatchSize: 2 },
      prompt: () => prompt,
      decode: () => '',
    },
    sample: (request: Request) => {
      requests.push(request);
      return new Promise((resolve) =>
        waiting.push(() => resolve([{ tokens: new Int32Array(2), stop: 'end' }])),
      );
    },
  } as unknown as Pick<Policy, 'processor' | 'limits' | 'sample'>;
  return { policy, waiting, requests };
}

const decoding = { temperature: 0, topP: 1, maxTokens: 8, seed: 0 };
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function askAll(patches: number, given?: number) {
  const { policy, waiting, requests } = policyOf(patches);
  const responder = localResponder(policy, {}, given);
  const stop = new AbortController();
  const replies = Array.from({ length: responder.atOnce }, (_, index) =>
    responder.ask({ id: String(index), sample: 0, parts: [] }, decoding, stop.signal),
  );
  await settled();
  return { waiting, requests, replies, stop };
}

test('more requests are under way than decode together', async () => {
  expect((await askAll(64)).waiting).toHaveLength(512);
  expect((await askAll(64, 7)).waiting).toHaveLength(7);
});

test('nothing is kept of prompts, which are asked once', async () => {
  const { requests } = await askAll(64, 3);
  expect(requests.map(({ once }) => once)).toEqual([true, true, true]);
});

test('pixels of requests under way stay below two gigabytes, and all are answered', async () => {
  const { waiting, replies } = await askAll(5120);
  const perPicture = 5120 * 1176 * 4;
  expect(waiting).toHaveLength(Math.floor(2 ** 31 / perPicture));
  for (let index = 0; index < replies.length; index += 1) {
    waiting[index]?.();
    await settled();
  }
  expect(await Promise.all(replies)).toHaveLength(512);
});

test('a request that waits for room is not made once it is given up', async () => {
  const { waiting, replies, stop } = await askAll(5120);
  const made = waiting.length;
  stop.abort();
  const ended = Promise.allSettled(replies);
  for (const answer of waiting.splice(0)) answer();
  await ended;
  expect(waiting).toEqual([]);
  expect(made).toBeGreaterThan(0);
});
