import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** A report that could not be made or written. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/**
 * Writes a page aside and renames it, so that a reader finds the old page or the new one, and two
 * writers do not mix theirs. A failure leaves nothing behind.
 */
export function writePage(path: string, page: string): void {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(aside, 'wx');
    try {
      const bytes = Buffer.from(page);
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(aside, path);
  } catch (cause) {
    if (existsSync(aside)) rmSync(aside);
    throw new ReportError(`cannot write ${path}: ${advice(cause)}`, { cause });
  }
}

function advice(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return 'the disk is full; make room and write it again';
  if (code === 'EISDIR') return 'there is a folder of that name; choose another file with --out';
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return 'a file stands where its folder should be; choose another with --out';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return 'the folder cannot be written; choose another file with --out';
  return message;
}
