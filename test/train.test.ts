import { expect, test } from 'vitest';
import type { RunConfig, Settings, TrainEvent, TrainSetup, TrainState } from '#rl';
import { configOf, decodeState, encodeState, freshState, train } from '#rl';
import type { Policy } from '#policy';
import {
  END,
  FakePolicy,
  decode,
  encode,
  problems,
  promptOf,
  setupOf,
  textOf,
} from './fake-policy.ts';

const tiny: Settings = {
  'rollout.problemsPerSync': 8,
  'rollout.groupSize': 4,
  'train.batchSamples': 8,
  'train.microbatchTokens': 200,
  'optim.learningRate': 0.01,
  'train.epochs': 2,
  'train.maxIterations': 4,
};
const rethinking: Settings = { ...tiny, 'rethink.mode': 'random', 'loss.nllCoef': 0.05 };

async function run(
  config: RunConfig,
  {
    policy = new FakePolicy(),
    from = freshState(problems.length),
    ...changes
  }: { policy?: Policy; from?: TrainState } & Partial<Omit<TrainSetup, 'policy'>> = {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(config, setupOf(policy, changes), from)) events.push(event);
  return events;
}
const of = <Kind extends TrainEvent['kind']>(events: readonly TrainEvent[], kind: Kind) =>
  events.filter((event): event is Extract<TrainEvent, { kind: Kind }> => event.kind === kind);
/** What is compared between runs: everything but rollouts as objects. */
const trace = (events: readonly TrainEvent[]) =>
  events.map((event) =>
    event.kind === 'alarm'
      ? event
      : {
          ...event,
          state: Buffer.from(encodeState(event.state)).toString('latin1'),
          groups: 0,
          samples: 0,
        },
  );

test('a run goes publish, collect, step by step, complete; and publishes once more at the end', async () => {
  const events = await run(configOf(tiny));
  expect(events.slice(0, 7).map(({ kind }) => kind)).toEqual([
    'published',
    'collected',
    'stepped',
    'stepped',
    'stepped',
    'stepped',
    'completed',
  ]);
  expect(of(events, 'completed')).toHaveLength(4);
  const published = of(events, 'published');
  expect(published.map(({ weightsVersion }) => weightsVersion)).toEqual([1, 2, 3, 4, 5]);
  expect(published.map(({ final }) => final)).toEqual([false, false, false, false, true]);
});

test('replay is reached, and the batch keeps its size [S1] [S2] [S3] [rule 32]', async () => {
  const policy = new FakePolicy();
  const steps = of(await run(configOf(tiny), { policy }), 'stepped');
  const replayed = steps.flatMap((step) => step.replayed);
  expect(replayed.length).toBeGreaterThan(20);
  for (const { metrics, current, replayed: draws } of steps) {
    expect(current.length + draws.length).toBe(metrics['batch/raw']);
    expect(metrics['batch/zero_fraction']).toBe(0);
  }
  const counted = policy.seen.flatMap(({ sequences }) => sequences);
  expect(counted.reduce((sum, { replayedCount }) => sum + replayedCount, 0)).toBe(replayed.length);
});

test('every sample of an iteration stands in one raw batch: one pass [L11] [A4]', async () => {
  const events = await run(configOf({ ...tiny, 'batch.mode': 'grpo' }));
  const collected = of(events, 'collected');
  for (const { iteration, samples } of collected) {
    const steps = of(events, 'stepped').filter((step) => step.iteration === iteration);
    const used = steps.flatMap(({ current }) => current);
    const skipped = of(events, 'skipped').filter((step) => step.iteration === iteration);
    const left = skipped.reduce((sum, { metrics }) => sum + (metrics['batch/raw'] ?? 0), 0);
    expect(new Set(used).size).toBe(used.length);
    expect(used.length + left).toBe(samples.length);
  }
});

test('kept rethinkings reach the loss with their masks [2.8] [rule 11]', async () => {
  const policy = new FakePolicy();
  const events = await run(configOf(rethinking), { policy });
  const collected = of(events, 'collected');
  const kept = collected.flatMap(({ groups }) =>
    groups.flatMap(({ rollouts }) => rollouts.filter(({ draft }) => draft)),
  );
  expect(kept.length).toBeGreaterThan(10);
  for (const rollout of kept) expect(rollout.verdict).toMatchObject({ code: 'correct', reward: 1 });
  const imitated = policy.seen
    .flatMap(({ sequences }) => sequences)
    .filter(({ imitate }) => imitate.some((weight) => weight > 0));
  expect(imitated.length).toBeGreaterThan(0);
  for (const { actions, imitate, response } of imitated) {
    const trigger = actions.findIndex((bit) => bit === 0);
    expect(decode(response).slice(trigger)).toMatch(/^\n\nWait/);
    expect(imitate[trigger]).toBe(1);
    expect(imitate[trigger - 1]).toBe(0);
  }
});

test('nothing is imitated while first answers wait more often than the cap', async () => {
  const waiting = class extends FakePolicy {
    override async sample(request: Parameters<Policy['sample']>[0]) {
      const completions = await super.sample(request);
      // Waits from the third weights on: "Wait, " before every first answer.
      if (this.version < 3 || textOf(request.prompt).includes('Wait')) return completions;
      return completions.map((completion) => {
        const tokens = Int32Array.from([...encode('Wait, '), ...completion.tokens]);
        return { ...completion, tokens, logprobs: this.score(tokens) };
      });
    }
  };
  const config = configOf({ ...rethinking, 'loss.nllWaitCap': 0.3 });
  const imitated = (events: readonly TrainEvent[]) =>
    Array.from({ length: 4 }, (_, iteration) =>
      of(events, 'stepped')
        .filter((step) => step.iteration === iteration)
        .reduce((sum, { metrics }) => sum + (metrics['nll/tokens'] ?? 0), 0),
    );
  const [first = 0, second = 0, ...later] = imitated(await run(config, { policy: new waiting() }));
  expect(Math.min(first, second)).toBeGreaterThan(0);
  expect(later).toEqual([0, 0]);
  const uncapped = imitated(await run(configOf(rethinking), { policy: new waiting() }));
  expect(Math.min(...uncapped)).toBeGreaterThan(0);
});

test('a verdict stays with the rollout it judged, all the way into the loss [F8] [rule 32]', async () => {
  const policy = new FakePolicy();
  const events = await run(configOf({ ...rethinking, 'advantage.divideByStd': false }), { policy });
  for (const { samples } of of(events, 'collected')) {
    for (const { rollout, advantage } of samples) {
      const last = [...decode(rollout.response).matchAll(/boxed\{(\d)\}/g)].at(-1)?.[1];
      expect(rollout.verdict.correct).toBe(last === '4');
      expect(Math.sign(advantage)).toBe(advantage === 0 ? 0 : last === '4' ? 1 : -1);
    }
  }
  for (const { sequences } of policy.seen) {
    for (const { response, advantages } of sequences) {
      const right = [...decode(response).matchAll(/boxed\{(\d)\}/g)].at(-1)?.[1] === '4';
      expect((advantages[0] ?? 0) > 0).toBe(right);
    }
  }
});

test.each([
  ['ssr', tiny],
  ['rethinking', rethinking],
  ['replay over syncs', { ...tiny, 'replay.persist': 6 }],
  ['filter', { ...tiny, 'batch.mode': 'filter' }],
] as const)(
  'four iterations equal two, a resume, and two more, byte for byte: %s [D8] [rule 38] [S10]',
  async (_, settings) => {
    const config = configOf(settings);
    const whole = new FakePolicy();
    const events = await run(config, { policy: whole });
    const half = of(events, 'completed')[1];
    const again = new FakePolicy();
    const first = [];
    for await (const event of train(config, setupOf(again), freshState(problems.length))) {
      first.push(event);
      if (event.kind !== 'completed' || event.state.iteration < 2) continue;
      await again.save('half');
      break;
    }
    const state = decodeState(encodeState(half!.state), (id) =>
      promptOf(problems.find((one) => one.id === id)!.question),
    );
    const fresh = new FakePolicy();
    again.saved.forEach((value, name) => fresh.saved.set(name, value));
    await fresh.load('half');
    const rest = await run(config, { policy: fresh, from: state });
    expect(trace([...first, ...rest])).toEqual(trace(events));
    expect(fresh.weight).toBe(whole.weight);
  },
);

test('a run can go on from any event, in the middle of an iteration too [D8] [rule 38]', async () => {
  const config = configOf({ ...rethinking, 'train.maxIterations': 2 });
  const policy = new FakePolicy();
  const events: TrainEvent[] = [];
  for await (const event of train(config, setupOf(policy), freshState(problems.length))) {
    events.push(event);
    if (event.kind !== 'alarm') await policy.save(`${events.length}`);
  }
  for (const [place, event] of events.entries()) {
    if (event.kind === 'alarm') continue;
    const resumed = new FakePolicy();
    policy.saved.forEach((value, name) => resumed.saved.set(name, value));
    await resumed.load(`${place + 1}`);
    const state = decodeState(encodeState(event.state), (id) =>
      promptOf(problems.find((one) => one.id === id)!.question),
    );
    const rest = await run(config, { policy: resumed, from: state });
    expect(trace(rest)).toEqual(trace(events.slice(place + 1)));
    expect(resumed.weight).toBe(policy.weight);
  }
});

test('aborted in the middle of a step, weights and the last state belong together', async () => {
  const config = configOf({
    ...rethinking,
    'train.maxIterations': 2,
    'train.microbatchTokens': 60,
  });
  const whole = new FakePolicy();
  const events = await run(config, { policy: whole });
  const stop = new AbortController();
  const policy = new FakePolicy();
  const work = policy.forwardBackward.bind(policy);
  let calls = 0;
  policy.forwardBackward = (microbatch) => {
    calls += 1;
    if (calls === 4) stop.abort(new Error('stopped'));
    return work(microbatch);
  };
  const told: TrainEvent[] = [];
  const interrupted = async () => {
    const setup = setupOf(policy, { signal: stop.signal });
    for await (const event of train(config, setup, freshState(problems.length))) told.push(event);
  };
  await expect(interrupted()).rejects.toThrow('stopped');
  await policy.save('stopped');
  const last = told.findLast((event) => event.kind !== 'alarm');
  const again = new FakePolicy();
  policy.saved.forEach((value, name) => again.saved.set(name, value));
  await again.load('stopped');
  const rest = await run(config, { policy: again, from: last?.state ?? freshState(0) });
  expect(trace([...told, ...rest])).toEqual(trace(events));
  expect(again.weight).toBe(whole.weight);
  // Nothing of the step that was given up is left in the policy itself.
  policy.forwardBackward = work;
  await run(config, { policy, from: last?.state ?? freshState(0) });
  expect(policy.weight).toBe(whole.weight);
});

test('progress tells every phase, so that a watchdog can name the one that stands still', async () => {
  const phases = new Set<string>();
  await run(configOf(rethinking), {
    progress: ({ phase, done, total }) => {
      expect(done).toBeLessThanOrEqual(total);
      phases.add(phase);
    },
  });
  expect([...phases].sort()).toEqual(['logprob', 'rethink', 'rollout', 'sync', 'update', 'verify']);
});

test('an iteration with fewer batches than planned leaves numbers out, and the schedule stays [L10] [rule 21]', async () => {
  const policy = new FakePolicy();
  const sample = policy.sample.bind(policy);
  policy.sample = async (request) => (await sample(request)).slice(0, policy.version === 1 ? 1 : 4);
  const rates: number[] = [];
  const step = policy.optimStep.bind(policy);
  policy.optimStep = (update) => {
    rates.push(update.learningRate);
    return step(update);
  };
  const events = await run(configOf({ ...tiny, 'train.maxIterations': 2, 'batch.mode': 'grpo' }), {
    policy,
  });
  const steps = events
    .filter(({ kind }) => kind === 'stepped' || kind === 'skipped')
    .map(({ step }) => step);
  expect(steps).toEqual([0, 4, 5, 6, 7]); // 8 responses of the first iteration make one batch
  expect(rates.at(-1)).toBeCloseTo(0.005, 12);
});

test('another set of problems is not the same run', async () => {
  await expect(run(configOf(tiny), { from: freshState(3) })).rejects.toThrow(
    'expected the 3 problems that the run began with, found 20',
  );
});

test('however a batch is cut, the sums are the same [rule 17] [rule 39] [L2]', async () => {
  const sums = async (microbatchTokens: number) => {
    const policy = new FakePolicy();
    const steps = of(
      await run(configOf({ ...rethinking, 'train.microbatchTokens': microbatchTokens }), {
        policy,
      }),
      'stepped',
    );
    const counts = policy.seen
      .flatMap(({ sequences }) => sequences)
      .reduce((sum, { count }) => sum + count, 0);
    return {
      counts,
      pieces: policy.seen.length,
      losses: steps.map(({ metrics }) => metrics['policy/loss'] ?? NaN),
    };
  };
  const small = await sums(1);
  const large = await sums(1e9);
  expect(small.pieces).toBeGreaterThan(large.pieces);
  expect(small.counts).toBe(large.counts);
  small.losses.forEach((loss, step) => expect(loss).toBeCloseTo(large.losses[step] ?? NaN, 12));
});

test(
  'when all groups agree the step is skipped aloud, and the run ends [S9] [rule 15: nothing effective]',
  { timeout: 5000 },
  async () => {
    const always = {
      verify: () => ({ correct: true, status: 'correct', reason: 'identical' }) as const,
    };
    for (const mode of ['ssr', 'filter', 'grpo'] as const) {
      const events = await run(
        configOf({ ...tiny, 'batch.mode': mode, 'train.maxIterations': 2 }),
        always,
      );
      expect(of(events, 'stepped')).toEqual([]);
      expect(of(events, 'skipped')).toHaveLength(8);
      expect(of(events, 'skipped').at(-1)?.metrics['optim/skipped_steps']).toBe(8);
      const names = new Set(of(events, 'alarm').map(({ alarm }) => alarm.name));
      expect([...names].sort()).toEqual([
        'all_groups_vanishing',
        'constant_reward',
        'skipped_steps',
      ]);
    }
  },
);

test(
  'missing rollouts, an idle problem and a short last batch end cleanly [rule 15: idle worker]',
  { timeout: 5000 },
  async () => {
    const policy = new FakePolicy();
    const sample = policy.sample.bind(policy);
    policy.sample = async (request) => {
      if (textOf(request.prompt).startsWith('hard')) return [];
      const completions = await sample(request);
      return textOf(request.prompt).startsWith('easy') ? completions.slice(0, 3) : completions;
    };
    const events = await run(configOf({ ...tiny, 'train.maxIterations': 1 }), { policy });
    const [collected] = of(events, 'collected');
    expect(collected?.metrics['group/incomplete']).toBeGreaterThan(0);
    const sizes = [...of(events, 'stepped'), ...of(events, 'skipped')].map(
      ({ metrics }) => metrics['batch/raw'],
    );
    expect(sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)).toBe(
      collected?.samples.length,
    );
  },
);

test('vision ids in a response never reach the loss, and the run ends normally [rule 3] [D4]', async () => {
  const policy = new FakePolicy();
  const sample = policy.sample.bind(policy);
  policy.sample = async (request) => {
    const [first, ...rest] = await sample(request);
    return [
      { ...first!, tokens: Int32Array.of(50, 2, END), logprobs: new Float32Array(3) },
      ...rest,
    ];
  };
  const events = await run(configOf(tiny), { policy });
  expect(of(events, 'completed')).toHaveLength(4);
  expect(of(events, 'collected')[0]?.metrics['verdict/forbidden_token']).toBe(0.25);
  for (const { sequences } of policy.seen) {
    for (const { response } of sequences) expect(response.includes(2)).toBe(false);
  }
});

test('a dataset where nothing verifies is refused in words', async () => {
  const verify = () =>
    ({ correct: false, status: 'unverifiable', reason: 'gold-unparsable' }) as const;
  await expect(run(configOf(tiny), { verify })).rejects.toThrow(
    'none of 8 problems gave a response that can be judged',
  );
});

test('a loss that is not finite skips the update, three in a row stop the run [L3]', async () => {
  const policy = new FakePolicy();
  policy.forwardBackward = async () => ({ 'policy/loss': NaN });
  policy.optimStep = async () => {
    throw new Error('the gradient must be discarded');
  };
  const told: TrainEvent[] = [];
  const collect = async () => {
    for await (const event of train(configOf(tiny), setupOf(policy), freshState(problems.length)))
      told.push(event);
  };
  await expect(collect()).rejects.toThrow('nonfinite: 3 steps in a row');
  expect(of(told, 'stepped').map(({ metrics }) => metrics['optim/nonfinite'])).toEqual([1, 2, 3]);
  expect(policy.weight).toBe(0);
});

test('a replayed sample keeps the logprobs it was sampled with [S11] [rule 16]', async () => {
  const policy = new FakePolicy();
  let drift = 0;
  const score = policy.score;
  policy.score = (tokens) => score(tokens).map((value) => value - drift);
  const step = policy.optimStep.bind(policy);
  policy.optimStep = (update) => {
    drift += 0.001;
    return step(update);
  };
  const events = await run(
    configOf({ ...tiny, 'replay.persist': 8, 'loss.oldLogprobs': 'trainer' }),
    { policy },
  );
  const stored = new Map(
    of(events, 'collected').flatMap(({ samples }) =>
      samples.map((sample) => [sample.rollout.response, sample.oldLogprobs]),
    ),
  );
  const replayed = policy.seen
    .flatMap(({ sequences }) => sequences)
    .filter(({ replayedCount }) => replayedCount > 0);
  expect(replayed.length).toBeGreaterThan(0);
  for (const { response, oldLogprobs } of replayed)
    expect(oldLogprobs).toEqual(stored.get(response));
  const ages = of(events, 'stepped').map(({ metrics }) => metrics['replay/age_max'] ?? 0);
  expect(Math.max(...ages)).toBeGreaterThan(0);
  expect(Math.max(...ages)).toBeLessThan(8);
});

test('nothing older than its iteration is replayed when the buffer is cleared at every sync [S5] [rule 16] [rule 22]', async () => {
  const events = await run(configOf(tiny));
  for (const { iteration, replayed, metrics } of of(events, 'stepped')) {
    for (const { sampleId } of replayed) expect(sampleId.split('/')[0]).toBe(`${iteration}`);
    expect(metrics['replay/policy_lag'] ?? 0).toBe(0);
  }
  for (const { metrics } of of(events, 'completed'))
    expect(metrics['replay/cleared']).toBeGreaterThan(0);
});

test('grpo, filter and ssr take byte-identical steps when no group vanishes [identity: no vanishing]', async () => {
  const verify = ({ prediction }: { prediction: string }) =>
    ({
      correct: prediction.length % 2 === 0,
      status: prediction.length % 2 === 0 ? 'correct' : 'wrong',
      reason: 'identical',
    }) as const;
  const told = async (mode: 'grpo' | 'filter' | 'ssr') => {
    const policy = new FakePolicy();
    const sample = policy.sample.bind(policy);
    policy.sample = async (request) =>
      (await sample(request)).map((one, index) => ({
        ...one,
        tokens: Int32Array.from([...encode('x'.repeat(4 + (index % 2))), END]),
        logprobs: new Float32Array(5 + (index % 2)).fill(-1),
      }));
    policy.score = (tokens) => new Float32Array(tokens.length).fill(-1);
    await run(configOf({ ...tiny, 'batch.mode': mode }), { policy, verify });
    return { seen: policy.seen, weight: policy.weight };
  };
  const grpo = await told('grpo');
  expect(grpo.seen.length).toBeGreaterThan(0);
  expect(await told('filter')).toEqual(grpo);
  expect(await told('ssr')).toEqual(grpo);
});

test('a learning rate of 0 changes no weight and raises no alarm about it [rule 36]', async () => {
  const policy = new FakePolicy();
  const events = await run(configOf({ ...tiny, 'optim.learningRate': 0 }), { policy });
  expect(policy.weight).toBe(0);
  expect(of(events, 'alarm').map(({ alarm }) => alarm.name)).not.toContain('weights_unchanged');
  const rewards = of(events, 'collected').map(({ metrics }) => metrics['reward/mean']);
  expect(rewards).toHaveLength(4);
});

/** A run with something broken: the alarms it raised, and what ended it. */
async function alarmed(
  settings: Settings,
  breakIt: (policy: FakePolicy) => void,
): Promise<{ readonly names: ReadonlySet<string>; readonly ended: string }> {
  const policy = new FakePolicy();
  breakIt(policy);
  const names = new Set<string>();
  const go = async () => {
    for await (const event of train(
      configOf(settings),
      setupOf(policy),
      freshState(problems.length),
    )) {
      if (event.kind === 'alarm') names.add(event.alarm.name);
    }
    return '';
  };
  const ended = await go().catch((cause: unknown) => String(cause));
  return { names, ended };
}

test('a gradient that never arrives ends the run [alarm: gradient]', async () => {
  const { names, ended } = await alarmed(tiny, (policy) => {
    policy.optimStep = async () => ({ 'optim/grad_norm': 0, 'optim/update_norm': 0.1 });
  });
  expect([...names]).toEqual(['gradient_zero']);
  expect(ended).toContain('gradient_zero: the gradient of a batch with advantages is exactly 0');
});

test('steps for the divergence alone may find nothing to change, and the run goes on [L4]', async () => {
  const policy = new FakePolicy();
  policy.optimStep = async () => ({ 'optim/grad_norm': 0, 'optim/update_norm': 0 });
  const settings = { ...tiny, 'batch.mode': 'grpo', 'loss.klCoef': 0.1 } as const;
  const verify = () => ({ correct: true, status: 'correct', reason: 'identical' }) as const;
  const events = await run(configOf(settings), { policy, verify, reference: new FakePolicy() });
  const names = of(events, 'alarm').map(({ alarm }) => alarm.name);
  expect(names).not.toContain('gradient_zero');
  expect(of(events, 'stepped').length).toBeGreaterThan(0);
  expect(of(events, 'completed')).toHaveLength(4);
});

test('weights that stay as they are end the run [alarm: weights]', async () => {
  const { ended } = await alarmed(tiny, (policy) => {
    policy.optimStep = async () => ({ 'optim/grad_norm': 1, 'optim/update_norm': 0 });
  });
  expect(ended).toContain('weights_unchanged: no weight changed');
});

test('a trainer that scores other numbers than the sampler ends the run before its first step [alarm: mismatch]', async () => {
  const { ended } = await alarmed(tiny, (policy) => {
    policy.logprobs = async (sequences) =>
      sequences.map(({ response }) => new Float32Array(response.length).fill(-5));
    policy.forwardBackward = async () => {
      throw new Error('a step was taken');
    };
  });
  expect(ended).toContain('mismatch: trainer and sampler disagree');
});

test('responses that all hit the limit raise an alarm and go on [alarm: truncation]', async () => {
  const { names, ended } = await alarmed(tiny, (policy) => {
    const sample = policy.sample.bind(policy);
    policy.sample = async (request) =>
      (await sample(request)).map((one) => ({ ...one, stop: 'length' as const }));
  });
  expect([...names]).toContain('truncation');
  expect(ended).toBe('');
});

test('rethinking that never keeps anything raises an alarm after three iterations [alarm: rethinking]', async () => {
  const { names, ended } = await alarmed({ ...rethinking, 'rethink.keepMin': 500 }, () => {});
  expect([...names]).toEqual(['rethinking_idle']);
  expect(ended).toBe('');
});
