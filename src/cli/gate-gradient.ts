import type { AdamUpdate, Loss, Policy, TrainSequence } from '#policy';
import { maskTable } from '#rl';
import type { Metrics } from '#run';
import type { GateCheck, GateWork } from './gate.ts';
import { figure, gap, sequencesOf } from './gate-logprobs.ts';

const still: AdamUpdate = {
  learningRate: 0,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1e30,
};

/** The responses of the gate as samples with made-up advantages, no two alike. */
async function samplesOf(work: GateWork): Promise<readonly TrainSequence[]> {
  const sequences = sequencesOf(work);
  const old = await work.policy.logprobs(sequences);
  return sequences.map((sequence, index): TrainSequence => {
    const { length } = sequence.response;
    const sign = index % 2 === 0 ? 1 : -1;
    return {
      ...sequence,
      actions: new Uint8Array(length).fill(1),
      imitate: new Float32Array(length),
      advantages: new Float32Array(length).fill(sign * (0.3 + 0.1 * index)),
      oldLogprobs: old[index] ?? new Float32Array(length),
      count: 1,
      replayedCount: 0,
    };
  });
}

function clipped({ loss }: GateWork['config']): Loss {
  return { kind: 'clippedSurrogate', clipLow: loss.clipLow, clipHigh: loss.clipHigh };
}

/** Adds the gradient of each part; the totals are those of all sequences. */
async function addGradient(
  policy: Policy,
  parts: readonly (readonly TrainSequence[])[],
  losses: readonly Loss[],
  all: readonly TrainSequence[],
): Promise<void> {
  const count = (of: (one: TrainSequence) => ArrayLike<number>) =>
    all.reduce((sum, one) => sum + Array.from(of(one)).filter((x) => x !== 0).length, 0);
  const totals = {
    actions: Math.max(
      1,
      count(({ actions }) => actions),
    ),
    imitate: Math.max(
      1,
      count(({ imitate }) => imitate),
    ),
    replayedActions: 0,
  };
  for (const sequences of parts) await policy.forwardBackward({ sequences, totals }, losses);
}

const norm = (metrics: Metrics): number => metrics['optim/grad_norm'] ?? NaN;

function negated(samples: readonly TrainSequence[]): readonly TrainSequence[] {
  return samples.map((one) => ({ ...one, advantages: one.advantages.map((value) => -value) }));
}

/** A whole step at rate 0 must leave every weight and every log-probability alone (rule 36). */
export async function checkRate(work: GateWork): Promise<GateCheck[]> {
  const { policy, config } = work;
  const samples = await samplesOf(work);
  const before = await policy.logprobs(samples);
  await addGradient(policy, [samples], [clipped(config)], samples);
  const metrics = await policy.optimStep({ ...still, weightDecay: config.optim.weightDecay });
  const after = await policy.logprobs(samples);
  const largest = Math.max(...before.map((own, index) => gap(own, after[index])));
  const moved = metrics['optim/update_norm'] ?? NaN;
  const gradient = norm(metrics);
  return [
    {
      name: 'a gradient arrives',
      passed: Number.isFinite(gradient) && gradient > 0,
      found: `norm ${figure(gradient)}`,
    },
    {
      name: 'a rate of 0 changes nothing',
      passed: moved === 0 && largest === 0,
      found: `weights moved by ${figure(moved)}, logprobs by at most ${figure(largest)}`,
    },
  ];
}

/** The gradient of everything at once, less that of the same in pieces, must be rounding (rule 17). */
export async function checkCuts(work: GateWork): Promise<GateCheck[]> {
  const { policy, config, rounding } = work;
  const samples = await samplesOf(work);
  const losses = [clipped(config)];
  await addGradient(policy, [samples], losses, samples);
  const whole = norm(await policy.optimStep(still));
  const byPrompt = [...Map.groupBy(negated(samples), ({ prompt }) => prompt).values()];
  const single = negated(samples).map((one) => [one]);
  const checks: GateCheck[] = [];
  for (const [name, parts] of [
    ['the cut into microbatches does not matter', byPrompt],
    ['sharing prompts does not matter', single],
  ] as const) {
    await addGradient(policy, [samples], losses, samples);
    await addGradient(policy, parts, losses, samples);
    const left = norm(await policy.optimStep(still)) / whole;
    const found = `relative difference of gradients ${figure(left)} (bound ${rounding})`;
    checks.push({ name, passed: left <= rounding, found });
  }
  return checks;
}

/**
 * A stretch in the middle of each response plays the trigger. In the policy loss its tokens must not
 * count, whatever their old logprobs say; in the likelihood term they count as the mask table says.
 */
export async function checkMasks(work: GateWork): Promise<GateCheck[]> {
  const { policy, config, rounding } = work;
  const samples = (await samplesOf(work)).filter(({ response }) => response.length >= 3);
  if (samples.length === 0) return [];
  const losses = [clipped(config)];
  const inPolicy = config.mask.policyTrigger;
  const masked = samples.map((one) => triggered(one, inPolicy));
  await addGradient(policy, [masked], losses, masked);
  const whole = norm(await policy.optimStep(still));
  const shifted = negated(masked).map((one) => ({
    ...one,
    oldLogprobs: one.oldLogprobs.map((value, at) => (trigger(one, at) ? value - 3 : value)),
  }));
  await addGradient(policy, [masked], losses, masked);
  await addGradient(policy, [shifted], losses, masked);
  const left = norm(await policy.optimStep(still)) / whole;
  const counts = left > rounding;
  const imitates = config.rethink.mode !== 'off' && config.loss.nllCoef > 0;
  const likelihood = imitates ? [await checkLikelihood(work, samples)] : [];
  return [
    {
      name: 'trigger tokens are masked as configured',
      passed: counts === inPolicy,
      found:
        `shifting their old logprobs moves the gradient by ${figure(left)} of its norm, ` +
        `with mask.policyTrigger ${inPolicy}`,
    },
    ...likelihood,
  ];
}

/** What a kept rethinking would be: the trigger alone has a likelihood only if the table says so. */
async function checkLikelihood(
  { policy, config }: GateWork,
  samples: readonly TrainSequence[],
): Promise<GateCheck> {
  const { nll } = maskTable(config.mask);
  const parts = samples.map((one) => ({
    ...one,
    actions: one.actions.map(() => 0),
    imitate: one.imitate.map((_, at) => (trigger(one, at) && nll.trigger ? 1 : 0)),
  }));
  await addGradient(policy, [parts], [{ kind: 'nll', weight: 1 }], parts);
  const gradient = norm(await policy.optimStep(still));
  return {
    name: 'the likelihood of the trigger rises as configured',
    passed: gradient > 0 === config.mask.nllTrigger,
    found: `a gradient of norm ${figure(gradient)}, with mask.nllTrigger ${config.mask.nllTrigger}`,
  };
}

/** The middle third of a response. */
function trigger({ response }: TrainSequence, at: number): boolean {
  return at >= Math.floor(response.length / 3) && at < Math.ceil((2 * response.length) / 3);
}

function triggered(one: TrainSequence, counts: boolean): TrainSequence {
  const actions = one.actions.map((bit, at) => (trigger(one, at) && !counts ? 0 : bit));
  return { ...one, actions };
}
