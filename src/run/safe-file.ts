import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes a file so that after a crash either all of it or the old one is there. */
export function writeSafely(path: string, bytes: Uint8Array): void {
  const part = `${path}.part`;
  try {
    const file = openSync(part, 'w');
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    throw cause;
  }
  syncFolder(dirname(path));
}

/** Makes the files of a folder, whoever wrote them, and their names outlive a power cut. */
export function syncFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = openSync(join(folder, entry.name), 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
  syncFolder(folder);
  syncFolder(dirname(folder));
}

/** Makes renames and new names in a folder outlive a power cut; not every system can. */
function syncFolder(folder: string): void {
  let handle: number;
  try {
    handle = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(handle);
  } catch {
    // Some file systems refuse to sync a folder; the file itself is on disk.
  } finally {
    closeSync(handle);
  }
}
