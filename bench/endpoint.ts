import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { openImage } from '#data';
import { endpointResponder } from '#eval';
import type { Bench, BenchContext } from './bench.ts';

const atOnce = 32;
const pictures = 8;
const requests = 2_000;

/** Files of PNG of about a megabyte, each with other noise. */
async function writePictures(folder: string): Promise<readonly string[]> {
  const [width, height] = [600, 580];
  const paths: string[] = [];
  for (let index = 0; index < pictures; index += 1) {
    const pixels = Buffer.alloc(width * height * 3);
    let state = index + 1;
    for (let at = 0; at < pixels.length; at += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      pixels[at] = state >>> 24;
    }
    const path = join(folder, `${index}.png`);
    const raw = { width, height, channels: 3 } as const;
    writeFileSync(path, await sharp(pixels, { raw }).png({ compressionLevel: 1 }).toBuffer());
    paths.push(path);
  }
  return paths;
}

/** Opens and asks, as an evaluation does; the memory is the most that was seen. */
async function ask(port: number, paths: readonly string[], context: BenchContext): Promise<void> {
  const responder = endpointResponder({ url: `http://127.0.0.1:${port}/v1`, model: 'm', atOnce });
  const decoding = { temperature: 0, topP: 1, maxTokens: 8, seed: 0 };
  let [next, most] = [0, 0];
  const before = process.cpuUsage();
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (next < requests && !context.signal.aborted) {
      const id = next;
      next += 1;
      const image = await openImage(await readFile(paths[id % paths.length] ?? ''));
      const parts = [
        { kind: 'image', image },
        { kind: 'text', text: 'What is this?' },
      ] as const;
      await responder.ask({ id: String(id), sample: 0, parts }, decoding, context.signal);
      most = Math.max(most, process.memoryUsage.rss());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(before);
  context.value({
    label: `${atOnce} at once, 1 MB pictures`,
    value: next / seconds,
    unit: 'requests/s',
    least: 200,
  });
  context.value({
    label: 'processor time of the client',
    value: (user + system) / 1_000 / next,
    unit: 'ms/request',
  });
  context.value({ label: 'memory, most', value: most / 2 ** 20, unit: 'MiB', most: 600 });
}

export const bench: Bench = {
  name: 'endpoint',
  summary: 'requests with pictures to a loop-back server that only reads them',
  async run(context) {
    const folder = mkdtempSync(join(tmpdir(), 'vl-rethinker-endpoint-'));
    const stub = fork(fileURLToPath(new URL('endpoint-stub.ts', import.meta.url)));
    try {
      const port = await new Promise<number>((resolve, reject) => {
        stub.once('message', (message) => resolve(Number(message)));
        stub.once('error', reject);
      });
      await ask(port, await writePictures(folder), context);
    } finally {
      stub.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
