import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ask } from '../../src/cli/ask.ts';
import { askOptions } from '../../src/cli/ask-options.ts';
import type { Io } from '../../src/cli/command.ts';

const checkpoint = fileURLToPath(new URL('../fixtures/policy', import.meta.url));
const commit = 'a'.repeat(40);

/** A hub with one model, `owner/tiny`: the policy fixture, its weights in large-file storage. */
function tinyHub(requests: string[]): Server {
  const files = new Map(
    readdirSync(checkpoint).map((name) => [name, readFileSync(join(checkpoint, name))]),
  );
  const tree = [...files].map(([path, bytes]) => {
    const size = bytes.length;
    const oid = createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const lfs = { oid: sha256, size, pointerSize: 130 };
    return { type: 'file', path, size, oid, ...(path.endsWith('.safetensors') ? { lfs } : {}) };
  });
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://hub');
    requests.push(`${request.headers.range ?? ''} ${pathname}`);
    const bytes = files.get(pathname.split(`/resolve/${commit}/`)[1] ?? '');
    if (pathname === '/api/models/owner/tiny/revision/main') {
      const info = { _id: '1', id: 'owner/tiny', sha: commit, lastModified: '2025-01-01' };
      response.end(JSON.stringify(info));
    } else if (pathname.startsWith('/api/models/owner/tiny/tree/')) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(tree));
    } else if (bytes === undefined) {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end('{"error":"not found"}');
    } else {
      const [asked, start = '0', end = `${bytes.length - 1}`] =
        /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const range = `bytes ${start}-${end}/${bytes.length}`;
      response.writeHead(asked === undefined ? 200 : 206, { etag: '"x"', 'content-range': range });
      response.end(bytes.subarray(Number(start), Number(end) + 1));
    }
  });
}

vi.setConfig({ testTimeout: 120_000 });

let requests: string[];
let server: Server;
let home: string;

beforeEach(async () => {
  requests = [];
  server = tinyHub(requests);
  home = mkdtempSync(join(tmpdir(), 'ask-hub-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_HUB_CACHE', '');
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_OFFLINE', '');
  vi.stubEnv('HF_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true });
});

async function answer(model: string, columns?: number) {
  let [out, err] = ['', ''];
  const io: Io = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    color: { out: false, err: false },
    columns,
    signal: new AbortController().signal,
    cwd: home,
  };
  const options = askOptions.parse({ model, json: true, maxTokens: 4 });
  const code = await ask.run({ options, positionals: ['What is 2 + 2?'] }, io);
  return { code, answers: JSON.parse(out).answers, err };
}

test('a hub id is fetched under one bar, answers like its folder, and is then silent', async () => {
  const local = await answer(checkpoint);
  const fetched = await answer('owner/tiny', 100);
  expect(fetched.code).toBe(0);
  expect(fetched.answers).toEqual(local.answers);
  const total = readdirSync(checkpoint).reduce(
    (sum, name) => sum + readFileSync(join(checkpoint, name)).length,
    0,
  );
  expect(fetched.err).toMatch(/fetching owner\/tiny {2}█+ /);
  const [, done, all] = /.*\s(\S+k)\/(\S+k)/s.exec(fetched.err) ?? [];
  expect([done, all]).toEqual([`${Math.round(total / 1000)}k`, `${Math.round(total / 1000)}k`]);
  const again = await answer('owner/tiny');
  expect(again.answers).toEqual(local.answers);
  expect(again.err).not.toContain('fetching');
});

test('a download that was killed goes on, and offline the pinned commit is enough', async () => {
  await answer(`owner/tiny@${commit}`);
  const repository = join(home, 'hub', 'models--owner--tiny');
  const sha256 = createHash('sha256')
    .update(readFileSync(join(checkpoint, 'model.safetensors')))
    .digest('hex');
  const blob = join(repository, 'blobs', sha256);
  // As a kill leaves it: half a blob, no link.
  renameSync(blob, `${blob}.incomplete`);
  truncateSync(`${blob}.incomplete`, 10_000);
  rmSync(join(repository, 'snapshots', commit, 'model.safetensors'));
  requests.length = 0;
  const { err } = await answer(`owner/tiny@${commit}`);
  // One byte to learn the size, then what is missing.
  expect(requests.filter((line) => line.includes('model.safetensors'))).toEqual([
    expect.stringMatching(/^bytes=0-0 /),
    expect.stringMatching(/^bytes=10000-\d+ /),
  ]);
  expect(err).toMatch(/fetching owner\/tiny@a+ {2}100%/);
  requests.length = 0;
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  expect((await answer(`owner/tiny@${commit}`)).code).toBe(0);
  await expect(answer('owner/tiny')).rejects.toThrow(/in the cache .*, found nothing; fetch it/);
  expect(requests).toEqual([]);
});

test('without network and cache the error says what to do', async () => {
  server.close();
  server.closeAllConnections();
  await expect(answer('owner/tiny')).rejects.toThrow(
    /expected model owner\/tiny@main from http.*, found no answer \(.*\); check the network, or name a folder/,
  );
  await expect(answer('./nowhere')).rejects.toThrow(/expected a folder or a hub id .*\.\/nowhere/);
});
