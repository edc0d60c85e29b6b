import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { TrainEvent } from '#rl';
import { configOf, freshState, train } from '#rl';
import type { Metrics } from '#run';
import { FakePolicy, problems, setupOf } from './fake-policy.ts';

/** Names of algorithm.md section 5 that training itself produces, by scope. */
const iterationNames = `
  reward/mean reward/correct_mean reward/final_mean reward/shaping_mean
  verdict/correct verdict/wrong verdict/no_answer verdict/unparsable verdict/timeout verdict/truncated
  verdict/forbidden_token
  group/effective_fraction group/all_correct_fraction group/all_wrong_fraction group/rescued_fraction
  group/correct_hist/0 group/correct_hist/4
  group/difficulty/all_wrong group/difficulty/hard group/difficulty/medium group/difficulty/easy
  group/difficulty/all_correct group/incomplete
  advantage/hist/-4 advantage/hist/0 advantage/hist/4 advantage/abs_mean advantage/zero_fraction
  category/sums/correct_mean source/made/correct_mean
  replay/cleared
  rethink/eligible_fraction rethink/fraction rethink/kept rethink/kept_fraction rethink/share
  rethink/skip_truncated rethink/skip_long rethink/skip_forbidden rethink/skip_not_drawn
  rethink/drop_forbidden rethink/drop_unfinished rethink/drop_short rethink/drop_long rethink/drop_waits
  rethink/drop_wrong rethink/drop_quota
  rethink/wrong_to_right/all rethink/right_to_wrong/all rethink/right_to_right/all
  rethink/wrong_to_wrong/all rethink/wrong_to_right/self_questioning
  rethink/right_to_wrong/self_correction rethink/right_to_right/self_verification
  rethink/improvement rethink/y2_tokens rethink/cost_share
  native_wait/mean native_wait/fraction native_wait/y2_mean native_wait/correct_mean
  native_wait/absent_correct_mean
  mismatch/kl mismatch/abs_prob_mean mismatch/abs_logprob_max
  response/length_mean response/length_p50 response/length_p95 response/length_max
  response/correct_length_mean response/wrong_length_mean response/truncation_fraction
  tokens/prompt tokens/vision tokens/sampled tokens/trigger
  time/rollout time/verify time/rethink time/logprob time/update time/sync time/eval time/checkpoint
  time/idle time/total throughput/overhead_fraction throughput/sampled_tokens_per_s throughput/samples_per_s`;
const stepNames = `
  replay/share replay/token_share replay/size replay/age replay/age_max replay/policy_lag replay/ess
  replay/duplicate_fraction replay/overlap_fraction replay/abs_advantage_mean replay/correct_fraction
  replay/ratio_mean replay/clip_fraction replay/evicted
  nll/loss nll/tokens nll/samples
  policy/loss policy/total_loss policy/clip_fraction policy/clip_high_fraction policy/clip_low_fraction
  policy/ratio_mean policy/ratio_max policy/ratio_min policy/entropy policy/approx_kl kl/ref
  optim/grad_norm optim/grad_clipped optim/lr optim/update_norm optim/skipped_steps optim/nonfinite
  tokens/trained tokens/effective
  progress/step progress/episode progress/epoch progress/policy_version progress/problems_seen`;
const names = (text: string) => text.trim().split(/\s+/u);

/** Every second the clock moves by one per look, so that phases take time. */
function ticking(): () => number {
  let now = 0;
  return () => (now += 1);
}

let events: TrainEvent[] = [];
let iterations: Metrics[] = [];
let steps: Metrics[] = [];
beforeAll(async () => {
  const config = configOf({
    'rollout.problemsPerSync': 10,
    'rollout.groupSize': 4,
    'train.batchSamples': 8,
    'train.maxIterations': 2,
    'optim.learningRate': 0.01,
    'rethink.mode': 'random',
    'loss.nllCoef': 0.05,
  });
  const setup = setupOf(new FakePolicy(), { clock: ticking() });
  for await (const event of train(config, setup, freshState(problems.length))) events.push(event);
  iterations = [0, 1].map((iteration) =>
    Object.assign(
      {},
      ...events.map((event) =>
        'metrics' in event &&
        event.kind !== 'stepped' &&
        event.kind !== 'skipped' &&
        event.iteration === iteration
          ? event.metrics
          : {},
      ),
    ),
  );
  steps = events.flatMap((event) => (event.kind === 'stepped' ? [event.metrics] : []));
});

test.each(names(iterationNames))('%s is logged once per iteration [5]', (name) => {
  for (const metrics of iterations) {
    expect(metrics).toHaveProperty([name]);
    expect(metrics[name]).not.toBeNaN();
  }
});

test.each(names(stepNames))('%s is logged at every step [5]', (name) => {
  expect(steps.length).toBeGreaterThan(4);
  for (const metrics of steps) {
    expect(metrics).toHaveProperty([name]);
    expect(metrics[name]).not.toBeNaN();
  }
});

const sumOf = (metrics: Metrics, prefix: string) =>
  Object.entries(metrics).reduce(
    (sum, [name, value]) => (name.startsWith(prefix) ? sum + (value ?? 0) : sum),
    0,
  );

test('verdicts sum to one, and so do bands and the three kinds of groups [5.1]', () => {
  for (const metrics of iterations) {
    expect(sumOf(metrics, 'verdict/')).toBeCloseTo(1, 12);
    expect(sumOf(metrics, 'group/difficulty/')).toBeCloseTo(1, 12);
    const kinds = ['effective', 'all_correct', 'all_wrong'].map(
      (kind) => metrics[`group/${kind}_fraction`] ?? NaN,
    );
    expect(kinds.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(sumOf(metrics, 'group/correct_hist/')).toBe(10);
    expect(sumOf(metrics, 'advantage/hist/')).toBe(40);
  }
});

test('strict rewards are never shaped [5.1] [rule 20]', () => {
  for (const metrics of iterations) expect(metrics['reward/shaping_mean']).toBe(0);
});

test('skipped and triggered rollouts sum to all, dropped and kept ones to the triggered [5.3] [2.8.10]', () => {
  for (const metrics of iterations) {
    const triggered = (metrics['rethink/fraction'] ?? 0) * 40;
    expect(triggered).toBeGreaterThan(0);
    expect(sumOf(metrics, 'rethink/skip_') + triggered).toBeCloseTo(40, 9);
    expect(sumOf(metrics, 'rethink/drop_') + (metrics['rethink/kept'] ?? 0)).toBeCloseTo(
      triggered,
      9,
    );
    const changes = ['wrong_to_right', 'right_to_wrong', 'right_to_right', 'wrong_to_wrong'];
    expect(
      changes.reduce((sum, kind) => sum + (metrics[`rethink/${kind}/all`] ?? 0), 0),
    ).toBeCloseTo(triggered, 9);
    const [fixed, broken] = changes.map((kind) => metrics[`rethink/${kind}/all`] ?? 0);
    expect(metrics['rethink/improvement']).toBeCloseTo(
      ((fixed ?? 0) - (broken ?? 0)) / triggered,
      12,
    );
  }
});

test('fixes and breaks are shown beside each other, per trigger [rule 20]', () => {
  for (const kind of ['wrong_to_right', 'right_to_wrong']) {
    for (const metrics of iterations) {
      const { [`rethink/${kind}/all`]: all, ...rest } = metrics;
      expect(sumOf(rest, `rethink/${kind}/`)).toBe(all);
    }
  }
});

test('phases and idle time sum to the total within one percent [5.5]', () => {
  for (const metrics of iterations) {
    const total = metrics['time/total'] ?? NaN;
    const { 'time/total': _, ...parts } = metrics;
    expect(total).toBeGreaterThan(0);
    expect(Math.abs(sumOf(parts, 'time/') - total) / total).toBeLessThan(0.01);
    const { 'time/verify': verify, 'time/checkpoint': saved, 'time/idle': idle } = metrics;
    const outside = (verify ?? NaN) + (saved ?? NaN) + (idle ?? NaN);
    expect(metrics['throughput/overhead_fraction']).toBeCloseTo(outside / total, 10);
    expect(metrics['time/rollout']).toBeGreaterThan(0);
    expect(metrics['time/update']).toBeGreaterThan(0);
  }
});

test('the replay share is one minus the share of effective samples [identity: replay share] [5.2]', () => {
  for (const metrics of steps) {
    const raw = metrics['batch/raw'] ?? NaN;
    const drawn = metrics['replay/drawn'] ?? NaN;
    expect(metrics['replay/share']).toBe(drawn / raw);
    expect(metrics['batch/zero_fraction']).toBe(0); // Fig. 6: none at exactly 0 in what is trained
  }
});

test('an empty denominator is null, never 0 [5.0]', () => {
  const none = steps.find((metrics) => metrics['replay/drawn'] === 0);
  for (const metrics of none === undefined ? [] : [none]) expect(metrics['replay/age']).toBeNull();
  for (const metrics of steps) expect(metrics['kl/ref']).toBeNull();
  for (const metrics of iterations) expect(metrics['native_wait/correct_mean']).toBeNull();
});

test('the total loss joins its terms [2.9]', () => {
  for (const metrics of steps) {
    const parts = (metrics['policy/loss'] ?? NaN) + 0.05 * (metrics['nll/loss'] ?? NaN);
    expect(metrics['policy/total_loss']).toBeCloseTo(parts, 12);
  }
});

test('docs/metrics.md explains every number that is logged, and nothing else', () => {
  const text = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  const documented = lines.flatMap((line) =>
    Array.from((line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/gu), ([, name = '']) => name),
  );
  // Validation and dropped rows are the command line's: test/train-cli.test.ts finds those.
  const own = documented.filter((name) => !/^(?:eval|data)\//u.test(name));
  const patterns = own.map((name) => new RegExp(`^${name.replaceAll(/<\w+>/gu, '[^/]+')}$`, 'u'));
  const logged = new Set([...iterations, ...steps].flatMap((metrics) => Object.keys(metrics)));
  expect([...logged].filter((name) => !patterns.some((pattern) => pattern.test(name)))).toEqual([]);
  const idle = patterns.filter((pattern) => ![...logged].some((name) => pattern.test(name)));
  expect(idle).toEqual([]);
});
