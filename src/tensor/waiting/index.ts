import os from 'node:os';

/** Turns of the waiting loop before an OpenMP thread sleeps, on a machine with nothing else to do. */
const turns = '3000';

/**
 * Chooses how OpenMP threads wait for each other, unless the user has: a short spin where the machine is
 * idle, sleep at once where it is not. Small products follow each other within microseconds, so waking
 * a thread costs as much as the product; but beside a busy program every spin is time that program and
 * the other thread need (docs/log.md). Read by OpenMP once, when the library is loaded; a Worker cannot
 * set it for itself.
 */
export function chooseWaiting(): void {
  const { env } = process;
  if (env['OMP_WAIT_POLICY'] !== undefined || env['GOMP_SPINCOUNT'] !== undefined) return;
  const busy = (os.loadavg()[0] ?? 0) > os.availableParallelism() / 2;
  env['GOMP_SPINCOUNT'] = busy ? '0' : turns;
}
