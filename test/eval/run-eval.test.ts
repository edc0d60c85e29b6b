import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { locateDataset } from '#data';
import {
  benchmarkOf,
  endpointResponder,
  makeCard,
  readItems,
  RecordStore,
  runEval,
  sealed,
  turnsHash,
} from '#eval';
import type { EvalCard, EvalOutcome, RunIdentity } from '#eval';
import { mathvisionFolder } from './rows.ts';

/** What the server does with one request; undefined lets it hang. */
type Act = (asked: Asked, response: ServerResponse) => void;
interface Asked {
  readonly id: string;
  readonly attempt: number;
  readonly body: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const completion = (content: string, finish = 'stop') =>
  JSON.stringify({
    choices: [{ message: { content }, finish_reason: finish }],
    usage: { prompt_tokens: 9, completion_tokens: 3 },
  });

function answer(response: ServerResponse, content: string, finish?: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(completion(content, finish));
}

/** Attempts are counted by question, whose number stands in its text. */
async function scripted(act: Act): Promise<string> {
  const attempts = new Map<string, number>();
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const id = /is number (\d+)/.exec(body)?.[1] ?? '';
      const attempt = attempts.get(id) ?? 0;
      attempts.set(id, attempt + 1);
      act({ id, attempt, body }, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Made {
  readonly outcome: EvalOutcome;
  readonly card: EvalCard;
  readonly asked: number;
}

const data = mathvisionFolder(20);

async function evaluate(
  url: string,
  folder: string,
  more: { retries?: number; signal?: AbortSignal; template?: string; onRecord?: () => void } = {},
): Promise<Made> {
  const benchmark = benchmarkOf('mathvision');
  const files = await locateDataset(data);
  const { items, hash } = await readItems(benchmark, files, { store: async () => '' });
  const template = { name: more.template ?? 'official', trigger: more.template };
  const responder = endpointResponder({
    url,
    model: 'm',
    atOnce: 4,
    retries: more.retries ?? 3,
    backoffMs: 1,
    timeoutMs: 300,
  });
  const decoding = { temperature: 0, topP: 1, maxTokens: 100, seed: 0 };
  const identity: RunIdentity = {
    benchmark: 'mathvision',
    data: hash,
    template: template.name,
    promptHash: turnsHash(items, template),
    model: 'm',
    weights: null,
    decoding,
    samples: 1,
  };
  using store = RecordStore.open(folder, identity);
  const before = store.records.length;
  const outcome = await runEval({
    benchmark,
    items,
    template,
    responder,
    decoding,
    samples: 1,
    files,
    store,
    signal: more.signal ?? new AbortController().signal,
    ...(more.onRecord === undefined ? {} : { onRecord: more.onRecord }),
  });
  const card = makeCard({
    benchmark,
    records: store.records,
    failures: outcome.failures,
    questions: items.length,
    facts: {
      identity,
      tool: 'test',
      source: { name: 'data', commit: null },
      trigger: null,
      responder: responder.about,
      pixels: { min: null, max: null },
      unusableRows: 0,
      stopped: outcome.stopped ?? null,
    },
  });
  return { outcome, card, asked: store.records.length - before };
}

const fresh = (): string => mkdtempSync(join(tmpdir(), 'eval-run-'));
const letterOf = (id: string): string => 'ABCDE'[(Number(id) - 1) % 5] ?? '';

test('every answer is recorded with prompt, pictures, finish and verdicts, and the card counts them', async () => {
  const bodies: string[] = [];
  const url = await scripted(({ id, body }, response) => {
    bodies.push(body);
    answer(
      response,
      Number(id) % 2 === 0 ? `\\boxed{${letterOf(id)}}` : '\\boxed{none}',
      id === '4' ? 'length' : 'stop',
    );
  });
  const folder = fresh();
  const { card } = await evaluate(url, folder);
  expect(card.counts).toEqual({ questions: 20, answered: 20, failed: 0, unasked: 0, truncated: 1 });
  expect(card.truncationRate).toBe(0.05);
  expect(card.results['mathvision.official']).toMatchObject({
    n: 20,
    correct: 10,
    wrong: 10,
    score: 50,
  });
  const parsed = JSON.parse(bodies[0] ?? '') as {
    messages: { content: { type: string; image_url?: { url: string } }[] }[];
  };
  const parts = parsed.messages[0]?.content ?? [];
  expect(parts.find(({ type }) => type === 'image_url')?.image_url?.url).toMatch(
    /^data:image\/png;base64,iVBOR/,
  );
  const [first] = readFileSync(join(folder, 'records.jsonl'), 'utf8').split('\n');
  expect(JSON.parse(first ?? '')).toMatchObject({
    sample: 0,
    images: [expect.stringMatching(/^[0-9a-f]{64}$/)],
  });
});

test('busy, broken, stalled and half answers are asked again until they come', async () => {
  const url = await scripted(({ id, attempt }, response) => {
    if (attempt > 0) answer(response, `\\boxed{${letterOf(id)}}`);
    else if (id === '1') response.writeHead(429, { 'retry-after': '0' }).end('slow down');
    else if (id === '2') response.writeHead(502, { 'content-type': 'text/html' }).end('<html>');
    else if (id === '3') response.writeHead(200, { 'content-length': '900' }).write('{"choices":');
    else if (id === '4') response.destroy();
    else if (id === '5')
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices": [');
    else answer(response, `\\boxed{${letterOf(id)}}`);
    if (attempt === 0 && id === '3') setTimeout(() => response.destroy(), 20);
  });
  const { card } = await evaluate(url, fresh());
  expect(card.complete).toBe(true);
  expect(card.results['mathvision.official']).toMatchObject({ correct: 20, wrong: 0 });
});

test('a request that hangs ends at its time-out; what fails for good is listed, not wrong, and asked again by the next run', async () => {
  let repaired = false;
  const url = await scripted(({ id }, response) => {
    if (repaired || (id !== '7' && id !== '8')) answer(response, `\\boxed{${letterOf(id)}}`);
    else if (id === '8') response.writeHead(400).end('{"error": "picture too large"}');
  });
  const folder = fresh();
  const first = await evaluate(url, folder, { retries: 1 });
  expect(first.outcome.failures.map(({ id }) => id).sort()).toEqual(['7', '8']);
  expect(first.outcome.failures.find(({ id }) => id === '7')?.message).toMatch(
    /within 300 ms, found none; given up after 2 tries/,
  );
  expect(first.outcome.failures.find(({ id }) => id === '8')?.message).toMatch(
    /found 400: .*picture too large/,
  );
  expect(first.card.counts).toMatchObject({ answered: 18, failed: 2 });
  expect(first.card.results['mathvision.official']).toMatchObject({ n: 18, correct: 18, wrong: 0 });
  expect(first.card.complete).toBe(false);
  repaired = true;
  const second = await evaluate(url, folder);
  expect([second.asked, second.card.complete]).toEqual([2, true]);
});

test.each([
  [
    'an HTML page',
    200,
    'text/html',
    '<html>hello',
    /found an HTML page: <html>hello; check --endpoint/,
  ],
  ['a wrong key', 401, 'application/json', '{"error":"no"}', /expected access, found status 401/],
  ['a wrong address', 404, 'application/json', '{}', /found status 404/],
])(
  '%s stops the run with one sentence and leaves every question unasked',
  async (...[, status, type, text, message]) => {
    let requests = 0;
    const url = await scripted((_asked, response) => {
      requests += 1;
      response.writeHead(status, { 'content-type': type }).end(text);
    });
    const { outcome, card } = await evaluate(url, fresh());
    expect(outcome.stopped).toMatch(message);
    expect(requests).toBeLessThanOrEqual(4);
    expect(card.results['mathvision.official']).toMatchObject({ n: 0, wrong: 0 });
  },
);

test('an answer that lacks its finish reason once is asked again, one of another reason is not', async () => {
  const asked: string[] = [];
  const url = await scripted(({ id, attempt }, response) => {
    asked.push(id);
    const reason = id === '2' ? 'content_filter' : undefined;
    const half = { choices: [{ message: { content: 'x' }, finish_reason: reason }] };
    if (id === '2' || (id === '1' && attempt === 0))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(half));
    else answer(response, '\\boxed{A}');
  });
  const { outcome, card } = await evaluate(url, fresh());
  expect(asked.filter((id) => id === '1')).toHaveLength(2);
  expect(asked.filter((id) => id === '2')).toHaveLength(1);
  expect(outcome.failures.map(({ id }) => id)).toEqual(['2']);
  expect(card.counts).toMatchObject({ answered: 19, failed: 1 });
});

test('an answer without a finish reason is no answer: nobody knows whether it is whole', async () => {
  const url = await scripted((_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ choices: [{ message: { content: 'x' } }] })),
  );
  const { outcome } = await evaluate(url, fresh());
  expect(outcome.failures[0]?.message).toMatch(/expected finish_reason stop or length, found none/);
});

test('interrupted anywhere, a run goes on where it stopped and asks nothing twice', async () => {
  const seen: string[] = [];
  const url = await scripted(({ id }, response) => {
    seen.push(id);
    answer(response, `\\boxed{${letterOf(id)}}`);
  });
  const folder = fresh();
  const stop = new AbortController();
  let done = 0;
  const first = await evaluate(url, folder, {
    signal: stop.signal,
    onRecord: () => {
      done += 1;
      if (done === 5) stop.abort();
    },
  });
  expect(first.outcome.stopped).toBe('interrupted');
  const kept = first.card.counts.answered;
  expect(kept).toBeGreaterThanOrEqual(5);
  expect(kept).toBeLessThan(20);
  // A kill in the middle of a line leaves half of it.
  appendFileSync(join(folder, 'records.jsonl'), '{"id":"20","sample":0,"prom');
  const second = await evaluate(url, folder);
  expect(second.asked).toBe(20 - kept);
  expect(second.card.complete).toBe(true);
  const lines = readFileSync(join(folder, 'records.jsonl'), 'utf8').trim().split('\n');
  expect(new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id)).size).toBe(20);
});

test('a changed prompt refuses to go on in the same folder, naming what differs', async () => {
  const url = await scripted((_, response) => answer(response, '\\boxed{A}'));
  const folder = fresh();
  await evaluate(url, folder);
  await expect(evaluate(url, folder, { template: 'Think.' })).rejects.toThrow(
    /found another: template "official" there, "Think\." now; promptHash/,
  );
});

test('a card without truncation rate, or with a failed request among the wrong answers, cannot be written', async () => {
  const url = await scripted(({ id }, response) => {
    if (id === '8') response.writeHead(400).end('no');
    else answer(response, '\\boxed{A}');
  });
  const { card } = await evaluate(url, fresh());
  expect(sealed(card)).toBe(card);
  expect(() => sealed({ ...card, truncationRate: null })).toThrow(
    /expected a truncation rate, found none/,
  );
  const own = card.results['mathvision.official'];
  if (own === undefined) throw new Error('no result');
  const dressed = {
    ...card,
    results: { 'mathvision.official': { ...own, n: own.n + 1, wrong: own.wrong + 1 } },
  };
  expect(() => sealed(dressed)).toThrow(/what failed is no wrong answer/);
});

test('no more requests are under way than were asked for', async () => {
  let [under, most] = [0, 0];
  const url = await scripted((_, response) => {
    under += 1;
    most = Math.max(most, under);
    setTimeout(() => {
      under -= 1;
      answer(response, '\\boxed{A}');
    }, 5);
  });
  await evaluate(url, fresh());
  expect(most).toBe(4);
});
