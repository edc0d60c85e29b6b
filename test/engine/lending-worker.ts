/** Lends a tensor to the thread that started this Worker, or tells whether gradients are recorded. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { fromFloats } from '#tensor';

const x = fromFloats([1, 2, 3]);
if (workerData === 'grad') {
  parentPort?.postMessage({ records: x.requiresGrad_(true).exp().requiresGrad }, []);
} else if (parentPort !== null) {
  parentPort.postMessage({ handle: x.handle }, []);
  await once(parentPort, 'message');
  let refused = 'nothing';
  try {
    x.add(1);
  } catch (error) {
    refused = (error as Error).message;
  }
  parentPort.postMessage({ refused }, []);
  parentPort.close();
}
