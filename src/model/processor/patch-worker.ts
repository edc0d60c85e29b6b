/** Runs in a worker thread of `patch-pool.ts`: pictures in, patches in shared memory out. */
import { parentPort } from 'node:worker_threads';

import { ImageError } from '#data';

import { cutPicture } from './cut-picture.ts';
import type { CutAnswer, CutRequest } from './patch-pool.ts';

parentPort?.on('message', ({ id, image, layout }: CutRequest) => {
  cutPicture(image, layout).then(
    (patches) => answer({ id, patches }),
    (error: unknown) => {
      const fault = error instanceof ImageError ? error.fault : undefined;
      const message = error instanceof Error ? error.message : String(error);
      answer({ id, message, ...(fault === undefined ? {} : { fault }) });
    },
  );
});

function answer(message: CutAnswer): void {
  parentPort?.postMessage(message, []);
}
