import { readFile } from 'node:fs/promises';
import { imageHash } from '#data';
import type { ImageRef } from '#data';
import { RequestError } from './responder.ts';
import type { Decoding, Question } from './responder.ts';
import { seedOf } from './local-responder.ts';

/**
 * Memory for bodies, used again and again: a body of megabytes costs its page faults once. At most so
 * many wait for their next use.
 */
export class BodyPool {
  readonly #free: Buffer[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** Memory of at least so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    const at = this.#free.findIndex((buffer) => buffer.length >= bytes);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    return found ?? Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP) * STEP);
  }

  /** Gives memory back that nobody reads any more. */
  give(buffer: Buffer): void {
    if (this.#free.length >= this.#most) this.#free.shift();
    this.#free.push(buffer);
  }
}

const STEP = 256 * 1024;

/** The body of a request: the first `bytes` bytes of `memory`; pictures are base64 inside data URLs. */
export interface RequestBody {
  readonly memory: Buffer;
  readonly bytes: number;
}

/**
 * A chat completion request with one user turn (OpenAI's API reference, chat completions). Pictures are
 * sent as their files are.
 *
 * @throws RequestError where a picture cannot be read.
 */
export async function requestBody(
  model: string,
  { id, sample, parts }: Question,
  decoding: Decoding,
  pool: BodyPool,
): Promise<RequestBody> {
  const pictures: Buffer[] = [];
  const content: object[] = [];
  for (const part of parts) {
    if (part.kind === 'text') content.push({ type: 'text', text: part.text });
    else {
      const bytes = await bytesOf(part.image);
      pictures.push(bytes);
      content.push({
        type: 'image_url',
        image_url: { url: `data:${kindOf(bytes)};base64,${PLACE}` },
      });
    }
  }
  const { temperature, topP, maxTokens, seed } = decoding;
  const drawn =
    temperature > 0 ? { top_p: topP, seed: seedOf(seed, { id, sample }) % 2 ** 31 } : {};
  const messages = [{ role: 'user', content }];
  const json = JSON.stringify({
    model,
    messages,
    temperature,
    ...drawn,
    max_tokens: maxTokens,
    stream: false,
  });
  const texts = json.split(JSON.stringify(PLACE).slice(1, -1));
  if (texts.length !== pictures.length + 1)
    throw new RequestError(`internal: the text of ${id} holds the place of a picture`);
  return written(texts, pictures, pool);
}

/** Texts with the base64 of a picture behind each but the last. */
function written(
  texts: readonly string[],
  pictures: readonly Buffer[],
  pool: BodyPool,
): RequestBody {
  const bytes =
    texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) +
    pictures.reduce((sum, picture) => sum + 4 * Math.ceil(picture.length / 3), 0);
  const memory = pool.take(bytes);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    at += memory.write(text, at, 'utf8');
    const picture = pictures[index];
    if (picture !== undefined) at += writeBase64(memory, at, picture);
  }
  return { memory, bytes };
}

/** Bytes whose base64 is written at once: a multiple of three, and small enough for the cache. */
const STRETCH = 48 * 1024;

function writeBase64(memory: Buffer, from: number, bytes: Buffer): number {
  let at = from;
  for (let start = 0; start < bytes.length; start += STRETCH)
    at += memory.write(bytes.toString('base64', start, start + STRETCH), at, 'latin1');
  return at - from;
}

/** Stands for a picture while the rest is written as JSON; no text of a benchmark holds it. */
const PLACE = '\u{F0000}picture\u{F0001}';

async function bytesOf({ source, hash }: ImageRef): Promise<Buffer> {
  if (typeof source !== 'string')
    return Buffer.from(source.buffer, source.byteOffset, source.length);
  const bytes = await readFile(source).catch((cause: unknown) => {
    throw new RequestError(`expected the picture ${source}, found ${String(cause)}`, { cause });
  });
  if (imageHash(bytes) === hash) return bytes;
  throw new RequestError(`expected the picture ${source} unchanged, found other bytes`);
}

function kindOf(bytes: Buffer): string {
  if (bytes.subarray(0, 4).toString('latin1') === '\u0089PNG') return 'image/png';
  if (bytes.subarray(0, 4).toString('latin1') === 'GIF8') return 'image/gif';
  if (bytes.subarray(8, 12).toString('latin1') === 'WEBP') return 'image/webp';
  return 'image/jpeg';
}
