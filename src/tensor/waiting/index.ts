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
  env['GOMP_SPINCOUNT'] = busyShare() > 0.4 ? '0' : turns;
}

const lookMs = 60;

/** Share of the processors that others use just now; the load average would still count the past minute. */
function busyShare(): number {
  const before = processorTimes();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookMs);
  const after = processorTimes();
  const all = after.all - before.all;
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all;
}

/** Milliseconds of all processors since they started. */
function processorTimes(): { readonly idle: number; readonly all: number } {
  const times = os.cpus().map((cpu) => cpu.times);
  const sum = (of: (one: (typeof times)[number]) => number) =>
    times.reduce((total, one) => total + of(one), 0);
  return {
    idle: sum(({ idle }) => idle),
    all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
  };
}
