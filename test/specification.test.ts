import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * What the specification of the method demands, and which tests show it. A test covers a row, a rule,
 * an identity or an alarm when its name holds the tag in square brackets.
 */
const numbered = (letter: string, last: number) =>
  Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
const rows = [
  ...numbered('S', 13),
  ...numbered('A', 4),
  ...numbered('L', 11),
  ...numbered('R', 8),
  ...numbered('F', 12),
  ...numbered('D', 13),
];
const rules = numbered('rule ', 40);
const emptyCases = [
  'rule 15: nothing effective',
  'rule 15: empty buffer',
  'rule 15: idle worker',
  'rule 15: missing rollouts',
  'rule 15: short last batch',
];
const identities = [
  'identity: table',
  'identity: sums',
  'identity: integer form',
  'identity: replay mass',
  'identity: lone correct',
  'identity: leave-one-out',
  'identity: no vanishing',
  'identity: draws forced to zero',
  'identity: replay share',
  'identity: filter against grpo',
  'identity: duplication',
  'identity: first use',
  'identity: steps',
  '2.5 worked SSR',
  'F-worked',
];
const alarms = [
  'alarm: constant reward',
  'alarm: all groups vanishing',
  'alarm: weights',
  'alarm: replay',
  'alarm: rethinking',
  'alarm: mismatch',
  'alarm: gradient',
  'alarm: truncation',
];

/** Covered by tests of other rooms, named as they are there. */
const elsewhere: Readonly<Record<string, { readonly file: string; readonly test: string }>> = {
  D2: {
    file: 'src/model/processor/problem-parts.test.ts',
    test: 'pictures without any mark come before the question, and that is reported',
  },
  D3: {
    file: 'src/model/processor/problem-parts.test.ts',
    test: 'a question without pictures is text',
  },
  'rule 27': {
    file: 'src/data/read-problems.test.ts',
    test: 'a pass rate of −1 is missing, not zero and not a finding',
  },
  'rule 28': {
    file: 'src/data/read-problems.test.ts',
    test: 'of two rows with one id the first stays',
  },
  'rule 29': {
    file: 'test/eval/run-eval.test.ts',
    test: 'a card without truncation rate, or with a failed request among the wrong answers, cannot be written',
  },
  'rule 30': {
    file: 'test/eval/run-eval.test.ts',
    test: 'a changed prompt refuses to go on in the same folder, naming what differs',
  },
  'rule 26': {
    file: 'src/verify/stress.test.ts',
    test: 'steps stay within the budget and are the same in every run',
  },
  'rule 40': {
    file: 'src/verify/pool.test.ts',
    test: 'a worker that hangs is ended, its pair reported, and the others judged',
  },
  'rule 5': {
    file: 'src/model/processor/problem-parts.test.ts',
    test: 'pictures stand in the places of their marks, in order',
  },
  'rule 6': {
    file: 'src/model/processor/processor.test.ts',
    test: 'a problem becomes one user turn, its pictures expanded to their grids',
  },
  'rule 7': {
    file: 'src/model/processor/processor.test.ts',
    test: 'patches have the grid that the prompt announced, and are cut once',
  },
};

/** What no test shows yet, by the room that has to. */
const pending: Readonly<Record<string, string>> = {};

/** Shown here as far as these rooms reach; the rooms named have to show the rest. */
const alsoOwed: Readonly<Record<string, string>> = {
  D5: 'data: data/dropped/prompt_too_long',
  D7: 'sampler: caches are cleared when weights are published',
  D10: 'eval: distinct problem ids are counted',
  D13: 'data: subset builder; eval: adapters',
  'rule 3': 'sampler: banned ids are never drawn',
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Names of all tests by file: the string that opens a call of `test`, plain or `each`. */
function testNames(): ReadonlyMap<string, readonly string[]> {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
      .map((file) => join(folder, file)),
  );
  return new Map(
    files.map((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      const names = source.matchAll(/(?:\btest|\)|\])\(\s*(['"`])((?:\\.|(?!\1).)*)\1\s*,/gu);
      return [file, Array.from(names, ([, , name = '']) => name.replaceAll("\\'", "'"))];
    }),
  );
}

const names = testNames();
const all = [...names.values()].flat();
const covering = (tag: string) => all.filter((name) => name.includes(`[${tag}]`));
const isCovered = (tag: string) => covering(tag).length > 0 || tag in elsewhere;

test.each([...rows, ...rules, ...emptyCases, ...identities, ...alarms])(
  '%s of the specification has a test, or a room that owes it',
  (tag) => {
    const covered = isCovered(tag) || (tag === 'rule 15' && emptyCases.every(isCovered));
    expect(covered || tag in pending).toBe(true);
  },
);

test('nothing is called pending that a test shows, and every tag is one of the specification', () => {
  expect(Object.keys(pending).filter(isCovered)).toEqual([]);
  const known = new Set([...rows, ...rules, ...emptyCases, ...identities, ...alarms]);
  const mapped = [...Object.keys(pending), ...Object.keys(alsoOwed), ...Object.keys(elsewhere)];
  expect(mapped.filter((tag) => !known.has(tag))).toEqual([]);
  expect(Object.keys(alsoOwed).filter((tag) => !isCovered(tag))).toEqual([]);
  const used = all.flatMap((name) =>
    Array.from(
      name.matchAll(/\[((?:[SALRFD]\d+|rule \d+|identity: |alarm: )[^\]]*)\]/gu),
      ([, tag = '']) => tag,
    ),
  );
  expect(used.filter((tag) => !known.has(tag))).toEqual([]);
});

test.each(Object.entries(elsewhere))(
  '%s is shown where the table says',
  (_, { file, test: name }) => {
    expect(names.get(file) ?? []).toContain(name);
  },
);

test('docs/algorithm.md has a line for every row, rule and identity, and names files that exist', () => {
  const text = readFileSync(join(root, 'docs/algorithm.md'), 'utf8');
  const lines = text.split('\n');
  const lineOf = (id: string) =>
    lines.find((line) => line.startsWith(`| ${id} |`) || line.startsWith(`| ${id}  `));
  const wanted = [...rows, ...rules.map((rule) => rule.replace('rule ', ''))];
  expect(wanted.filter((id) => lineOf(id) === undefined)).toEqual([]);
  const files = [...text.matchAll(/`((?:src|test|configs)\/[\w./-]+)`/gu)].map(
    ([, file = '']) => file,
  );
  expect(files.length).toBeGreaterThan(50);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test('every alarm has a line in docs/algorithm.md and is provoked through the command', () => {
  const source = readFileSync(join(root, 'src/rl/alarms.ts'), 'utf8');
  const union = /AlarmName =([^;]+);/u.exec(source)?.[1] ?? '';
  const found = Array.from(union.matchAll(/'(\w+)'/gu), ([, name = '']) => name);
  expect(found.length).toBe(10);
  const text = readFileSync(join(root, 'docs/algorithm.md'), 'utf8');
  const provoked = readdirSync(join(root, 'test'))
    .filter((file) => /^train-(?:cli|sabotage).*\.test\.ts$/u.test(file))
    .map((file) => readFileSync(join(root, 'test', file), 'utf8'))
    .join('');
  for (const name of found) {
    expect(text).toContain(`| \`${name}\` `);
    expect(provoked).toMatch(new RegExp(`\\b${name}\\b`, 'u'));
  }
});
