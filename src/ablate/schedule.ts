import type { Job } from './cell.ts';

/** How a job ended. */
export interface Ended {
  readonly job: Job;
  /** Why it failed or was not begun; undefined when it is done. */
  readonly failure: string | undefined;
}

/**
 * Runs jobs, at most `most` at a time, each after the one it starts from. A failed job does not stop
 * the others; those that start from it are not begun. An abort begins nothing new.
 */
export async function runJobs(
  jobs: readonly Job[],
  run: (job: Job) => Promise<void>,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<readonly Ended[]> {
  const ended = new Map<string, Ended>();
  const known = new Set(jobs.map(({ id }) => id));
  const waiting = [...jobs];
  const running = new Map<string, Promise<void>>();
  const ready = ({ after }: Job): boolean =>
    after === undefined || !known.has(after) || ended.has(after);

  const begin = async (job: Job): Promise<void> => {
    const start = job.after === undefined ? undefined : ended.get(job.after);
    const failure =
      start?.failure === undefined
        ? await run(job).then(
            () => undefined,
            (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
          )
        : `not begun: ${start.job.id}, which it starts from, failed`;
    ended.set(job.id, { job, failure });
  };

  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex(ready);
    if (next >= 0 && running.size < most && !signal.aborted) {
      const [job] = waiting.splice(next, 1);
      if (job === undefined) continue;
      // Removed in a later turn, also when nothing had to be waited for.
      running.set(
        job.id,
        begin(job).finally(() => running.delete(job.id)),
      );
      continue;
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  for (const job of waiting) ended.set(job.id, { job, failure: 'not begun' });
  return jobs.flatMap(({ id }) => ended.get(id) ?? []);
}
