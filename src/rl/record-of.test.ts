import { expect, test } from 'vitest';
import { groupOf, samplesOf } from './__fixtures__/group.ts';
import type { CollectedEvent } from './events.ts';
import { recordOf } from './record-of.ts';
import { freshState } from './state.ts';

const group = groupOf('p', 2, { kept: [5] });
const event: CollectedEvent = {
  kind: 'collected',
  iteration: 3,
  step: 48,
  weightsVersion: 4,
  groups: [
    {
      ...group,
      problem: {
        ...group.problem,
        images: [
          { hash: 'ab', source: 'p.png', width: 56, height: 84 },
          { hash: 'cd', source: new Uint8Array(9), width: 28, height: 28 },
          { hash: 'ef', source: '/runs/one/pictures/ef/ef.png', width: 28, height: 28 },
          { hash: '01', source: '/runs/one-more/p.png', width: 28, height: 28 },
        ],
      },
    },
  ],
  samples: samplesOf(group).slice(0, 7),
  failures: [{ problemId: 'q', message: 'picture missing' }],
  metrics: { 'reward/mean': 0.25 },
  state: freshState(1),
};
const decode = (ids: Int32Array) => ids.join(' ');
const folder = '/runs/one';

test('pictures are kept by reference: hash, size, and a path where there is one, inside the run from its folder', () => {
  const [problem] = recordOf(event, { decode, tokens: 'none', folder }).problems ?? [];
  expect(problem?.pictures).toEqual([
    { hash: 'ab', path: 'p.png', width: 56, height: 84 },
    { hash: 'cd', path: null, width: 28, height: 28 },
    { hash: 'ef', path: 'pictures/ef/ef.png', width: 28, height: 28 },
    { hash: '01', path: '/runs/one-more/p.png', width: 28, height: 28 },
  ]);
});

test('spans carry their texts, verdicts stand before and after, advantages where there is a sample', () => {
  const rows = recordOf(event, { decode, tokens: 'all', folder }).rollouts ?? [];
  expect(rows[5]).toMatchObject({
    id: '0/p/5',
    advantage: 0.75,
    trigger: 'self_correction',
    draftVerdict: { code: 'wrong' },
    verdict: { code: 'correct' },
  });
  expect(rows[5]?.spans.map(({ kind, text }) => [kind, text])).toEqual([
    ['draft', '10 11 12 13'],
    ['trigger', '14 15'],
    ['rethinking', '16 17 18'],
  ]);
  expect(rows[7]?.advantage).toBeNull();
  expect(rows[7]?.oldLogprobs).toBeNull();
  expect(rows[0]?.oldLogprobs).toHaveLength(5);
});

test.each([
  ['all', 8],
  ['rethought', 1],
  ['none', 0],
] as const)('tokens and logprobs of %s rollouts are kept', (tokens, count) => {
  const rows = recordOf(event, { decode, tokens, folder }).rollouts ?? [];
  expect(rows.filter((row) => row.tokens !== null)).toHaveLength(count);
  expect(rows.filter((row) => row.logprobs !== null)).toHaveLength(count);
});

test('failures, skipped steps, replay and alarms are events with their reasons', () => {
  expect(recordOf(event, { decode, tokens: 'none', folder }).data).toMatchObject({
    failures: [{ problemId: 'q', message: 'picture missing' }],
  });
  const place = { iteration: 0, step: 1, state: freshState(1) };
  const stepped = recordOf(
    {
      kind: 'stepped',
      ...place,
      current: ['a'],
      replayed: [{ sampleId: 'b', age: 2 }],
      metrics: {},
    },
    { decode, tokens: 'none', folder },
  );
  expect(stepped.uses).toEqual([
    { sampleId: 'a', age: null },
    { sampleId: 'b', age: 2 },
  ]);
  expect(
    recordOf(
      { kind: 'skipped', ...place, reason: 'all groups agree', metrics: {} },
      { decode, tokens: 'none', folder },
    ).data,
  ).toEqual({ reason: 'all groups agree' });
  const alarm = { name: 'gradient_zero', fatal: true, message: 'why' } as const;
  expect(
    recordOf({ kind: 'alarm', iteration: 0, step: 1, alarm }, { decode, tokens: 'none', folder })
      .data,
  ).toEqual(alarm);
});
