import { expect, test } from 'vitest';
import { explain } from './explain.ts';
import type { Settings } from './knobs.ts';
import { configOf, knobKeys } from './knobs.ts';

const told = (settings: Settings, given: readonly string[] = []) =>
  explain(configOf(settings), {
    preset: { name: 'mine', source: 'ours', sources: { 'loss.nllCoef': 'released code' } },
    given,
    problems: 16_000,
  });

test('the effective algorithm is told in words and formulas [D12]', () => {
  const text = told({ 'rethink.mode': 'random', 'loss.nllCoef': 0.05 });
  expect(text).toContain(
    'answers 1024 problems 8 times (8192 responses) and takes 16 steps of 512 samples',
  );
  expect(text).toContain('16000 problems: 48 iterations, 750 steps');
  expect(text).toContain('P(j) = |Â_j|^1 / Σ_k |Â_k|^1, with replacement; cleared at every sync');
  expect(text).toContain(
    'with probability 0.65 (uniform over self_questioning, self_correction, self_verification)',
  );
  expect(text).toContain('clip(ρ, 1 − 0.2, 1 + 0.35) Â) + 0.05 · NLL');
  expect(text).toContain('Tokens of the policy loss: plain 1, y1 1, trigger 0, y2 1');
  expect(text).toContain(
    'Tokens of the NLL, kept rethinkings only: plain 0, y1 0, trigger 1, y2 1',
  );
});

test('what is switched changes what is told [D12]', () => {
  expect(told({})).toContain('Forced rethinking: off.');
  expect(told({ 'batch.mode': 'grpo' })).toContain('all samples, groups that agree included');
  expect(told({ 'batch.mode': 'filter' })).toContain('it shrinks');
  expect(told({ 'advantage.divideByStd': true })).toContain('√(p̃(1 − p̃))');
  expect(told({ 'loss.klCoef': 0.1 })).toContain('+ 0.1 · KL');
  expect(told({ 'reward.shaping': 'reference' })).toContain('1 − 0.2 n');
  expect(told({ 'rethink.mode': 'wrong_only' })).toContain(
    '! reference answers choose which responses rethink',
  );
});

test('every setting is listed with value, source and meaning, or why it has no effect [D12]', () => {
  const lines = told({ 'optim.learningRate': 2e-6, 'replay.alpha': 2, 'loss.nllCoef': 0.05 }, [
    'replay.alpha',
  ]).split('\n');
  for (const key of knobKeys) {
    expect(lines.filter((line) => line.startsWith(`${key} `))).toHaveLength(1);
  }
  const line = (key: string) =>
    lines.find((one) => one.startsWith(`${key} `))?.replaceAll(/ {2,}/g, ' | ');
  expect(line('replay.alpha')).toContain('| 2 | set by you |');
  expect(line('optim.learningRate')).toContain('| 0.000002 | ours |');
  expect(line('loss.nllCoef')).toContain('| 0.05 | released code |');
  expect(line('optim.beta2')).toContain('| 0.95 | released code |');
  expect(line('rethink.q')).toContain('no effect: rethink.mode is off');
});
