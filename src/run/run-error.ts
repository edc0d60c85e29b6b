/** A run folder that cannot be used: what was expected, what was found, what to do. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

/** Turns what the file system and SQLite say into a sentence about the run. */
export function runError(doing: string, cause: unknown): RunError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const text = cause instanceof Error ? cause.message : String(cause);
  const full = code === 'ENOSPC' || /disk is full/iu.test(text);
  const denied = ['EACCES', 'EPERM', 'EROFS'].includes(code) || /readonly database/iu.test(text);
  const advice = full
    ? 'the disk is full; make room and resume, what was written before is untouched'
    : denied
      ? 'the folder cannot be written; change its rights or choose another with --run'
      : text;
  return new RunError(`${doing}: ${advice}`, { cause });
}
