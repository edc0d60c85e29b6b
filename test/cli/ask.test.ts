import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { triggers } from '#rl';
import { liveTensors } from '#tensor';
import { ask } from '../../src/cli/ask.ts';
import { askOptions, triggerIds } from '../../src/cli/ask-options.ts';
import { harmless } from '../../src/cli/ask-one.ts';
import type { Io } from '../../src/cli/command.ts';

const model = fileURLToPath(new URL('../../../shared/data/tiny-prototype', import.meta.url));
const samples = join(model, 'samples');
const there = existsSync(samples);
const folder = mkdtempSync(join(tmpdir(), 'ask-'));
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const rowsOf = (count: number) =>
  lines(join(samples, 'samples.jsonl'))
    .slice(0, count)
    .map(({ id, question, image }) => ({
      id,
      question: `<image>\n${question}`,
      images: [join(samples, image)],
    }));

async function run(options: Record<string, unknown>, question?: string, more: Partial<Io> = {}) {
  let [out, err] = ['', ''];
  const io: Io = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    color: { out: false, err: false },
    columns: undefined,
    signal: new AbortController().signal,
    cwd: folder,
    ...more,
  };
  const given = askOptions.parse({ model, maxTokens: 96, ...options });
  const positionals = question === undefined ? [] : [question];
  const code = await ask.run({ options: given, positionals }, io);
  return { code, out, err };
}

test.each([
  [{}, [], /one question/],
  [{ input: 'a' }, [], /belong together/],
  [{ input: 'a', output: 'b' }, ['why?'], /found both/],
  [{ input: 'a', output: 'b', image: ['c'] }, [], /into its rows/],
  [{ minTokens: 9, maxTokens: 3 }, ['why?'], /--min-tokens/],
])('contradictory options are refused: %o %o', async (options, positionals, message) => {
  const given = askOptions.parse({ model, ...options });
  await expect(ask.run({ options: given, positionals }, {} as Io)).rejects.toThrow(message);
});

test('the triggers are those of the method', () => {
  expect([...triggerIds].sort()).toEqual(Object.keys(triggers).sort());
});

test('a model cannot command the terminal', () => {
  expect(harmless('a\u001b[2Jb\u0007\tc\nd\u009b1m')).toBe('ab\tc\nd');
});

// Without the trained checkpoint beside the project there is nothing to ask.
test.skipIf(!there)(
  'replies are those of transformers, from picture and question to text',
  { timeout: 300_000 },
  async () => {
    const rows = rowsOf(420);
    writeFileSync(join(folder, 'all.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    const before = liveTensors();
    const { code } = await run({ input: 'all.jsonl', output: 'all.out' });
    expect(code).toBe(0);
    expect(liveTensors()).toBe(before);
    const theirs = new Map(
      lines(join(samples, 'greedy-transformers.jsonl')).map((row) => [row.id, row]),
    );
    const found = lines(join(folder, 'all.out'));
    expect(found).toHaveLength(420);
    const wrong = found.filter(
      ({ id, ids, text }) =>
        ids.join() !== theirs.get(id).ids.join() || text !== theirs.get(id).text,
    );
    expect(wrong.map(({ id }) => id)).toEqual([]);
  },
);

test.skipIf(!there)(
  'a batch that was stopped goes on, and a failed row is written down',
  { timeout: 120_000 },
  async () => {
    const rows = rowsOf(12);
    const bad = [{ id: 'no-file', question: 'What?', images: ['none.png'] }, { id: 'no-question' }];
    const text = [...rows.slice(0, 6), ...bad, ...rows.slice(6)].map((row) => JSON.stringify(row));
    writeFileSync(join(folder, 'in.jsonl'), `${[...text, '{torn'].join('\n')}\n`);
    const output = join(folder, 'out.jsonl');
    const whole = await run({ input: 'in.jsonl', output: 'whole.jsonl' });
    expect(whole.code).toBe(1);
    const byId = (path: string) => new Map(lines(path).map((row) => [row.id, row]));
    const expected = byId(join(folder, 'whole.jsonl'));
    expect(expected.size).toBe(15);
    expect(expected.get('no-file').error).toMatch(/none\.png/);
    expect(expected.get('no-question').error).toMatch(/question/);
    expect(expected.get('line 15').error).toMatch(/JSON/);

    // Some rows are there already, the last of them torn by a kill.
    const some = readFileSync(join(folder, 'whole.jsonl'), 'utf8').split('\n').slice(0, 6);
    writeFileSync(output, `${some.slice(0, 5).join('\n')}\n${some[5]?.slice(0, 20)}`);
    const stopped = new AbortController();
    stopped.abort();
    expect(
      (
        await run({ input: 'in.jsonl', output: 'out.jsonl' }, undefined, {
          signal: stopped.signal,
        }).catch(() => ({ code: 1 }))
      ).code,
    ).toBe(1);
    await run({ input: 'in.jsonl', output: 'out.jsonl' });
    expect(lines(output)).toHaveLength(15);
    expect(byId(output)).toEqual(expected);
    const again = await run({ input: 'in.jsonl', output: 'out.jsonl', retryFailed: true });
    expect(again.code).toBe(1);
    expect(lines(output)).toHaveLength(15);
  },
);

test.skipIf(!there)(
  '--json gives one record; rethinking goes on from the answer',
  { timeout: 120_000 },
  async () => {
    const [row] = rowsOf(1);
    const { out, err, code } = await run(
      { image: row!.images, json: true, rethink: true, n: 2, logprobs: true },
      row!.question,
    );
    expect(code).toBe(0);
    const { answers } = JSON.parse(out);
    expect(answers).toHaveLength(2);
    for (const { text, ids, logprobs, answer, rethink } of answers) {
      expect(logprobs).toHaveLength(ids.length);
      expect(text).toContain(answer);
      expect(rethink.trigger).toBe(triggers.self_questioning);
      expect(rethink.ids.length).toBeGreaterThan(0);
      expect(typeof rethink.changed).toBe('boolean');
    }
    expect(err).toMatch(/answer (changed|stayed)/);
  },
);

test.skipIf(!there)(
  'a terminal sees the answer as it is drawn, a pipe the whole',
  { timeout: 120_000 },
  async () => {
    const [row] = rowsOf(1);
    const pieces: string[] = [];
    await run({ image: row!.images }, row!.question, {
      color: { out: true, err: false },
      out: (text) => void pieces.push(text),
    });
    const { out } = await run({ image: row!.images }, row!.question);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(out);
  },
);
