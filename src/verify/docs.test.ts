import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modes } from './input.ts';
import { strictPolicy } from './policy.ts';
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
