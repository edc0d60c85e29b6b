import { createHash } from 'node:crypto';
import { access, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { unpackZip } from './zip.ts';

const PICTURES = /\.(png|jpe?g|webp|gif)$/i;

/**
 * The folders with the pictures of `images.zip` and other archives named so, unpacked into a cache
 * unless they were before, or lie unpacked beside the archive already.
 *
 * @throws DatasetError for a damaged archive.
 */
export async function unpackedArchives(
  root: string,
  cache: string,
  options: {
    readonly signal?: AbortSignal;
    readonly onFile?: (done: number, total: number) => void;
  } = {},
): Promise<readonly string[]> {
  const names = (await readdir(root)).filter((name) => /^images?\.zip$/i.test(name));
  const folders: string[] = [];
  for (const name of names) {
    if (await exists(join(root, name.slice(0, -'.zip'.length)))) continue;
    folders.push(await unpacked(join(root, name), cache, options));
  }
  return folders;
}

async function unpacked(
  archive: string,
  cache: string,
  options: Parameters<typeof unpackedArchives>[2],
): Promise<string> {
  const path = await realpath(archive);
  const { size, mtimeMs } = await stat(path);
  const key = createHash('sha256')
    .update(`${path}\n${size}\n${mtimeMs}`)
    .digest('hex')
    .slice(0, 32);
  const folder = join(cache, 'archives', key);
  if (await exists(folder)) return folder;
  // Unpacked aside and renamed, so that the folder's name promises all of it.
  const aside = `${folder}.${process.pid}.part`;
  await rm(aside, { recursive: true, force: true });
  try {
    await unpackZip(path, aside, { ...options, wanted: (name) => PICTURES.test(name) });
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
