import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { decodePicture, measurePicture } from './image-decode.ts';
import type { Picture } from './image-decode.ts';
import { ImageError } from './image-error.ts';
import { fetchImage } from './image-fetch.ts';
import type { ImageRef } from './problem.ts';

/** What may be opened, and how much of it. */
export interface ImageAccess {
  /** Whether a source may name a file on this computer; a server says no. Default: yes. */
  readonly files?: boolean;
  /** Addresses that may be asked: none, those of the public internet, or any. Default: public. */
  readonly network?: 'none' | 'public' | 'any';
  /** Of the encoded file. Default: 64 MiB. */
  readonly maxBytes?: number;
  /** Of the decoded picture. Default: 100 million. */
  readonly maxPixels?: number;
  /** For a download as a whole, redirects included. Default: 20 seconds. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const MAX_BYTES = 64 * 2 ** 20;
const TIMEOUT_MS = 20_000;

/**
 * Opens a picture by path, `file:`, `data:` or http(s) address, or from its bytes: checks its kind and
 * size, and measures it upright. Files stay where they are; what came from elsewhere is kept as bytes.
 *
 * @throws ImageError naming the source.
 */
export async function openImage(
  source: string | Uint8Array,
  access: ImageAccess = {},
): Promise<ImageRef> {
  try {
    const { kept, bytes } = await load(source, access);
    const { maxPixels } = access;
    const size = await measurePicture(bytes, maxPixels === undefined ? {} : { maxPixels });
    return { hash: imageHash(bytes), source: kept, ...size };
  } catch (error) {
    throw naming(source, error);
  }
}

/**
 * Decodes an opened picture.
 *
 * @throws ImageError `changed` if the file is not the one that was opened, else as `decodePicture`.
 */
export async function readImage(image: ImageRef): Promise<Picture> {
  const { source, hash } = image;
  try {
    const bytes = typeof source === 'string' ? await loadFile(source, Infinity) : source;
    if (imageHash(bytes) !== hash) {
      throw new ImageError(
        'changed',
        `expected the file with SHA-256 ${hash.slice(0, 12)}…, found other bytes; ` +
          'open the dataset again, and keep its pictures unchanged while a run uses them',
      );
    }
    return await decodePicture(bytes, { maxPixels: image.width * image.height });
  } catch (error) {
    throw naming(source, error);
  }
}

/** SHA-256 of an encoded file, hexadecimal. */
export function imageHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Loaded {
  /** What the reference keeps. */
  readonly kept: string | Uint8Array;
  readonly bytes: Uint8Array;
}

async function load(source: string | Uint8Array, access: ImageAccess): Promise<Loaded> {
  const { files = true, network = 'public', maxBytes = MAX_BYTES } = access;
  if (typeof source !== 'string') {
    checkBytes(source.length, maxBytes);
    // A view into something larger, such as a file of many rows, would keep all of it in memory.
    const own = source.length === source.buffer.byteLength ? source : new Uint8Array(source);
    return { kept: own, bytes: own };
  }
  const scheme = /^(data|https?|file):/i.exec(source)?.[1]?.toLowerCase();
  if (scheme === 'data') {
    const bytes = dataUrlBytes(source, maxBytes);
    return { kept: bytes, bytes };
  }
  if (scheme === 'http' || scheme === 'https') {
    if (network === 'none') throw refused('a data URL or bytes', 'a network address');
    const { timeoutMs = TIMEOUT_MS, signal } = access;
    const stop = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
    const privateAddresses = network === 'any';
    const bytes = await fetchImage(new URL(source), { maxBytes, privateAddresses, signal: stop });
    return { kept: bytes, bytes };
  }
  if (!files) throw refused('a data URL or an http(s) address', 'the path of a file');
  const path = scheme === 'file' ? fileURLToPath(source) : source;
  return { kept: path, bytes: await loadFile(path, maxBytes) };
}

async function loadFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    checkBytes(size, maxBytes);
    return await readFile(path);
  } catch (error) {
    if (error instanceof ImageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ImageError('missing', `expected a readable file, found ${reason}`, { cause: error });
  }
}

function dataUrlBytes(url: string, maxBytes: number): Uint8Array {
  const comma = url.indexOf(',');
  if (comma < 0) {
    throw new ImageError('format', 'expected `data:image/…;base64,…`, found no comma in it');
  }
  const body = url.slice(comma + 1);
  const base64 = /;\s*base64\s*$/i.test(url.slice(0, comma));
  checkBytes(base64 ? Math.floor(body.length * 0.75) - 2 : body.length / 3, maxBytes);
  try {
    const bytes = base64 ? Buffer.from(body, 'base64') : Buffer.from(decodeURIComponent(body));
    checkBytes(bytes.length, maxBytes);
    return bytes;
  } catch (error) {
    if (error instanceof ImageError) throw error;
    throw new ImageError('format', 'expected a data URL, found a malformed one', { cause: error });
  }
}

function checkBytes(bytes: number, maxBytes: number): void {
  if (bytes <= maxBytes) return;
  throw new ImageError(
    'too-large',
    `expected at most ${maxBytes} bytes, found ${bytes}; shrink the picture or raise the limit`,
  );
}

function refused(expected: string, found: string): ImageError {
  return new ImageError(
    'refused',
    `expected ${expected}, found ${found}, which is not allowed here`,
  );
}

/** The error with the start of its source in front; other errors pass unchanged. */
function naming(source: string | Uint8Array, error: unknown): unknown {
  if (!(error instanceof ImageError)) return error;
  const name = typeof source === 'string' ? source.slice(0, 200) : `${source.length} bytes`;
  const shown = /^data:/i.test(name) ? `${name.slice(0, 32)}…` : name;
  return new ImageError(error.fault, `picture ${shown}: ${error.message}`, { cause: error });
}
