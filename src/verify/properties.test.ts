import { expect, test } from 'vitest';
import {
  randomAnswer,
  randomBytes,
  randomOf,
  randomScalar,
  randomSoup,
} from './__fixtures__/random-answers.ts';
import { checkGold } from './check-gold.ts';
import { modes } from './input.ts';
import { rewardOf } from './verdict.ts';
import { verify } from './verify.ts';

const correct = (gold: string, prediction: string): boolean =>
  verify({ gold, prediction, source: 'answer' }).correct;

test('every gold that says something agrees with itself, and dressing it up changes nothing', () => {
  const draw = randomOf(3);
  for (let at = 0; at < 2_000; at += 1) {
    const gold = randomAnswer(draw);
    for (const dressed of [
      gold,
      `  ${gold} `,
      `$${gold}$`,
      `$$ ${gold} $$`,
      `\\( ${gold} \\)`,
      `{${gold}}`,
      gold.replaceAll('\\frac', '\\dfrac'),
    ])
      expect([gold, dressed, correct(gold, dressed)]).toEqual([gold, dressed, true]);
  }
});

test('any bytes are data: no throw in any mode, and a verdict for a gold against itself', () => {
  const draw = randomOf(5);
  for (let at = 0; at < 1_500; at += 1) {
    const [gold, prediction] =
      at % 2 === 0 ? [randomSoup(draw), randomSoup(draw)] : [randomBytes(draw), randomBytes(draw)];
    const self = verify({ gold, prediction: gold, source: 'answer' });
    expect([gold, self.correct || gold.trim() === '']).toEqual([gold, true]);
    for (const mode of modes) {
      const verdict = verify(
        { gold, prediction, source: 'auto', choices: at % 3 === 0 ? [gold, 'x'] : [] },
        { mode },
      );
      expect(rewardOf(verdict) === 1).toBe(verdict.correct);
    }
  }
});

test('equality of expressions, sets and lists is symmetric', () => {
  const draw = randomOf(9);
  for (let at = 0; at < 2_000; at += 1) {
    const [a, b] = [randomScalar(draw, 2), randomScalar(draw, 2)];
    expect([a, b, correct(a, b)]).toEqual([a, b, correct(b, a)]);
  }
});

test.each([
  ['12345', '12346'],
  ['0.125', '0.126'],
  ['-3', '3'],
  ['x+1', 'x-1'],
  ['x+1', 'y+1'],
  ['\\frac{3}{4}', '\\frac{3}{5}'],
  ['[1,2)', '[1,2]'],
  ['[1,2)', '(1,2)'],
  ['(1,2,3)', '(1,2)'],
  ['1,2,3', '1,2,3,3'],
  ['1,2,3', '1,2'],
  ['\\{1,2\\}', '\\{1,2,4\\}'],
  ['\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '\\begin{pmatrix}1&2\\\\3&5\\end{pmatrix}'],
  ['x<5', 'x>5'],
  ['x<5', 'x\\le5'],
  ['2\\sqrt{3}', '3\\sqrt{2}'],
  ['5\\text{ cm}', '5\\text{ m}'],
  ['east', 'west'],
])('one changed digit, sign, letter, bracket or element makes %s wrong: %s', (gold, prediction) => {
  expect(correct(gold, prediction)).toBe(false);
  expect(correct(prediction, gold)).toBe(false);
});

test.each([
  ['an equation is not unwrapped', '2x+z=1', '1'],
  ['a gold interval is not met by an inequality', '(1,3)', '1<x<3'],
  ['a bare number has no percent sign to drop', '10', '10\\%'],
])('%s', (_, gold, prediction) => {
  expect(correct(gold, prediction)).toBe(false);
});

test('a gold inequality is met by its interval, a gold percentage by three spellings', () => {
  expect(correct('1<x<3', '(1,3)')).toBe(true);
  for (const answer of ['28\\%', '28', '0.28']) expect(correct('28\\%', answer)).toBe(true);
});

test('an unusable gold is unverifiable, and its reward is null', () => {
  for (const gold of ['', '   ', '$$', '\\boxed{}', '\\frac{1}{2', 'x'.repeat(9_000)]) {
    const verdict = verify({ gold, prediction: '\\boxed{5}', source: 'response' });
    expect([gold, verdict.status, rewardOf(verdict)]).toEqual([gold, 'unverifiable', null]);
    expect(checkGold(gold).usable).toBe(false);
  }
  expect(checkGold('\\frac{1}{2}')).toEqual({ usable: true });
});

test('malformed options throw, data never do', () => {
  const input = { gold: '1', prediction: '1', source: 'answer' } as const;
  expect(() => verify(input, { policy: { percent: 'maybe' as never } })).toThrow(TypeError);
  expect(() => verify(input, { mode: 'loose' as never })).toThrow(TypeError);
  expect(() => verify(input, { budget: { steps: -1 } })).toThrow(TypeError);
});

test('several golds: any may match', () => {
  expect(verify({ gold: ['3', '4'], prediction: '4', source: 'answer' }).correct).toBe(true);
  expect(verify({ gold: ['', '4'], prediction: '5', source: 'answer' }).status).toBe('wrong');
});
