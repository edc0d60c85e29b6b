import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modes } from './input.ts';
import { defaultBudget } from './budget.ts';
import { policyOfTags, strictPolicy } from './policy.ts';
import { verify } from './verify.ts';

const page = readFileSync(new URL('../../docs/verifier.md', import.meta.url), 'utf8');
const block = /```verify\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
const examples = block
  .trim()
  .split('\n')
  .map((line) => line.split(' | '));

test.each(examples)(
  'docs/verifier.md: gold %s, answer %s: %s',
  (gold = '', prediction = '', reason) => {
    expect(verify({ gold, prediction, source: 'answer' }).reason).toBe(reason);
  },
);

test('docs/verifier.md names every mode and every policy option', () => {
  expect(examples.length).toBeGreaterThan(50);
  for (const word of [...modes, ...Object.keys(strictPolicy)])
    expect(page).toContain(`\`${word}\``);
});

/** Names in code marks in one column of the table under a heading. */
function column(heading: string, at: number): readonly string[] {
  const section = page.slice(page.indexOf(`## ${heading}`)).split(/\n## /)[0] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| `') || line.startsWith('|  '));
  return rows.flatMap((row) =>
    [...(row.split(' | ')[at] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
}

test('docs/verifier.md lists exactly the modes, the options with their defaults, and the tags', () => {
  expect([...column('Modes', 0)].sort()).toEqual([...modes].sort());
  const options = column('Options of `strict`', 0);
  expect([...options].sort()).toEqual(Object.keys(strictPolicy).sort());
  for (const name of options) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` `));
    const value = strictPolicy[name as keyof typeof strictPolicy];
    expect(row?.split(' | ')[1]).toMatch(new RegExp(`^\`${String(value)}\``));
  }
  const tags = column('Options of `strict`', 2);
  expect(tags.length).toBeGreaterThan(10);
  for (const tag of tags) expect(Object.keys(policyOfTags([tag]))).toHaveLength(1);
});

test('docs/verifier.md states every limit as it is', () => {
  const section = page.slice(page.indexOf('## Limits'), page.indexOf('## Command'));
  for (const [name, value] of Object.entries(defaultBudget))
    expect([name, section.includes(value.toLocaleString('en-US'))]).toEqual([name, true]);
});
