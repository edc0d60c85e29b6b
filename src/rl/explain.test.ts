import { expect, test } from 'vitest';
import { explain } from './explain.ts';
import type { KnobKey, KnobValue } from './knob.ts';
import type { Settings } from './knobs.ts';
import { configOf, knobKeys, knobOf, settingOf } from './knobs.ts';

const told = (settings: Settings, given: readonly string[] = []) =>
  explain(configOf(settings), {
    preset: { name: 'mine', source: 'ours', sources: { 'loss.nllCoef': 'released code' } },
    given,
    problems: 16_000,
  });

test('the effective algorithm is told in words and formulas [D12]', () => {
  const text = told({ 'rethink.mode': 'random', 'loss.nllCoef': 0.05 });
  expect(text).toContain(
    'answers 1024 problems G = 8 times (8192 responses) and takes 16 steps of N = 512 samples',
  );
  expect(text).toContain('16000 problems: 48 iterations, 750 steps');
  expect(text).toContain(
    'D_eff enters B first, then N − |D_eff| samples are drawn, P(j) = |Â_j|^α / Σ_k |Â_k|^α, α = 1, with replacement.',
  );
  expect(text).toContain('B is cleared at every sync');
  expect(text).toContain(
    String.raw`with probability q = 0.65: one of "\n\nWait, does it seem right?", "\n\nWait, there might be a mistake", "\n\nWait, let's double check", each as likely`,
  );
  expect(text).toContain(
    'L = −(1/M) Σ min(ρ Â, clip(ρ, 1 − 0.2, 1 + 0.35) Â) + 0.05 L_NLL, M = tokens',
  );
  expect(text).toContain('of a rethought one y1 1, trigger 0, y2 1.');
  expect(text).toContain('L_NLL = −(1/T) Σ log π at temperature 1');
  expect(text).toContain('of kept rethinkings: y1 0, trigger 1, y2 1.');
  expect(text).toContain(
    '1e-6 (s + 1)/W for s < W = ⌈0.03 S⌉, then 1e-6 (0.5 + 0.25 (1 + cos π(s − W)/(S − 1 − W))) (S = 750, W = 23)',
  );
});

test('what is switched changes what is told [D12]', () => {
  expect(told({})).toContain('Forced rethinking: off.');
  expect(told({ 'batch.mode': 'grpo' })).toContain('all samples, groups that agree included');
  expect(told({ 'batch.mode': 'filter' })).toContain('it shrinks');
  expect(told({ 'advantage.divideByStd': true })).toContain('√(p̃(1 − p̃))');
  expect(told({ 'loss.klCoef': 0.1 })).toContain('+ 0.1 KL, M');
  expect(told({ 'reward.shaping': 'reference' })).toContain('1 − 0.2 n');
  expect(told({ 'reward.shaping': 'reference' })).not.toContain('has reward 0');
  expect(told({})).not.toContain('of a rethought one');
  expect(told({ 'loss.normalise': 'per_microbatch' })).not.toContain('however it is cut');
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
  expect(line('optim.learningRate')).toContain('| 2e-6 | ours |');
  expect(line('loss.nllCoef')).toContain('| 0.05 | released code |');
  expect(line('optim.beta2')).toContain('| 0.95 | released code |');
  expect(line('rethink.q')).toContain('no effect: rethink.mode is off');
});

test('every setting of the method changes what is told when it is switched [D12]', () => {
  const everything: Settings = {
    'rethink.mode': 'random',
    'rethink.cutTail': 0.5,
    'loss.nllCoef': 0.05,
    'loss.klCoef': 0.1,
  };
  const otherwise = (key: KnobKey): KnobValue => {
    const { type } = knobOf(key);
    const now = settingOf(configOf(everything), key);
    switch (type.kind) {
      case 'flag':
        return now !== true;
      case 'choice':
        return type.values.find((value) => value !== now) ?? '';
      case 'choices':
        return type.values.slice(-1);
      case 'wordOrWhole':
        return 5;
      case 'whole':
      case 'real':
        return typeof now === 'number' && now >= 1 ? now / 2 : 0.25;
      case 'text':
        return 'other';
      case 'texts':
        return ['other'];
    }
  };
  const method = (text: string) => text.slice(0, text.indexOf('## Settings'));
  const plain = method(told(everything));
  // Bounds of memory and of a measurement: nothing of the method changes with them.
  const silent = ['rollout.concurrency', 'train.microbatchTokens', 'loss.mismatchProbe'];
  const sections = new Set(
    'prompt vision rollout rethink reward advantage batch replay loss mask optim train validation eval'.split(
      ' ',
    ),
  );
  const alsoTold: readonly string[] = ['policy.start', 'data.dataset', 'data.subset'];
  const untold = knobKeys
    .filter((key) => sections.has(key.split('.')[0] ?? '') || alsoTold.includes(key))
    .filter((key) => !silent.includes(key))
    .filter((key) => method(told({ ...everything, [key]: otherwise(key) })) === plain);
  expect(untold).toEqual([]);
});

test('what is imitated, and who is triggered, is told where it differs [D12]', () => {
  const text = told({
    'rethink.mode': 'random',
    'rethink.skipWaited': true,
    'loss.nllCoef': 0.05,
    'loss.nllKept': 'wrong_to_right',
    'loss.nllWeighting': 'advantage',
    'loss.nllWaitCap': 0.33,
  });
  expect(text).toContain('A y1 that already waits unasked gets no trigger.');
  expect(text).toContain('Of these only what was wrong before is imitated.');
  expect(text).toContain('L_NLL = −(1/T) Σ Â log π');
  expect(text).toContain('Nothing is imitated while more than 0.33 of the first answers wait');
});
