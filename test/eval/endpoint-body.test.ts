import { expect, test } from 'vitest';
import { imageHash } from '#data';
import { BodyPool, requestBody } from '../../src/eval/endpoint-body.ts';

const decoding = { temperature: 0, topP: 1, maxTokens: 8, seed: 0 };

async function sentPictures(sizes: readonly number[], pool: BodyPool): Promise<readonly Buffer[]> {
  const pictures = sizes.map((size) =>
    Buffer.from(Array.from({ length: size }, (_, at) => (at * 31) % 251)),
  );
  const parts = pictures.flatMap((source) => [
    { kind: 'image', image: { hash: imageHash(source), source, width: 1, height: 1 } } as const,
    { kind: 'text', text: 'größer als „1“' } as const,
  ]);
  const body = await requestBody('m', { id: 'a', sample: 0, parts }, decoding, pool);
  const text = body.memory.toString('utf8', 0, body.bytes);
  pool.give(body.memory);
  const { messages } = JSON.parse(text) as {
    messages: { content: { image_url?: { url: string } }[] }[];
  };
  const urls = (messages[0]?.content ?? []).flatMap(({ image_url }) => image_url?.url ?? []);
  const sent = urls.map((url) => Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
  expect(
    sent.map((bytes) => bytes.equals(pictures[sent.indexOf(bytes)] ?? Buffer.alloc(0))),
  ).toEqual(sizes.map(() => true));
  return sent;
}

test('pictures arrive byte for byte, whatever their size and whatever lay in the memory before', async () => {
  const pool = new BodyPool(2);
  const stretch = 48 * 1024;
  await sentPictures([3 * stretch + 5], pool);
  await sentPictures([1, 2, 3, stretch - 1, stretch, stretch + 1, 2 * stretch], pool);
  expect(await sentPictures([10], pool)).toHaveLength(1);
});

test('memory that was given back is taken again, and no more of it waits than the pool keeps', () => {
  const pool = new BodyPool(1);
  const [first, second] = [pool.take(10), pool.take(10)];
  pool.give(first);
  pool.give(second);
  expect(pool.take(10)).toBe(second);
  expect(pool.take(10)).not.toBe(first);
});
