import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { HubProgress } from './hub-download.ts';
import { resolveCheckpoint, resolveDataset } from './hub.ts';

const COMMIT = 'c'.repeat(40);
const weights = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251));
const files: Record<string, Buffer> = {
  'config.json': Buffer.from('{"model_type":"qwen2_5_vl"}'),
  'model.safetensors': weights,
  'pytorch_model.bin': Buffer.from('old weights'),
  'sub/empty.txt': Buffer.alloc(0),
};

/** A hub with one repository, `owner/name`; tests may put their own answer before its own. */
class StubHub {
  readonly requests: string[] = [];
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  tree: readonly object[] = Object.entries(files).map(([path, bytes]) => treeEntry(path, bytes));
  readonly #server = createServer((request, response) => {
    this.requests.push(`${request.headers.range ?? ''} ${request.url ?? ''}`);
    if (!this.before(request, response)) this.#answer(request, response);
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = new URL(request.url ?? '', 'http://hub').pathname;
    const match = /^\/(?:datasets\/)?owner\/name\/resolve\/(\w+)\/(.+)$/.exec(path);
    const bytes = match?.[1] === COMMIT ? files[match[2] ?? ''] : undefined;
    if (/^\/api\/(models|datasets)\/owner\/name\/revision\/(main|v1)$/.test(path)) {
      return json(response, {
        _id: '1',
        id: 'owner/name',
        sha: COMMIT,
        lastModified: '2025-01-01',
      });
    }
    if (/^\/api\/(models|datasets)\/owner\/name\/tree\//.test(path)) {
      return json(response, this.tree);
    }
    if (bytes === undefined) {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end('{"error":"not found"}');
    } else {
      sendRange(request, response, bytes);
    }
  }
}

function treeEntry(path: string, bytes: Buffer): object {
  const git = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const entry = { type: 'file', path, size: bytes.length, oid: git };
  if (!path.endsWith('.safetensors')) return entry;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...entry, lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } };
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const [, start = '0', end = `${bytes.length - 1}`] =
    /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = bytes.subarray(Number(start), Number(end) + 1);
  response.writeHead(request.headers.range === undefined ? 200 : 206, {
    etag: '"x"',
    'content-length': part.length,
    'content-range': `bytes ${start}-${end}/${bytes.length}`,
  });
  response.end(part);
}

let hub: StubHub;
let home: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  hub = new StubHub();
  home = await mkdtemp(join(tmpdir(), 'hub-'));
  env = { HF_HOME: home, HF_ENDPOINT: await hub.listen() };
});
afterEach(async () => {
  hub.close();
  await rm(home, { recursive: true });
});

const repository = () => join(home, 'hub', 'models--owner--name');

test('a folder is its own checkpoint, and a name that is neither is refused', async () => {
  expect(await resolveCheckpoint(home, { env })).toBe(home);
  for (const name of ['./absent', '/absent/folder', 'one-word', 'a/b/c', 'owner/name@../x']) {
    await expect(resolveCheckpoint(name, { env })).rejects.toMatchObject({ fault: 'name' });
  }
  expect(hub.requests).toEqual([]);
});

test('a hub id is fetched into the cache layout of the Hugging Face tools', async () => {
  const progress: HubProgress[] = [];
  const onProgress = (step: HubProgress) => void progress.push(step);
  const folder = await resolveCheckpoint('owner/name', { env, onProgress });
  expect(folder).toBe(join(repository(), 'snapshots', COMMIT));
  expect(await readFile(join(repository(), 'refs', 'main'), 'utf8')).toBe(COMMIT);
  expect(await readFile(join(folder, 'model.safetensors'))).toEqual(weights);
  expect(await readFile(join(folder, 'sub/empty.txt'), 'utf8')).toBe('');
  const sha256 = createHash('sha256').update(weights).digest('hex');
  expect(await readlink(join(folder, 'model.safetensors'))).toBe(`../../blobs/${sha256}`);
  const last = progress.findLast(({ path }) => path === 'model.safetensors');
  expect(last).toMatchObject({ path: 'model.safetensors', doneBytes: 50_000, totalBytes: 50_000 });
  const all = 50_000 + (files['config.json']?.length ?? 0);
  expect(new Set(progress.map(({ allTotalBytes }) => allTotalBytes))).toEqual(new Set([all]));
  expect(progress.at(-1)?.allDoneBytes).toBe(all);
});

test('weights in other formats stay away, and `include` chooses differently', async () => {
  const folder = await resolveCheckpoint('owner/name', { env });
  await expect(readFile(join(folder, 'pytorch_model.bin'))).rejects.toThrow('ENOENT');
  await resolveCheckpoint('owner/name', { env, include: (path) => path.endsWith('.bin') });
  expect(await readFile(join(folder, 'pytorch_model.bin'), 'utf8')).toBe('old weights');
});

test('what is in the cache is not fetched again', async () => {
  await resolveCheckpoint('owner/name', { env });
  hub.requests.length = 0;
  await resolveCheckpoint('owner/name', { env });
  expect(hub.requests.filter((request) => request.includes('/resolve/'))).toEqual([]);
});

test('a revision is pinned by option or behind an at sign, and a dataset has its own place', async () => {
  await resolveCheckpoint('owner/name@v1', { env });
  expect(await readFile(join(repository(), 'refs', 'v1'), 'utf8')).toBe(COMMIT);
  const folder = await resolveDataset('owner/name', { env, revision: COMMIT });
  expect(folder).toBe(join(home, 'hub', 'datasets--owner--name', 'snapshots', COMMIT));
  expect(await readFile(join(folder, 'model.safetensors'))).toEqual(weights);
});

test('a download that breaks off goes on where it stopped', async () => {
  let broken = false;
  hub.before = (request, response) => {
    if (broken || !request.url?.endsWith('model.safetensors') || request.headers.range)
      return false;
    broken = true;
    response.writeHead(200, { 'content-length': weights.length });
    response.write(weights.subarray(0, 20_000), () => setTimeout(() => response.destroy(), 50));
    return true;
  };
  const folder = await resolveCheckpoint('owner/name', { env });
  expect(await readFile(join(folder, 'model.safetensors'))).toEqual(weights);
  expect(hub.requests).toContainEqual(expect.stringMatching(/^bytes=20000-49999 /));
});

test('what a killed download left is counted and not fetched again', async () => {
  const sha256 = createHash('sha256').update(weights).digest('hex');
  await mkdir(join(repository(), 'blobs'), { recursive: true });
  await writeFile(join(repository(), 'blobs', `${sha256}.incomplete`), weights.subarray(0, 30_000));
  const progress: HubProgress[] = [];
  const onProgress = (step: HubProgress) => void progress.push(step);
  const folder = await resolveCheckpoint('owner/name', { env, onProgress });
  expect(await readFile(join(folder, 'model.safetensors'))).toEqual(weights);
  const first = progress.find(({ path }) => path === 'model.safetensors');
  expect(first).toMatchObject({ doneBytes: 30_000, totalBytes: 50_000 });
  expect(hub.requests).toContainEqual(expect.stringMatching(/^bytes=30000-49999 /));
  expect(hub.requests.filter((request) => /^ .*model\.safetensors/.test(request))).toEqual([]);
});

test('bytes that do not have the announced hash never reach the cache', async () => {
  hub.before = (request, response) => {
    if (!request.url?.endsWith('model.safetensors')) return false;
    sendRange(request, response, Buffer.alloc(weights.length, 7));
    return true;
  };
  const found = resolveCheckpoint('owner/name', { env });
  await expect(found).rejects.toMatchObject({ fault: 'corrupt' });
  const sha256 = createHash('sha256').update(weights).digest('hex');
  await expect(readFile(join(repository(), 'blobs', sha256))).rejects.toThrow('ENOENT');
  await expect(readFile(join(repository(), 'refs', 'main'))).rejects.toThrow('ENOENT');
});

test('offline, the cache serves, and what it lacks is an error', async () => {
  const offline = { ...env, HF_HUB_OFFLINE: '1' };
  await expect(resolveCheckpoint('owner/name', { env: offline })).rejects.toMatchObject({
    fault: 'offline',
  });
  expect(hub.requests).toEqual([]);
  const folder = await resolveCheckpoint('owner/name', { env });
  expect(await resolveCheckpoint('owner/name', { env: offline })).toBe(folder);
  expect(await resolveCheckpoint('owner/name', { env, offline: true, revision: COMMIT })).toBe(
    folder,
  );
});

test('without network the cache serves too, and without either the error says so', async () => {
  const folder = await resolveCheckpoint('owner/name', { env });
  hub.close();
  expect(await resolveCheckpoint('owner/name', { env })).toBe(folder);
  await expect(resolveCheckpoint('owner/other', { env })).rejects.toMatchObject({
    fault: 'unreachable',
    message: expect.stringContaining('check the network'),
  });
});

test('the token is sent, and its absence is explained', async () => {
  hub.before = (request, response) => {
    if (request.headers.authorization === 'Bearer hf_right') return false;
    response.writeHead(401).end('{"error":"unauthorised"}');
    return true;
  };
  await expect(resolveCheckpoint('owner/name', { env })).rejects.toMatchObject({
    fault: 'denied',
    message: expect.stringContaining('HF_TOKEN'),
  });
  await writeFile(join(home, 'token'), 'hf_right\n');
  await resolveCheckpoint('owner/name', { env });
  const wrong = { ...env, HF_TOKEN: 'something else' };
  await expect(resolveCheckpoint('owner/name', { env: wrong })).rejects.toMatchObject({
    fault: 'denied',
  });
});

test('the token and the cache are found in their older places too, and empty variables count as unset', async () => {
  const tokens: (string | undefined)[] = [];
  hub.before = (request) => {
    tokens.push(request.headers.authorization);
    return false;
  };
  await writeFile(join(home, 'token'), 'hf_file\n');
  const folder = await resolveCheckpoint('owner/name', { env: { ...env, HF_TOKEN: '' } });
  expect(new Set(tokens)).toEqual(new Set(['Bearer hf_file']));
  tokens.length = 0;
  const older = {
    ...env,
    HUGGING_FACE_HUB_TOKEN: 'hf_older',
    HUGGINGFACE_HUB_CACHE: join(home, 'older'),
  };
  const other = await resolveCheckpoint('owner/name', { env: older });
  expect(new Set(tokens)).toEqual(new Set(['Bearer hf_older']));
  expect(other).toBe(join(home, 'older', 'models--owner--name', 'snapshots', COMMIT));
  expect(await readFile(join(other, 'config.json'))).toEqual(files['config.json']);
  expect(folder).not.toBe(other);
});

test('an unknown repository is not found', async () => {
  await expect(resolveCheckpoint('owner/nobody', { env })).rejects.toMatchObject({
    fault: 'not-found',
  });
});

test('a file name that leaves the repository is refused', async () => {
  await mkdir(join(home, 'hub'), { recursive: true });
  for (const path of ['../../evil.json', '/evil.json', 'a//b.json']) {
    hub.tree = [treeEntry(path, Buffer.from('x'))];
    await expect(resolveCheckpoint('owner/name', { env })).rejects.toMatchObject({
      fault: 'corrupt',
    });
  }
});
