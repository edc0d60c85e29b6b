import { parentPort, workerData } from 'node:worker_threads';
import type { BatchRequest } from '../pool.ts';
import { verify } from '../verify.ts';

/** A worker that never comes back from the prediction `hang` and late from `wait`. */
const progress = new Int32Array(workerData as SharedArrayBuffer);
parentPort?.on('message', ({ id, tasks }: BatchRequest) => {
  const verdicts = tasks.map(({ input }, index) => {
    if (input.prediction === 'hang') for (;;) Atomics.load(progress, 0);
    // Waits as a worker does that the machine gives no processor time.
    if (input.prediction === 'wait') Atomics.wait(progress, 0, index, 600);
    const verdict = verify(input);
    Atomics.store(progress, 0, index + 1);
    return verdict;
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
  parentPort?.postMessage({ id, verdicts: JSON.stringify(verdicts) });
});
