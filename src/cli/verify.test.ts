import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRun } from '#run';
import type { RolloutRow } from '#run';
import { UsageError } from './command.ts';
import { shown } from './verify-explain.ts';
import { verifyCommand } from './verify.ts';

async function run(positionals: readonly string[], given: Record<string, unknown> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await verifyCommand.run(
    { options: verifyCommand.options.parse(given), positionals },
    {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      color: { out: false, err: false },
      columns: undefined,
      signal: new AbortController().signal,
      cwd: process.cwd(),
    },
  );
  return { code, out: out.join(''), err: err.join('') };
}

function file(name: string, content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'verify-')), name);
  writeFileSync(path, content);
  return path;
}

const lines = [
  { id: 'a', gold: '1/2', prediction: 'so \\boxed{0.5}' },
  { id: 'b', gold: ['3', '4'], prediction: '4', source: 'answer' },
  { id: 'c', gold: '50\\%', prediction: '\\boxed{50}', policy: ['percent-is-1/100'] },
  { id: 'd', gold: 'B', prediction: '\\boxed{7}', choices: ['5', '7'], mode: 'mathvision' },
  { id: 'e', gold: '', prediction: '\\boxed{7}' },
  { id: 'f', gold: '0.33', prediction: '\\boxed{\\frac13}', precision: 2 },
];
const jsonl = lines.map((line) => JSON.stringify(line)).join('\n');

test('one case is explained: what was found where, what both sides mean, which rule decided', async () => {
  const { code, out } = await run(['so \\boxed{0.5}'], { gold: '1/2' });
  expect(code).toBe(0);
  for (const part of [
    'correct',
    'number-exact',
    '1/2',
    '0.5',
    'in a box, characters 10 to 13',
    '(number)',
  ])
    expect(out).toContain(part);
});

test('a file gives one JSON line per case in input order and counts on stderr', async () => {
  const { code, out, err } = await run([file('cases.jsonl', jsonl)]);
  const verdicts = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(code).toBe(0);
  expect(verdicts.map((verdict) => verdict['id'])).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(verdicts.map((verdict) => verdict['status'])).toEqual([
    'correct',
    'correct',
    'wrong',
    'correct',
    'unverifiable',
    'correct',
  ]);
  expect(Object.keys(verdicts[0] ?? {})).toEqual([
    'id',
    'correct',
    'status',
    'reason',
    'answer',
    'notes',
    'steps',
  ]);
  expect(err).toMatch(
    /6 cases: correct 4, wrong 1, no-answer 0, unverifiable 1, over-budget 0; malformed lines 0; [\d.]+ ms per pair/,
  );
});

test('workers change no byte of the output', async () => {
  const path = file('cases.jsonl', Array.from({ length: 100 }, () => jsonl).join('\n'));
  const [direct, pooled] = [await run([path]), await run([path], { workers: 2 })];
  expect(pooled.out).toBe(direct.out);
});

test('a malformed line is reported with its number, does not stop the rest, and fails the run', async () => {
  const broken = [
    '{"gold": "1"',
    jsonl,
    '{"gold": 5, "prediction": "x"}',
    '{"gold": "1", "prediction": "1", "policy": ["no-such-tag"]}',
    '{"gold": "1", "prediction": "1", "policy": {"percent": "maybe"}}',
  ].join('\n');
  const { code, out, err } = await run([file('cases.jsonl', broken)]);
  expect(code).toBe(1);
  expect(out.trim().split('\n')).toHaveLength(6);
  for (const line of [1, 8, 9, 10]) expect(err).toContain(`line ${line}: `);
  expect(err).toContain('malformed lines 4');
});

test('a JSON array in the fields of the example collection is read', async () => {
  const rows = [
    {
      id: 'v1',
      gold: '$1/3$',
      prediction: '0.3333$',
      expected: true,
      form: 'pair',
      label: 'human-written test',
      source: 'x',
      options: { precision: 4 },
    },
    {
      id: 'v2',
      gold: 'D',
      prediction: 'E',
      expected: false,
      form: 'pair',
      label: 'official scorer verdict',
      source: 'mathllm/MATH-V',
      policy: ['official-scorer-of-that-benchmark'],
      options: { choices: ['A', 'B', 'C', 'D', 'E'] },
    },
  ];
  const { out } = await run([file('rows.json', JSON.stringify(rows))]);
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { correct: boolean }).correct),
  ).toEqual([true, false]);
});

test('an audit lists unusable golds, disagreements and near misses', async () => {
  const rows = [
    { id: 'gold', gold: '\\frac{1}{2', prediction: '\\boxed{5}' },
    { id: 'negative', gold: 'A', prediction: '\\boxed{(A)}' },
    { id: 'positive', gold: 'A', prediction: '\\boxed{Apple}' },
    { id: 'near', gold: '\\frac{1}{3}', prediction: '\\boxed{0.33}' },
    { id: 'fine', gold: '5', prediction: '\\boxed{5}' },
  ];
  const { out } = await run(
    [file('run.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))],
    { audit: true, json: true },
  );
  const kinds = Object.fromEntries(
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; kind: string })
      .map(({ id, kind }) => [id, kind]),
  );
  expect(kinds).toEqual({
    gold: 'unverifiable-gold',
    negative: 'likely-false-negative',
    positive: 'likely-false-positive',
    near: 'near-miss',
  });
});

test('the rollouts of an exported run are judged against the problems beside them', async () => {
  const problem = { id: 'p1', question: 'Which?', answer: 'B', options: ['5', '7'] };
  const rollout = { id: 'r1', problemId: 'p1', spans: [{ text: 'so \\boxed' }, { text: '{7}' }] };
  const lost = { id: 'r2', problemId: 'p2', spans: [] };
  const path = file('rollouts.jsonl', [rollout, lost].map((row) => JSON.stringify(row)).join('\n'));
  writeFileSync(join(path, '..', 'problems.jsonl'), JSON.stringify(problem));
  const { code, out, err } = await run([path]);
  expect(JSON.parse(out)).toMatchObject({ id: 'r1', correct: true, reason: 'option-text' });
  expect(err).toContain('line 2: problemId p2');
  expect(code).toBe(1);
});

/** A run of two rollouts: one whose verdict still holds, one that the run took for wrong. */
function storedRun(): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'verify-')), 'run');
  using store = createRun(folder, {
    name: 'small',
    startedAt: '',
    config: {},
    versions: {},
    stamps: [],
  });
  const verdict = { code: '', reward: 0, shaping: 0, extracted: null, shape: null, reason: '' };
  const rollout = (index: number, text: string, correct: boolean): RolloutRow => ({
    id: `r${index}`,
    problemId: 'p1',
    index,
    spans: [
      { kind: 'draft', start: 0, end: 2, temperature: 1, text: 'so ' },
      { kind: 'rethinking', start: 2, end: 4, temperature: 1, text },
    ],
    stop: 'end',
    weightsVersion: 0,
    waits: 0,
    verdict: { ...verdict, correct },
    draftVerdict: null,
    trigger: null,
    advantage: null,
    tokens: null,
    logprobs: null,
    oldLogprobs: null,
  });
  store.record({
    kind: 'collected',
    iteration: 0,
    step: 0,
    data: null,
    problems: [
      {
        id: 'p1',
        question: 'Which?',
        answer: 'B',
        options: ['5', '7'],
        category: '',
        source: null,
        pictures: [],
      },
    ],
    rollouts: [
      rollout(0, 'Answer: B', true),
      rollout(1, 'Answer: B', false),
      rollout(2, '5', false),
    ],
  });
  return folder;
}

test('a run folder is judged against the answers of its problems', async () => {
  const { code, out } = await run([storedRun()]);
  const verdicts = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: string; correct: boolean });
  expect(verdicts.map(({ id, correct }) => [id, correct])).toEqual([
    ['r0', true],
    ['r1', true],
    ['r2', false],
  ]);
  expect(code).toBe(0);
});

test('an audit of a run lists the rollouts that the run judged otherwise', async () => {
  const { out, err } = await run([storedRun()], { audit: true });
  expect(out).toMatch(
    /^r1 {2}other-verdict {2}the run says not correct, strict says correct \(identical\)$/m,
  );
  expect(out).not.toMatch(/^r0/m);
  expect(err).toContain('3 cases:');
});

test('a folder without a run is refused with what was expected', async () => {
  await expect(run([mkdtempSync(join(tmpdir(), 'verify-'))])).rejects.toThrow('expected a run');
});

test('every reason is explained in words, and what was found when nothing was', async () => {
  const { out } = await run(['I do not know'], { gold: '5' });
  expect(out).toBe(
    [
      'no-answer: no box, answer tag or answer phrase was found (no-phrase)',
      'answer     5',
      'extracted  nothing; --source answer takes the text itself',
      'mode       strict, 5 steps',
      '',
    ].join('\n'),
  );
  const units = await run(['\\boxed{5}'], { gold: '5 cm' });
  expect(units.out).toContain('note       only one side gives a unit (unit-dropped)');
});

test('the example of docs/verifier.md prints what the page shows', async () => {
  const page = readFileSync(new URL('../../docs/verifier.md', import.meta.url), 'utf8');
  const shownThere = /\$ vl-rethinker verify --gold '([^']*)' '([^']*)'\n([\s\S]*?)```/.exec(page);
  const [, gold = '', response = '', expected] = shownThere ?? [];
  expect((await run([response], { gold })).out).toBe(expected);
});

test('wrong use is said, and nothing from outside reaches the terminal as a control code', async () => {
  await expect(run([])).rejects.toThrow(UsageError);
  await expect(run(['/no/such/file.jsonl'])).rejects.toThrow('expected a file of cases');
  const { out } = await run(['\\boxed{\u001b[31m5\u202e}'], { gold: '5\u001b[0m' });
  expect(Array.from(out).filter((character) => character < ' ' && character !== '\n')).toEqual([]);
  expect(shown('a\u0007b')).toBe('a\\u0007b');
});
