import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Bench } from './bench.ts';
import { quantile } from './statistics.ts';

const secondsOfRequests = 5;

/** Milliseconds until the answer to one request is complete. */
function latency(port: number): Promise<number> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const request = get({ port, host: '127.0.0.1', path: '/' }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now() - start));
    });
    request.on('error', reject);
  });
}

async function latencies(port: number, signal: AbortSignal): Promise<readonly number[]> {
  const found: number[] = [];
  const end = performance.now() + secondsOfRequests * 1000;
  while (performance.now() < end && !signal.aborted) found.push(await latency(port));
  return found.sort((a, b) => a - b);
}

/** The reference step again and again in a thread of its own, until the flag is raised. */
async function startTraining(): Promise<{ stop(): Promise<number> }> {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const program = fileURLToPath(new URL('../test/engine/training-worker.ts', import.meta.url));
  const worker = new Worker(program, { workerData: { flag, sizes: 'reference' } });
  const failed = new Promise<never>((_, reject) => worker.once('error', reject));
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  let steps = 0;
  const first = new Promise<void>((resolve) => {
    worker.on('message', (message: { readonly step: number }) => {
      if (message.step > 0) steps = message.step;
      resolve();
    });
  });
  await Promise.race([first, failed]);
  return {
    async stop() {
      Atomics.store(flag, 0, 1);
      await Promise.race([ended, failed]);
      return steps;
    },
  };
}

export const bench: Bench = {
  name: 'http',
  summary: 'latency of an HTTP server in the process whose Worker trains',
  async run(context) {
    const server = createServer((_, response) => response.end(JSON.stringify({ alive: true })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const report = (label: string, found: readonly number[], most?: number) => {
        context.value({ label: `${label}, p50`, value: quantile(found, 0.5), unit: 'ms' });
        const bound = most === undefined ? {} : { most };
        context.value({
          label: `${label}, p99`,
          value: quantile(found, 0.99),
          unit: 'ms',
          ...bound,
        });
      };
      report('idle', await latencies(port, context.signal));
      const training = await startTraining();
      const found = await latencies(port, context.signal);
      const steps = await training.stop();
      report('beside training', found, 10);
      context.note(`${found.length} requests beside ${steps} training steps`);
    } finally {
      server.close();
    }
  },
};
