import { readFile } from 'node:fs/promises';
import { imageHash } from '#data';
import type { ImageRef } from '#data';
import { RequestError } from './responder.ts';
import type { Decoding, Question } from './responder.ts';
import { seedOf } from './local-responder.ts';

/** The body of a request in stretches; pictures are base64 inside data URLs. */
export interface RequestBody {
  /** Bytes, or base64 as text. */
  readonly chunks: readonly (Buffer | string)[];
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
): Promise<RequestBody> {
  const pictures: string[] = [];
  const content: object[] = [];
  for (const part of parts) {
    if (part.kind === 'text') content.push({ type: 'text', text: part.text });
    else {
      const bytes = await bytesOf(part.image);
      pictures.push(bytes.toString('base64'));
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
  const chunks = texts.flatMap((text, index) => {
    const picture = pictures[index];
    return picture === undefined ? [Buffer.from(text)] : [Buffer.from(text), picture];
  });
  // Base64 is ASCII: as many bytes as characters.
  return { chunks, bytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) };
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
