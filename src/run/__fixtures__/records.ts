import type { RolloutRow, RunHead, RunRecord, VerdictRow } from '../run-record.ts';

export const head: RunHead = {
  name: 'reasoner-tiny',
  startedAt: '2026-01-01T00:00:00.000Z',
  config: { seed: 0, rollout: { groupSize: 8 }, rethink: { triggers: ['bare_wait'] } },
  versions: { 'vl-rethinker': '0.1.0' },
  stamps: [],
};

const wrong: VerdictRow = {
  code: 'wrong',
  correct: false,
  reward: 0,
  shaping: 0,
  extracted: '3',
  shape: 'number',
  reason: 'number-differs',
};
const right: VerdictRow = { ...wrong, code: 'correct', correct: true, reward: 1, extracted: '4' };

export function rolloutRow(iteration: number, index: number, rethought = false): RolloutRow {
  return {
    id: `${iteration}/p/${index}`,
    problemId: 'p',
    index,
    spans: [{ kind: 'draft', start: 0, end: 2, temperature: 1, text: 'So 3' }],
    stop: 'end',
    weightsVersion: 1,
    waits: 0,
    verdict: rethought ? right : wrong,
    draftVerdict: rethought ? wrong : null,
    trigger: rethought ? 'bare_wait' : null,
    advantage: rethought ? 1 : 0,
    tokens: Int32Array.of(5, 6),
    logprobs: Float32Array.of(-0.5, NaN),
    oldLogprobs: Float32Array.of(-0.5, -0.25),
  };
}

/** Rollouts of one iteration: one plain, one kept rethinking. */
export function collected(iteration: number, step: number): RunRecord {
  return {
    kind: 'collected',
    iteration,
    step,
    data: { groups: 1 },
    metrics: { 'reward/mean': iteration / 10, 'rethink/improvement': null },
    problems: [
      {
        id: 'p',
        question: '<image>What?',
        answer: '4',
        options: null,
        category: 'sums',
        source: null,
        pictures: [{ hash: 'ab', path: 'p.png', width: 56, height: 56 }],
      },
    ],
    rollouts: [rolloutRow(iteration, 0), rolloutRow(iteration, 1, true)],
    attempts: [
      {
        rolloutId: `${iteration}/p/1`,
        problemId: 'p',
        trigger: 'bare_wait',
        outcome: 'kept',
        cut: null,
        waits: 0,
        before: wrong,
        after: right,
        text: 'So 3\n\nWait 4',
      },
    ],
  };
}

export function stepped(iteration: number, step: number): RunRecord {
  return {
    kind: 'stepped',
    iteration,
    step,
    data: {},
    metrics: { 'policy/loss': step, 'replay/share': 0.5 },
    uses: [
      { sampleId: `${iteration}/p/0`, age: null },
      { sampleId: `${iteration}/p/1`, age: 1 },
    ],
  };
}
