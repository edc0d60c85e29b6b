import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { imageFormat } from './image-format.ts';

/** Where pictures from inside Parquet files are unpacked: XDG_CACHE_HOME, else `~/.cache`. */
export function pictureCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'vl-rethinker', 'pictures');
}

/**
 * A folder of picture files named by their hashes. A file that is there with the right size is not
 * written again; a new one is written aside and renamed, so that no reader meets half of it.
 */
export function pictureStore(folder: string): (bytes: Uint8Array, hash: string) => Promise<string> {
  const made = new Set<string>();
  let count = 0;
  return async (bytes, hash) => {
    const shelf = join(folder, hash.slice(0, 2));
    const path = join(shelf, `${hash}.${imageFormat(bytes) ?? 'bin'}`);
    const there = await stat(path).catch(() => undefined);
    if (there?.size === bytes.length) return path;
    if (!made.has(shelf)) await mkdir(shelf, { recursive: true });
    made.add(shelf);
    const aside = `${path}.${process.pid}-${count++}.part`; // one picture may be in two rows at once
    await writeFile(aside, bytes);
    await rename(aside, path);
    return path;
  };
}
