import { stampsOf } from './check-config.ts';
import { figure, settingLines } from './explain-settings.ts';
import type { Origins } from './explain-settings.ts';
import { maskTable } from './masks.ts';
import type { Part } from './masks.ts';
import type { RunConfig } from './run-config.ts';
import { planRun } from './schedule.ts';
import { triggers } from './triggers.ts';

/** What `explain` is told besides the configuration. */
export interface Explaining extends Origins {
  /** Size of the problem set, when it is known. */
  readonly problems?: number;
}

/**
 * The effective algorithm in words and formulas, in the order in which it happens and with the paper's
 * symbols (G, N, Â, α, ρ; y1 and y2 for a draft and its rethinking), then every setting.
 */
export function explain(config: RunConfig, explaining: Explaining): string {
  const parts = [
    `# ${explaining.preset.name}`,
    ...[...(explaining.preset.stamps ?? []), ...stampsOf(config)].map((stamp) => `! ${stamp}`),
    '## What happens',
    ...[problemText(config, explaining), rolloutText(config), rewardText(config)].flat(),
    ...[rethinkText(config), advantageText(config), batchText(config), lossText(config)].flat(),
    ...[optimText(config, explaining), validationText(config)].flat(),
    '## Settings',
    ...settingLines(config, explaining),
  ];
  return `${parts.join('\n')}\n`;
}

function problemText(config: RunConfig, { problems }: Explaining): readonly string[] {
  const { rollout, train, policy, data, prompt } = config;
  const samples = rollout.problemsPerSync * rollout.groupSize;
  const steps = Math.ceil(samples / train.batchSamples);
  const subset = data.subset === 'all' ? '' : `, subset ${data.subset}`;
  const plan = problems === undefined ? undefined : planRun(problems, config);
  const passes = `${train.epochs} ${train.epochs === 1 ? 'pass' : 'passes'} over the problems`;
  const sooner = train.maxIterations > 0 ? `, at most ${train.maxIterations} iterations` : '';
  return [
    `Start: ${policy.start}. Problems: ${data.dataset}${subset}; instruction: ${prompt.template}.`,
    `Each iteration publishes the weights, answers ${rollout.problemsPerSync} problems G = ${rollout.groupSize} times ` +
      `(${samples} responses) and takes ${steps} steps of N = ${train.batchSamples} samples.`,
    plan === undefined
      ? `  ${passes}${sooner}.`
      : `  ${problems} problems: ${plan.iterations} iterations, ${plan.steps} steps (${passes}${sooner}).`,
  ];
}

function rolloutText({ rollout, vision }: RunConfig): readonly string[] {
  const nucleus = rollout.topP < 1 ? `, top-p ${rollout.topP}` : '';
  const likeliest = rollout.topK > 0 ? `, top-k ${rollout.topK}` : '';
  const tower = vision.train ? 'learns' : 'is frozen';
  return [
    `Responses: temperature ${rollout.temperature}${nucleus}${likeliest}, at most ${rollout.maxNewTokens} tokens, picture tokens never drawn; prompts of more than ${rollout.maxPromptTokens} tokens are left out.`,
    `  Pictures: ${vision.minPixels} to ${vision.maxPixels} pixels, at most ${vision.maxImages}; the vision tower ${tower}.`,
  ];
}

function rewardText({ rollout, reward }: RunConfig): readonly string[] {
  const place = reward.answer === 'box' ? 'last box' : 'last box, answer tag or answer phrase';
  const shaped = reward.shaping !== 'none';
  const left = rollout.truncated === 'wrong' ? 'trained on as sampled' : 'masked out of the loss';
  return [
    `Reward: r = 1 if the ${place} holds the reference answer, else 0.`,
    ...when(
      shaped,
      'Shaped, unless we made it think again: no end token or more than 5 waits −0.1; right with n = 1 or 2 waits 1.1, with more 1 − 0.2 n.',
    ),
    `  A response without end token ${shaped ? 'is worth −0.1' : 'has reward 0'} and is ${left}.`,
  ];
}

function rethinkText({ rethink }: RunConfig): readonly string[] {
  if (rethink.mode === 'off') return ['Forced rethinking: off.'];
  const who = rethink.mode === 'wrong_only' ? 'A wrong' : 'A right or wrong';
  const texts = rethink.triggers.map((id) => JSON.stringify(triggers[id])).join(', ');
  const trigger =
    rethink.choice === 'gold_aware'
      ? `half of the time ${JSON.stringify(triggers.self_verification)} behind a right and ${JSON.stringify(triggers.self_correction)} behind a wrong answer, ` +
        `else ${JSON.stringify(triggers.bare_wait)} (40 %) or ${JSON.stringify(triggers.self_questioning)}`
      : `one of ${texts}, each as likely`;
  return [
    'Forced rethinking: y = y1 ⊕ trigger ⊕ y2, from token ids.',
    `  ${who}, finished y1 of at most ${rethink.maxY1} tokens gets a trigger with probability q = ${rethink.q}: ${trigger}.`,
    `  y2: temperature ${rethink.temperature}, at most ${rethink.maxNewTokens} tokens.`,
    ...rethinkOptions(rethink),
    `  Kept, checked in this order: finished, ${rethink.keepMin} to ${rethink.keepMax} tokens, at most ${rethink.maxWaits} waits with that of the trigger, right, the first ${rethink.maxPerProblem} of a problem.`,
    '  A kept one takes the place of its y1 in the group; where none is kept, y1 stays.',
  ];
}

function rethinkOptions(rethink: RunConfig['rethink']): readonly string[] {
  const { skipWaited, skipWrongAbove, requireBoxInY2, cutTail } = rethink;
  return [
    ...when(skipWaited, 'A y1 that already waits unasked gets no trigger.'),
    ...when(
      skipWrongAbove < 1,
      `A wrong y1 gets no trigger in a group with a mean reward above ${skipWrongAbove}.`,
    ),
    ...when(cutTail > 0, `With probability ${cutTail} the tail of y1 is cut off first.`),
    ...when(requireBoxInY2, 'y2 itself must hold the answer.'),
  ];
}

/** A further line about the sentence before it. */
function when(said: boolean, text: string): readonly string[] {
  return said ? [`  ${text}`] : [];
}

function advantageText({ advantage, rethink }: RunConfig): readonly string[] {
  const first = rethink.mode === 'off' ? 'rewards' : 'rewards of y1, before anything was replaced';
  const baseline = {
    round0: `b = mean of the group's ${first}`,
    leave_one_out: `b = mean of the other ${first}`,
    final: "b = mean of the group's rewards, after replacement",
  }[advantage.baseline];
  const value = advantage.divideByStd ? '(r − b) / √(p̃(1 − p̃))' : 'r − b';
  return [
    `Advantage: Â = ${value}, the same for every token of a response; ${baseline}.`,
    ...when(
      advantage.divideByStd,
      'p̃ = share of the group that was right at first, kept between 1/G and 1 − 1/G.',
    ),
    '  Â = 0 is decided by whole numbers of right answers, not by rounding.',
  ];
}

function batchText({ batch, replay, train, rethink }: RunConfig): readonly string[] {
  const order = batch.keepGroups
    ? '  Whole groups are shuffled; their samples stay together.'
    : '  The samples of an iteration are shuffled and cut into raw batches of N.';
  const size = `Batch of ${train.batchSamples}`;
  if (batch.mode === 'grpo') return [`${size}: all samples, groups that agree included.`, order];
  const effective = 'D_eff, the samples with Â ≠ 0';
  if (batch.mode === 'filter') return [`${size}: only ${effective}; it shrinks.`, order];
  const life =
    replay.persist === 'episode' ? 'cleared at every sync' : `kept for ${replay.persist} steps`;
  const capacity = replay.capacity > 0 ? `, at most ${replay.capacity} samples` : '';
  const power = (of: string) => `|Â_${of}|^α`;
  return [
    `Batch: ${effective}, filled up to ${train.batchSamples} from the replay buffer B (Selective Sample Replay, Algorithm 1):`,
    `  D_eff enters B first, then N − |D_eff| samples are drawn, P(j) = ${power('j')} / Σ_k ${power('k')}, α = ${replay.alpha}, ${replay.replacement ? 'with' : 'without'} replacement.`,
    `  B is ${life}${capacity}; what is drawn keeps the π_old${rethink.mode === 'off' ? '' : ', the spans'} and the verdict it was sampled with.`,
    order,
  ];
}

function lossText({ loss, mask, rethink, batch }: RunConfig): readonly string[] {
  const clipped = `min(ρ Â, clip(ρ, 1 − ${loss.clipLow}, 1 + ${loss.clipHigh}) Â)`;
  const mean = {
    tokens: `−(1/M) Σ ${clipped}`,
    per_response: `−mean over responses of (1/|y|) Σ ${clipped}`,
    per_microbatch: `−mean over microbatches of their token means of ${clipped}`,
  }[loss.normalise];
  const nll = loss.nllCoef > 0 ? ` + ${loss.nllCoef} L_NLL` : '';
  const kl = loss.klCoef > 0 ? ` + ${loss.klCoef} KL` : '';
  const old = loss.oldLogprobs === 'trainer' ? 'recomputed by the trainer' : 'as sampled';
  const { policy } = maskTable(mask);
  return [
    `Loss: L = ${mean}${nll}${kl}${loss.normalise === 'tokens' ? ', M = tokens of the policy loss in the batch, however it is cut for memory' : ''}.`,
    `  ρ = π / π_old per token, π_old ${old}, at the weights that sampled; both at the temperature that sampled.`,
    ...when(
      loss.correctionCap > 0,
      `Each token weighs min(π_old / π_sampler, ${loss.correctionCap}).`,
    ),
    rethink.mode === 'off'
      ? '  Tokens of the policy loss: all of a response, its end token included.'
      : `  Tokens of the policy loss: all of a plain response; of a rethought one ${bits(policy)}.`,
    ...(loss.nllCoef > 0 ? imitationText(loss, mask, batch) : []),
    loss.klCoef > 0
      ? '  KL = (1/M) Σ exp(d) − 1 − d, d = log π_ref − log π, against the start checkpoint.'
      : '  No KL term, no reference model.',
  ];
}

function bits(row: Readonly<Record<Part, boolean>>): string {
  return (['y1', 'trigger', 'y2'] as const)
    .map((part) => `${part} ${row[part] ? 1 : 0}`)
    .join(', ');
}

/** What the likelihood term reaches. */
function imitationText(
  loss: RunConfig['loss'],
  mask: RunConfig['mask'],
  { mode }: RunConfig['batch'],
): readonly string[] {
  const { nllKept, nllWeighting, nllAllKept, nllIncludeNative, nllWaitCap } = loss;
  const weight = nllWeighting === 'advantage' ? 'Â ' : '';
  return [
    `  L_NLL = −(1/T) Σ ${weight}log π at temperature 1, T = tokens imitated in the batch, of kept rethinkings: ${bits(maskTable(mask).nll)}.`,
    ...when(nllKept === 'wrong_to_right', 'Of these only what was wrong before is imitated.'),
    ...when(
      mode !== 'grpo',
      `Kept ones with Â = 0, of groups that were all right, are ${nllAllKept ? 'in the batch for it' : 'not in the batch'}.`,
    ),
    ...when(
      nllIncludeNative,
      'Plain responses with Â > 0 that wait unasked are imitated as a whole.',
    ),
    ...when(
      nllWaitCap < 1,
      `Nothing is imitated while more than ${nllWaitCap} of the first answers wait unasked.`,
    ),
  ];
}

function optimText(config: RunConfig, { problems }: Explaining): readonly string[] {
  const { optim } = config;
  const rate = figure(optim.learningRate);
  const steps = problems === undefined ? undefined : planRun(problems, config).steps;
  const known =
    steps === undefined ? '' : ` (S = ${steps}, W = ${Math.ceil(optim.warmup * steps)})`;
  const fall = figure(Number(((1 - optim.floor) / 2).toPrecision(6)));
  return [
    `Optimizer: AdamW, betas ${optim.beta1} and ${optim.beta2}, epsilon ${figure(optim.epsilon)}, weight decay ${optim.weightDecay}, gradient norm at most ${optim.gradClip}.`,
    `  Rate of step s of S: ${rate} (s + 1)/W for s < W = ⌈${optim.warmup} S⌉, then ${rate} (${optim.floor} + ${fall} (1 + cos π(s − W)/(S − 1 − W)))${known}.`,
  ];
}

function validationText({ validation, eval: asked }: RunConfig): readonly string[] {
  if (validation.problems === 0) return ['Validation: none; the best checkpoint is the last.'];
  const often = validation.every === 1 ? 'every iteration' : `every ${validation.every} iterations`;
  const [first = '', ...others] = asked.templates;
  const also = others.length > 0 ? `, also shown under ${others.join(', ')}` : '';
  return [
    `Validation: ${validation.problems} problems held out, greedy, at most ${asked.maxNewTokens} tokens, ${often}; the best checkpoint is that with the highest mean reward under ${first}${also}.`,
  ];
}
