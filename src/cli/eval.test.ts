import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { encodePng } from '#data';
import type { EvalCard, ScoreDocument } from '#eval';
import { runHere } from './__fixtures__/run-here.ts';

let folder = '';
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eval-cli-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true });
});

const program = (args: readonly string[]) => runHere(args, { cwd: folder });

/** A server whose answers a function gives; null is a failure for good. */
async function answering(of: (body: string) => string | null, finish = 'stop'): Promise<string> {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const content = of(body);
      if (content === null) response.writeHead(400).end('no');
      else
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ choices: [{ message: { content }, finish_reason: finish }] }));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

async function mathvision(): Promise<void> {
  await mkdir(join(folder, 'data/images'), { recursive: true });
  const rows = ['1', '2', '3'].map((id) => ({
    id,
    question: `Number ${id}\n<image1>`,
    options: [],
    answer: id,
    level: 1,
    subject: 'algebra',
    image: `images/${id}.png`,
  }));
  for (const { image } of rows.slice(0, 2))
    await writeFile(join(folder, 'data', image), encodePng(new Uint8Array(48), 4, 4));
  await writeFile(
    join(folder, 'data/test.jsonl'),
    rows.map((row) => JSON.stringify(row)).join('\n'),
  );
}

const card = async (name: string): Promise<EvalCard> =>
  JSON.parse(await readFile(join(folder, name, 'card.json'), 'utf8')) as EvalCard;

test('eval asks a server, keeps a card, and goes on where a picture was missing', async () => {
  await mathvision();
  const url = await answering((body) => `\\boxed{${/Number (\d)/.exec(body)?.[1] ?? ''}}`);
  const args = [
    'eval',
    '--benchmark',
    'mathvision',
    '--data',
    'data',
    '--endpoint',
    url,
    '--model',
    'm',
    '--out',
    'run',
  ];
  const first = await program(args);
  expect(first.code).toBe(1);
  expect(first.err).toContain('3: expected the picture images/3.png');
  expect((await card('run')).counts).toEqual({
    questions: 3,
    answered: 2,
    failed: 1,
    unasked: 0,
    truncated: 0,
  });
  await writeFile(join(folder, 'data/images/3.png'), encodePng(new Uint8Array(48), 4, 4));
  const second = await program(args);
  expect([second.code, (await card('run')).complete]).toEqual([0, true]);
  expect((await card('run')).results['mathvision.official']).toMatchObject({
    n: 3,
    correct: 3,
    score: 100,
  });
  expect(await readFile(join(folder, 'run/card.md'), 'utf8')).toContain('truncated 0 (0.00 %)');
});

test('eval diff and eval report read what eval wrote', async () => {
  await mathvision();
  await writeFile(join(folder, 'data/images/3.png'), encodePng(new Uint8Array(48), 4, 4));
  const run = async (out: string, of: (body: string) => string): Promise<void> => {
    const url = await answering(of);
    await program([
      'eval',
      '--benchmark',
      'mathvision',
      '--data',
      'data',
      '--endpoint',
      url,
      '--model',
      out,
      '--out',
      out,
    ]);
    server?.closeAllConnections();
    server?.close();
  };
  await run('a', () => '\\boxed{1}');
  await run('b', (body) => `\\boxed{${/Number (\d)/.exec(body)?.[1] ?? ''}}`);
  const diff = await program(['eval', 'diff', 'a', 'b', '--html', 'd.html', '--json']);
  expect(JSON.parse(diff.out)).toMatchObject({
    shared: 3,
    wins: ['2', '3'],
    losses: [],
    pValue: 0.5,
  });
  expect(await readFile(join(folder, 'd.html'), 'utf8')).toContain('data:image/png;base64,');
  await rename(join(folder, 'data'), join(folder, 'moved'));
  const bare = await program(['eval', 'diff', 'a', 'b', '--html', 'e.html', '--offline']);
  expect([bare.code, bare.err]).toEqual([0, expect.stringMatching(/no pictures; .*--data/)]);
  expect(bare.out).toContain('wins 2, losses 0');
  expect(await readFile(join(folder, 'e.html'), 'utf8')).not.toContain('data:image/png;base64,');
  const told = ['eval', 'diff', 'a', 'b', '--html', 'f.html', '--data'];
  expect((await program([...told, 'moved'])).code).toBe(0);
  expect(await readFile(join(folder, 'f.html'), 'utf8')).toContain('data:image/png;base64,');
  expect((await program([...told, 'nowhere', '--offline'])).code).toBe(1);
  const report = await program(['eval', 'report', 'a', 'b', '--html', 'r.html']);
  expect(report.out).toMatch(/\| b \(official\) \| 100\.00 ± 0\.00 .*\| measured here \|/);
  expect(report.out).toMatch(
    /\| VL-Rethinker-7B \| 32\.3 \| VL-Rethinker, arXiv:2504\.08837, main tables, v3 \|/,
  );
  expect((await program(['eval', 'diff', 'a', 'nothing'])).code).toBe(1);
});

test('eval score prints one document with three scorers, and a line per item', async () => {
  await mathvision();
  const responses = [
    { id: '1', response: '\\boxed{1}' },
    { id: '2', response: 'I do not know' },
  ];
  await writeFile(
    join(folder, 'r.jsonl'),
    responses.map((each) => JSON.stringify(each)).join('\n'),
  );
  const { code, out } = await program([
    'eval',
    'score',
    '--benchmark',
    'mathvision',
    '--data',
    'data',
    '--responses',
    'r.jsonl',
    '--json',
    '--items',
    'i.jsonl',
  ]);
  expect(code).toBe(0);
  const document = JSON.parse(out) as ScoreDocument;
  expect(Object.keys(document.scorers)).toEqual(['official', 'verifier', 'reference']);
  expect(document).toMatchObject({ n: 2, unanswered: 1, failed: 0 });
  expect(document.scorers['verifier']).toMatchObject({ n: 2, correct: 1, wrong: 0, noAnswer: 1 });
  const items = (await readFile(join(folder, 'i.jsonl'), 'utf8')).trim().split('\n');
  expect(JSON.parse(items[0] ?? '')).toMatchObject({
    id: '1',
    verifier: { correct: true, span: [7, 8] },
  });
});

test('passrate writes shares that data subset reads, and waits for what failed', async () => {
  await mkdir(join(folder, 'p'));
  const rows = ['a', 'b'].map((id) => ({ id, question: `Say ${id}`, answer: '7', category: 'c' }));
  await writeFile(join(folder, 'p/data.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
  let count = 0;
  let broken = true;
  const url = await answering((body) => {
    if (body.includes('Say b') && broken) return null;
    count += 1;
    return count % 2 === 0 ? '\\boxed{7}' : '\\boxed{8}';
  });
  const args = [
    'passrate',
    '--model',
    'm',
    '--endpoint',
    url,
    '--data',
    'p',
    '--n',
    '2',
    '--out',
    'rates',
    '--concurrency',
    '1',
  ];
  const read = async () =>
    (await readFile(join(folder, 'rates/passrates.jsonl'), 'utf8')).trim().split('\n');
  expect((await program(args)).code).toBe(1);
  expect((await read()).map((line) => JSON.parse(line) as unknown)).toEqual([
    { id: 'a', passRate: 0.5, n: 2, correct: 1, truncated: 0 },
  ]);
  const partly = await program([...args, '--json']);
  expect(partly.code).toBe(1);
  expect(JSON.parse(partly.out)).toMatchObject({
    file: join(folder, 'rates/passrates.jsonl'),
    problems: 2,
    measured: 1,
    responses: 2,
    missing: 2,
    failed: 2,
    meanPassRate: 0.5,
    truncationRate: 0,
    stopped: null,
  });
  broken = false;
  const whole = await program(args);
  expect([whole.code, whole.out]).toEqual([
    0,
    `${join(folder, 'rates/passrates.jsonl')}: 2 of 2 problems; mean pass rate 0.500; 0 never solved, 0 always\n`,
  ]);
  expect(await read()).toHaveLength(2);
  // More responses are drawn behind those that are there; fewer would leave some out.
  count = 0;
  const ended = args.indexOf('--n') + 1;
  const fewer = await program(args.with(ended, '1'));
  expect([fewer.code, fewer.err]).toEqual([2, expect.stringMatching(/samples 2 there, 1 now/)]);
  const more = await program(args.with(ended, '5'));
  expect([more.code, count]).toEqual([0, 6]);
  expect(JSON.parse((await read())[0] ?? '')).toMatchObject({ id: 'a', n: 5 });
  args[ended] = '5';
  // Fewer than were measured before are counted alone.
  const first = JSON.parse((await program([...args, '--limit', '1', '--json'])).out) as unknown;
  expect(first).toMatchObject({ problems: 1, measured: 1, responses: 5, missing: 0 });
});

test('problems of any dataset are evaluated, scored again and compared', async () => {
  const rows = ['a', 'b', 'c'].map((id) => ({ id, question: `Say ${id}`, answer: '7' }));
  const text = [...rows, { id: 'd', question: 'No answer' }].map((row) => JSON.stringify(row));
  await writeFile(join(folder, 'held.jsonl'), text.join('\n'));
  const asked: string[] = [];
  const evaluate = async (out: string, right: string) => {
    const url = await answering((body) => {
      asked.push(body);
      return body.includes(`Say ${right}`) || body.includes('Say a') ? '\\boxed{7}' : '\\boxed{8}';
    });
    const where = ['--benchmark', 'problems', '--data', 'held.jsonl', '--out', out];
    return program(['eval', ...where, '--model', out, '--endpoint', url, '--json']);
  };
  const first = await evaluate('one', 'b');
  expect(first.code).toBe(0);
  expect(first.err).toMatch(
    /1 rows of the data that could not be used:\n {2}held\.jsonl row 4: column answer/,
  );
  expect(JSON.parse(first.out)).toMatchObject({ counts: { answered: 3 }, unusableRows: 1 });
  // The template of training stands behind the question.
  expect(asked[0]).toMatch(/Say a.*boxed/s);
  expect((await evaluate('two', 'c')).code).toBe(0);
  const diff = await program(['eval', 'diff', 'one', 'two', '--html', 'd.html']);
  expect(diff.out).toMatch(/wins: c\nlosses: b/);
  const score = ['eval', 'score', '--benchmark', 'problems', '--data', 'held.jsonl', '--json'];
  await writeFile(join(folder, 'r.jsonl'), '{"id":"a","response":"\\\\boxed{7}"}\n');
  const scored = await program([...score, '--responses', 'r.jsonl']);
  expect(JSON.parse(scored.out)).toMatchObject({
    unanswered: 2,
    scorers: { official: { correct: 1 } },
  });
  const without = await program(['eval', '--benchmark', 'problems', '--model', 'm']);
  expect([without.code, without.err]).toEqual([2, expect.stringContaining('expected --data')]);
});

test('an unknown benchmark, template or address is told with what there is', async () => {
  const args = (benchmark: string, ...more: string[]) =>
    program(['eval', '--benchmark', benchmark, '--data', 'data', '--model', 'm', ...more]);
  await mathvision();
  expect(await args('mathvison')).toMatchObject({ code: 2 });
  expect((await args('mathvison')).err).toMatch(
    /expected a benchmark among mathvista, mathverse, mathvision/,
  );
  const template = await args(
    'mathvision',
    '--template',
    'defualt',
    '--endpoint',
    'http://127.0.0.1:9',
  );
  expect(template.err).toMatch(/did you mean default\?; mathvision has official/);
  const address = await args('mathvision', '--endpoint', 'localhost:8000');
  expect([address.code, address.err]).toEqual([
    2,
    expect.stringMatching(/expected an address such as/),
  ]);
});

const shared = fileURLToPath(new URL('../../../shared/data', import.meta.url));

test.skipIf(!existsSync(shared)).each([
  ['mathvision', 'mathvision-testmini', 304],
  ['puzzlevqa', 'puzzlevqa', 1600],
])('%s is asked and answered to the last item', async (benchmark, data, count) => {
  const url = await answering(() => 'It is \\boxed{A}', 'length');
  const { code } = await program([
    'eval',
    '--benchmark',
    benchmark,
    '--data',
    join(shared, data),
    '--endpoint',
    url,
    '--model',
    'm',
    '--out',
    'run',
  ]);
  const made = await card('run');
  expect(code).toBe(0);
  expect(made.counts).toEqual({
    questions: count,
    answered: count,
    failed: 0,
    unasked: 0,
    truncated: count,
  });
  const own = made.results[`${benchmark}.official`];
  expect(own?.correct).toBeGreaterThan(0);
  expect((own?.correct ?? 0) + (own?.wrong ?? 0) + (own?.noAnswer ?? 0)).toBe(count);
});

test('pictures have the size of the paper, or the one that a small model knows', async () => {
  const rows = '{"id":"a","question":"Say a","answer":"7"}\n';
  await writeFile(join(folder, 'one.jsonl'), rows);
  const pixels = async (...more: readonly string[]) => {
    const where = ['--benchmark', 'problems', '--data', 'one.jsonl', '--max-tokens', '2'];
    const args = ['eval', ...where, '--threads', '1', '--json', ...more];
    return (JSON.parse((await program(args)).out) as { pixels: unknown }).pixels;
  };
  const tiny = fileURLToPath(new URL('../../assets/tiny-base', import.meta.url));
  expect(await pixels('--model', tiny, '--out', 'own')).toEqual({ min: 3136, max: 12_544 });
  const told = await pixels('--model', tiny, '--out', 'told', '--max-pixels', '50176');
  expect(told).toEqual({ min: 3136, max: 50_176 });
});
