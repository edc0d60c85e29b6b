import { parentPort, workerData } from 'node:worker_threads';
import type { BatchReply, BatchRequest } from './pool.ts';
import { verify } from './index.ts';

const progress = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', ({ id, tasks }: BatchRequest) => {
  const verdicts = tasks.map(({ input, options }, index) => {
    const verdict = verify(input, options);
    Atomics.store(progress, 0, index + 1);
    return verdict;
  });
  const reply: BatchReply = { id, verdicts: JSON.stringify(verdicts) };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, no window
  parentPort?.postMessage(reply);
});
