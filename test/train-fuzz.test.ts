import { expect, test } from 'vitest';
import type { Policy } from '#policy';
import type { RunConfig, Settings, TrainEvent, TrainState } from '#rl';
import { TrainError, configOf, decodeState, encodeState, freshState, recordOf, train } from '#rl';
import type { Random } from '#run';
import { createSeed } from '#run';
import { END, FakePolicy, decode, encode, problems, promptOf, setupOf } from './fake-policy.ts';

function pick<const Item>(random: Random, ...items: readonly Item[]): Item {
  return items[random.int(items.length)] as Item;
}

/** Any combination of switches that the method has. */
function anyConfig(random: Random): RunConfig {
  const settings: Settings = {
    'rollout.problemsPerSync': 1 + random.int(12),
    'rollout.groupSize': 2 + random.int(5),
    'rollout.concurrency': random.int(4),
    'rollout.truncated': pick(random, 'wrong', 'mask_loss'),
    'train.batchSamples': 1 + random.int(12),
    'train.maxIterations': 3,
    'train.microbatchTokens': 1 + random.int(300),
    'optim.learningRate': 0.01,
    'rethink.mode': pick(random, 'off', 'random', 'wrong_only'),
    'rethink.choice': pick(random, 'uniform', 'gold_aware'),
    'rethink.cutTail': pick(random, 0, 0.5, 1),
    'rethink.keepMin': random.int(20),
    'rethink.requireBoxInY2': random.int(2) === 1,
    'rethink.skipWaited': random.int(2) === 1,
    'rethink.skipWrongAbove': pick(random, 1, 0.5),
    'reward.shaping': pick(random, 'none', 'reference'),
    'advantage.baseline': pick(random, 'round0', 'leave_one_out', 'final'),
    'advantage.divideByStd': random.int(2) === 1,
    'batch.mode': pick(random, 'grpo', 'filter', 'ssr'),
    'batch.keepGroups': random.int(2) === 1,
    'replay.alpha': pick(random, 0, 1, 2.5),
    'replay.persist': pick<number | 'episode'>(random, 'episode', 1, 5),
    'replay.capacity': pick(random, 0, 3),
    'replay.replacement': random.int(2) === 1,
    'loss.normalise': pick(random, 'tokens', 'per_response', 'per_microbatch'),
    'loss.nllCoef': pick(random, 0, 0.05),
    'loss.nllKept': pick(random, 'all', 'wrong_to_right'),
    'loss.nllWeighting': pick(random, 'uniform', 'advantage'),
    'loss.nllAllKept': random.int(2) === 1,
    'loss.nllIncludeNative': random.int(2) === 1,
    'loss.nllWaitCap': pick(random, 0, 0.3, 1),
    'loss.oldLogprobs': pick(random, 'trainer', 'sampler'),
    'loss.correctionCap': pick(random, 0, 2),
    'loss.klCoef': pick(random, 0, 0.1),
    'mask.nllY1': random.int(2) === 1,
    'mask.nllTrigger': random.int(2) === 1,
    'mask.policyY1': random.int(2) === 1,
    'alarms.mismatchProb': 1,
    'alarms.mismatchKl': 1e9,
  };
  return configOf(settings);
}

const texts = [
  'So \\boxed{4}',
  'Wait, \\boxed{3}',
  '\\boxed{',
  '',
  'Alternatively \\boxed{4}',
  '\u{1f600} \\boxed{4}',
  'x'.repeat(300),
] as const;

/** Answers with anything a sampler might ever return, from the request's own seed. */
class Hostile extends FakePolicy {
  readonly mood: number;

  constructor(mood: number) {
    super();
    this.mood = mood;
  }

  copy(): Hostile {
    const other = new Hostile(this.mood);
    this.saved.forEach((value, name) => other.saved.set(name, value));
    return other;
  }

  override async sample({
    count,
    seed,
  }: Parameters<Policy['sample']>[0]): ReturnType<Policy['sample']> {
    const { mood } = this;
    const chance = createSeed(seed).stream();
    if (mood > 1 && chance.int(15) === 0) throw new Error('picture broken');
    const present = mood > 0 && chance.int(6) === 0 ? chance.int(count + 1) : count;
    return Array.from({ length: present }, () => {
      const kind = mood > 0 ? chance.int(10) : 9;
      const body = [...encode(texts[chance.int(texts.length)] ?? '')];
      if (kind === 0) body.push(2);
      const finished = kind > 1;
      const tokens = Int32Array.from([...body, ...(finished ? [END] : [])]);
      const stop = kind === 2 ? 'cancelled' : finished ? 'end' : 'length';
      return { tokens, logprobs: this.score(tokens), stop, weightsVersion: this.version };
    });
  }
}

/** All events of a run, with the weights saved at each. */
async function told(
  config: RunConfig,
  policy: FakePolicy,
  from?: TrainState,
): Promise<readonly TrainEvent[]> {
  const events: TrainEvent[] = [];
  const setup = setupOf(policy, { reference: policy });
  try {
    for await (const event of train(config, setup, from ?? freshState(problems.length))) {
      events.push(event);
      await policy.save(`${events.length - 1}`);
    }
  } catch (cause) {
    if (!(cause instanceof TrainError)) throw cause;
  }
  return events;
}

/** Everything about what was told and asked that cannot be right. */
function faultsOf(events: readonly TrainEvent[], policy: FakePolicy, config: RunConfig): string[] {
  const faults: string[] = [];
  const demand = (claim: boolean, fault: string) => {
    if (!claim) faults.push(fault);
  };
  for (const event of events) {
    recordOf(event, { decode, tokens: 'all', folder: '/run' });
    for (const [name, value] of Object.entries('metrics' in event ? event.metrics : {})) {
      demand(value === null || Number.isFinite(value), `${event.kind}: ${name} is ${value}`);
    }
    if (event.kind === 'stepped' && config.batch.mode === 'ssr') {
      const size = event.current.length + event.replayed.length;
      demand(size === event.metrics['batch/raw'], `step ${event.step}: batch of ${size}`);
    }
    if (event.kind !== 'collected') continue;
    for (const { id, rollout, advantage } of event.samples) {
      const { length } = rollout.response;
      demand(Number.isFinite(advantage), `${id}: advantage ${advantage}`);
      demand((rollout.spans.at(-1)?.end ?? 0) === length, `${id}: spans end before the response`);
      demand(rollout.logprobs.length === length, `${id}: logprobs`);
    }
  }
  for (const { sequences, totals } of policy.seen) {
    demand(totals.actions + totals.imitate > 0, 'a microbatch without tokens');
    for (const { response, actions, imitate, advantages, oldLogprobs, temperatures } of sequences) {
      for (const array of [actions, imitate, advantages, oldLogprobs, temperatures]) {
        demand(array.length === response.length, 'an array of another length');
        demand(Array.from(array).every(Number.isFinite), 'an array with a number that is none');
      }
      demand(!response.includes(2), 'a vision id in the loss');
    }
  }
  return faults;
}

test.each(Array.from({ length: 150 }, (_, number) => number))(
  'any combination of settings under any sampler ends, with numbers that mean something: case %i',
  { timeout: 20_000 },
  async (number) => {
    const random = createSeed('fuzz').at(number).stream();
    const config = anyConfig(random);
    const policy = new Hostile(random.int(4));
    const events = await told(config, policy);
    expect(events.length).toBeGreaterThan(0);
    expect(faultsOf(events, policy, config)).toEqual([]);

    const places = events.flatMap((event, place) => (event.kind === 'alarm' ? [] : [place]));
    const place = pick(random, ...places);
    const event = events[place];
    const bytes = encodeState(
      event !== undefined && 'state' in event ? event.state : freshState(1),
    );
    const state = decodeState(bytes, (id) =>
      promptOf(problems.find((one) => one.id === id)?.question ?? ''),
    );
    expect(Buffer.from(encodeState(state)).equals(Buffer.from(bytes))).toBe(true);
    const again = policy.copy();
    await again.load(`${place}`);
    const rest = await told(config, again, state);
    // After a fatal alarm a run ends, but a deliberate resume goes on.
    const expected = traceOf(events.slice(place + 1));
    const ended = events.some((one) => one.kind === 'alarm' && one.alarm.fatal);
    expect(traceOf(ended ? rest.slice(0, expected.length) : rest)).toEqual(expected);
    expect(ended || again.weight === policy.weight).toBe(true);
  },
);

/** What must be the same after a resume: everything, rollouts by their state. */
function traceOf(events: readonly TrainEvent[]): readonly unknown[] {
  return events.map((event) =>
    event.kind === 'alarm'
      ? event
      : {
          ...event,
          state: Buffer.from(encodeState(event.state)).toString('base64'),
          groups: 0,
          samples: 0,
        },
  );
}
