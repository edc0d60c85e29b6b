import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('__fixtures__/attention-gradients.ts', import.meta.url));

/** In a process of its own: what is set once stays. */
function gradients(...words: readonly string[]): string {
  return execFileSync(process.execPath, ['--conditions=source', program, ...words], {
    encoding: 'utf8',
  });
}

test('gradients are the same whether the number of threads was set or is as it came', () => {
  expect(gradients('set')).toBe(gradients());
});
