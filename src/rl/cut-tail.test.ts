import { expect, test } from 'vitest';
import { tailOf, tokensBefore } from './cut-tail.ts';

test.each([
  ['One.\n\nWait, two.\n\nThe answer \\boxed{3}', 'One.'],
  ['One.\n\nTwo, so \\boxed{3}', 'One.'],
  ['One. The answer is 3', 'One. The '],
  ['nothing of the kind', undefined],
  ['Wait at the start', undefined],
])('the tail of %j leaves %j [F3]', (text, left) => {
  const cut = tailOf(text);
  expect(cut === undefined ? undefined : text.slice(0, cut)).toBe(left);
});

test('a cut falls between tokens and never inside a character [F3]', () => {
  const pieces = ['ab', 'cd', 'e\u{fffd}', 'f'];
  const decode = (ids: Int32Array) => Array.from(ids, (id) => pieces[id]).join('');
  const ids = Int32Array.of(0, 1, 2, 3);
  expect(tokensBefore(ids, 3, decode)).toBe(1);
  expect(tokensBefore(ids, 4, decode)).toBe(2);
  expect(tokensBefore(ids, 6, decode)).toBe(2);
  expect(tokensBefore(ids, 100, decode)).toBe(4);
});
