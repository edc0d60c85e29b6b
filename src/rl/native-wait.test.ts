import { expect, test } from 'vitest';
import { countNativeWaits } from './native-wait.ts';

test.each([
  ['They wait 5 minutes', 0],
  ['await a reply; waiting', 0],
  ['wait in line', 0],
  ['WAIT: no', 1],
  ['So x=3. Wait a moment, no.', 1],
  ['Hmm, wait... Alternatively, use', 2],
  ['x = 2.\nWait\nno', 1],
  ['ok, wait — really? Wait, what', 2],
  ['await, kuwait! waits…', 0],
  ['', 0],
] as const)('waits are whole words that pause [5.0] [F9] [rule 19]: %j holds %i', (text, count) => {
  expect(countNativeWaits(text)).toBe(count);
});

test('counting stays linear on hostile text', () => {
  expect(countNativeWaits('wait '.repeat(200_000))).toBe(0);
  expect(countNativeWaits(`Wait${' '.repeat(300_000)}x`)).toBe(1);
});
