import type { Random } from '#run';

/** Tokens are characters of this text. */
export const alphabet = '0123456789+=';

/** `37+48=580`: two-digit sums; the sum stands backwards, units first, the order in which carries run. */
export const questionLength = 6;
export const answerLength = 3;
export const sumLength: number = questionLength + answerLength;

/** One of every twenty sums is never trained on. */
const heldOutEvery = 20;

function written(a: number, b: number): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const digits = Array.from(String(a + b).padStart(answerLength, '0'));
  return `${two(a)}+${two(b)}=${digits.reverse().join('')}`;
}

/** Token ids of a sum, [9]. */
export function tokensOf(a: number, b: number): readonly number[] {
  return Array.from(written(a, b), (character) => alphabet.indexOf(character));
}

/** Held out by a hash of both terms, so that neighbours fall on both sides. */
function isHeldOut(a: number, b: number): boolean {
  return ((a * 7919 + b * 104_729) >>> 3) % heldOutEvery === 0;
}

/** `count` random sums to learn from, as ids [count × 9]. */
export function trainingBatch(random: Random, count: number): Int32Array {
  const ids = new Int32Array(count * sumLength);
  for (let row = 0; row < count;) {
    const [a, b] = [random.int(100), random.int(100)];
    if (!isHeldOut(a, b)) ids.set(tokensOf(a, b), sumLength * row++);
  }
  return ids;
}

/** All sums that training never sees, as ids [count × 9]. */
export function heldOutSums(): Int32Array {
  const rows: number[] = [];
  for (let a = 0; a < 100; a++)
    for (let b = 0; b < 100; b++) if (isHeldOut(a, b)) rows.push(...tokensOf(a, b));
  return Int32Array.from(rows);
}
