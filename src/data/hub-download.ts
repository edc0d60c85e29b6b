import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ListFileEntry } from '@huggingface/hub';

import { exists, linkBlob, sizeOf } from './hub-cache.ts';
import { HubError } from './hub-error.ts';

/** One file on its way. */
export interface FileProgress {
  /** Path inside the repository. */
  readonly path: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** One file on its way, and how far all wanted files together are. */
export interface HubProgress extends FileProgress {
  /** What the cache had before counts as done. */
  readonly allDoneBytes: number;
  readonly allTotalBytes: number;
}

/** How the bytes of one file are had from a place on, and who is told. */
export interface Download {
  /** The repository's folder in the cache. */
  readonly folder: string;
  readonly commit: string;
  readonly onProgress: (progress: FileProgress) => void;
  open(entry: ListFileEntry): Promise<Blob | null>;
}

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;

/**
 * Fetches one file into `blobs` unless it is there, and links it into the snapshot. A download that
 * broke off goes on where it stopped; the result is checked against the hash that the hub announced.
 */
export async function downloadFile(entry: ListFileEntry, download: Download): Promise<void> {
  const { folder, commit } = download;
  const { path } = entry;
  if (path.split(/[\\/]/).some((part) => part === '' || part === '..' || /^[a-z]:/i.test(part))) {
    throw new HubError('corrupt', `expected a relative path in the repository, found ${path}`);
  }
  const pointer = join(folder, 'snapshots', commit, path);
  if (await exists(pointer)) return;
  const oid = entry.lfs?.oid ?? entry.oid;
  if (oid === undefined || !/^[0-9a-f]{40,64}$/.test(oid)) {
    throw new HubError('corrupt', `${path}: expected a hash from the hub, found ${oid}`);
  }
  const blob = join(folder, 'blobs', oid);
  if (!(await exists(blob))) await fetchBlob(entry, blob, download);
  await linkBlob(blob, pointer);
}

async function fetchBlob(entry: ListFileEntry, blob: string, download: Download): Promise<void> {
  const part = `${blob}.incomplete`;
  await mkdir(dirname(blob), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchRest(entry, part, download);
      if (await intact(entry, part)) return await rename(part, blob);
      await rm(part);
      throw new HubError(
        'corrupt',
        `${entry.path}: expected ${entry.size} bytes with the hash that the hub announced, found others`,
      );
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }
}

/** Appends what is missing of a partial file. */
async function fetchRest(entry: ListFileEntry, part: string, download: Download): Promise<void> {
  const { path, size } = entry;
  const held = (await sizeOf(part)) ?? 0;
  if (held > size) await rm(part);
  const start = held > size ? 0 : held;
  if (size === 0) return writeFile(part, '');
  if (start === size) return;
  const whole = await download.open(entry);
  if (whole === null) {
    throw new HubError(
      'not-found',
      `${path}: listed in the repository, but the hub has no such file`,
    );
  }
  const rest = start === 0 ? whole : whole.slice(start, size);
  let doneBytes = start;
  download.onProgress({ path, doneBytes, totalBytes: size });
  const counted = async function* (bytes: AsyncIterable<Uint8Array>) {
    for await (const chunk of bytes) {
      doneBytes += chunk.length;
      yield chunk;
      download.onProgress({ path, doneBytes, totalBytes: size });
    }
  };
  const flags = start === 0 ? 'w' : 'a';
  await pipeline(Readable.fromWeb(rest.stream()), counted, createWriteStream(part, { flags }));
}

/** Whether a file has the announced size and hash: SHA-256 of large files, a Git blob's otherwise. */
async function intact(entry: ListFileEntry, file: string): Promise<boolean> {
  if ((await sizeOf(file)) !== entry.size) return false;
  const hash = entry.lfs === undefined ? createHash('sha1') : createHash('sha256');
  if (entry.lfs === undefined) hash.update(`blob ${entry.size}\0`);
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex') === (entry.lfs?.oid ?? entry.oid);
}

/** Whether trying again may help: broken connections, busy servers, damaged bytes. */
function isTransient(error: unknown): boolean {
  if (error instanceof HubError) return error.fault === 'corrupt';
  if (!(error instanceof Error)) return true;
  if (error.name === 'AbortError') return false;
  const status: unknown = Reflect.get(error, 'statusCode');
  return typeof status !== 'number' || status >= 500 || status === 429 || status === 408;
}
