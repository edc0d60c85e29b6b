import type { KnobKey, KnobValue } from './knob.ts';
import { knobKeys, knobOf, settingOf } from './knobs.ts';
import { stampsOf } from './check-config.ts';
import { maskTable } from './masks.ts';
import type { Part } from './masks.ts';
import type { Preset } from './preset.ts';
import type { RunConfig } from './run-config.ts';
import { planRun } from './schedule.ts';

/** What `explain` is told besides the configuration. */
export interface Explaining {
  readonly preset: Pick<Preset, 'name' | 'source' | 'sources' | 'stamps'>;
  /** Keys that the user set. */
  readonly given: readonly string[];
  /** Size of the problem set, when it is known. */
  readonly problems?: number;
}

/** The effective algorithm in words and formulas, then every setting with its value and source. */
export function explain(config: RunConfig, explaining: Explaining): string {
  const parts = [
    `# ${explaining.preset.name}`,
    ...[...(explaining.preset.stamps ?? []), ...stampsOf(config)].map((stamp) => `! ${stamp}`),
    '## What happens',
    ...[iterationText(config, explaining), rolloutText(config), rethinkText(config)].flat(),
    ...[advantageText(config), batchText(config), lossText(config), optimText(config)].flat(),
    '## Settings',
    ...settingLines(config, explaining),
  ];
  return `${parts.join('\n')}\n`;
}

function iterationText(config: RunConfig, { problems }: Explaining): readonly string[] {
  const { rollout, train } = config;
  const samples = rollout.problemsPerSync * rollout.groupSize;
  const steps = Math.ceil(samples / train.batchSamples);
  const size =
    `Each iteration publishes the weights, answers ${rollout.problemsPerSync} problems ` +
    `${rollout.groupSize} times (${samples} responses) and takes ${steps} steps of ${train.batchSamples} samples.`;
  if (problems === undefined) return [size];
  const plan = planRun(problems, config);
  return [size, `${problems} problems: ${plan.iterations} iterations, ${plan.steps} steps.`];
}

function rolloutText({ rollout, reward }: RunConfig): readonly string[] {
  const nucleus = rollout.topP < 1 ? `, top-p ${rollout.topP}` : '';
  const place = reward.answer === 'box' ? 'last box' : 'last box, answer tag or answer phrase';
  const likeliest = rollout.topK > 0 ? `, top-k ${rollout.topK}` : '';
  return [
    `Responses: temperature ${rollout.temperature}${nucleus}${likeliest}, at most ${rollout.maxNewTokens} tokens; prompts of more than ${rollout.maxPromptTokens} are left out.`,
    reward.shaping === 'none'
      ? `Reward: r = 1 if the ${place} holds the reference answer, else 0.`
      : 'Reward: r = 1 or 0, then shaped: invalid −0.1; right with 1–2 waits 1.1, with n ≥ 3 waits 1 − 0.2 n.',
    rollout.truncated === 'wrong'
      ? 'A response without end token has reward 0 and is trained on as sampled.'
      : 'A response without end token has reward 0 and is masked out of the policy loss.',
  ];
}

function rethinkText({ rethink }: RunConfig): readonly string[] {
  if (rethink.mode === 'off') return ['Forced rethinking: off.'];
  const who = rethink.mode === 'wrong_only' ? 'wrong, finished answers' : 'finished answers';
  const trigger =
    rethink.choice === 'gold_aware'
      ? 'half by chance, half by whether the answer is right'
      : `uniform over ${rethink.triggers.join(', ')}`;
  return [
    `Forced rethinking: ${who} of at most ${rethink.maxY1} tokens get a trigger with probability ${rethink.q} (${trigger}),`,
    `  and go on from their token ids at temperature ${rethink.temperature}, at most ${rethink.maxNewTokens} tokens.`,
    `  Kept: right, finished, ${rethink.keepMin} to ${rethink.keepMax} tokens, at most ${rethink.maxWaits} waits, ${rethink.maxPerProblem} per problem; a kept one replaces its draft.`,
    ...rethinkOptions(rethink),
  ];
}

function rethinkOptions(rethink: RunConfig['rethink']): readonly string[] {
  const { skipWaited, skipWrongAbove, requireBoxInY2, cutTail } = rethink;
  return [
    ...when(skipWaited, 'An answer that already waits unasked gets no trigger.'),
    ...when(
      skipWrongAbove < 1,
      `A wrong answer gets no trigger in a group with a mean reward above ${skipWrongAbove}.`,
    ),
    ...when(cutTail > 0, `With probability ${cutTail} the tail of the draft is cut off first.`),
    ...when(requireBoxInY2, 'The continuation itself must hold the answer.'),
  ];
}

/** A further line about the sentence before it. */
function when(said: boolean, text: string): readonly string[] {
  return said ? [`  ${text}`] : [];
}

function advantageText({ advantage }: RunConfig): readonly string[] {
  const baseline = {
    round0: 'b = mean of the rewards of first answers',
    leave_one_out: 'b = mean of the rewards of the other first answers',
    final: 'b = mean of the rewards after rethinking',
  }[advantage.baseline];
  const divided = advantage.divideByStd ? ' / √(p̃(1 − p̃)), p̃ = share of right first answers' : '';
  return [`Advantage: Â = ${advantage.divideByStd ? '(r − b)' : 'r − b'}${divided}, ${baseline}.`];
}

function batchText({ batch, replay, train }: RunConfig): readonly string[] {
  const order = when(batch.keepGroups, 'Whole groups are shuffled; their samples stay together.');
  const size = `Batch of ${train.batchSamples}`;
  if (batch.mode === 'grpo') return [`${size}: all samples, groups that agree included.`, ...order];
  if (batch.mode === 'filter') return [`${size}: samples with Â ≠ 0; it shrinks.`, ...order];
  const life =
    replay.persist === 'episode' ? 'cleared at every sync' : `kept for ${replay.persist} steps`;
  const capacity = replay.capacity > 0 ? `, at most ${replay.capacity} samples` : '';
  return [
    `Batch: samples with Â ≠ 0, filled up to ${train.batchSamples} from the replay buffer (Selective Sample Replay):`,
    `  P(j) = |Â_j|^${replay.alpha} / Σ_k |Â_k|^${replay.alpha}, ${replay.replacement ? 'with' : 'without'} replacement; ${life}${capacity}.`,
    ...order,
  ];
}

function lossText({ loss, mask }: RunConfig): readonly string[] {
  const mean = {
    tokens: '1/M Σ over the M tokens of the batch',
    per_response: 'mean over responses of 1/|y| Σ over tokens',
    per_microbatch: 'mean over microbatches of token means',
  }[loss.normalise];
  const nll = loss.nllCoef > 0 ? ` + ${loss.nllCoef} · NLL` : '';
  const kl = loss.klCoef > 0 ? ` + ${loss.klCoef} · KL` : '';
  const table = maskTable(mask);
  const row = (bits: Readonly<Record<Part, boolean>>) =>
    (['plain', 'y1', 'trigger', 'y2'] as const)
      .map((part) => `${part} ${bits[part] ? 1 : 0}`)
      .join(', ');
  return [
    `Loss: L = −${mean} of min(ρ Â, clip(ρ, 1 − ${loss.clipLow}, 1 + ${loss.clipHigh}) Â)${nll}${kl},`,
    `  ρ = π / π_old, π_old ${loss.oldLogprobs === 'trainer' ? 'recomputed by the trainer at the synced weights' : 'as sampled'}.`,
    `  Tokens of the policy loss: ${row(table.policy)}.`,
    ...when(
      loss.correctionCap > 0,
      `Each token weighs min(π_old / π_sampler, ${loss.correctionCap}).`,
    ),
    ...when(loss.nllCoef > 0, `Tokens of the NLL, kept rethinkings only: ${row(table.nll)}.`),
    ...(loss.nllCoef > 0 ? imitationText(loss) : []),
    loss.klCoef > 0
      ? '  KL against the start checkpoint: exp(d) − 1 − d, d = log π_ref − log π.'
      : '  No KL term, no reference model.',
  ];
}

/** What the likelihood term reaches, besides its tokens. */
function imitationText(loss: RunConfig['loss']): readonly string[] {
  const { nllKept, nllWeighting, nllAllKept, nllIncludeNative, nllWaitCap } = loss;
  return [
    ...when(nllKept === 'wrong_to_right', 'Of these only what was wrong before is imitated.'),
    ...when(nllWeighting === 'advantage', 'Each imitated token counts Â instead of 1.'),
    ...when(nllAllKept, 'Those of groups that were all right are imitated as well.'),
    ...when(nllIncludeNative, 'Plain responses with Â > 0 that wait unasked are imitated as well.'),
    ...when(
      nllWaitCap < 1,
      `Nothing is imitated while more than ${nllWaitCap} of the first answers wait unasked.`,
    ),
  ];
}

function optimText({ optim }: RunConfig): readonly string[] {
  return [
    `Optimizer: AdamW, rate ${optim.learningRate}, betas ${optim.beta1} and ${optim.beta2}, weight decay ${optim.weightDecay}, gradient norm at most ${optim.gradClip}, epsilon ${optim.epsilon};`,
    `  ${optim.warmup * 100} % of the steps warm up, then a cosine to ${optim.floor} of the rate.`,
  ];
}

function settingLines(config: RunConfig, explaining: Explaining): readonly string[] {
  const rows = knobKeys.map((key) => {
    const idle = knobOf(key).idle?.(config);
    const note = idle === undefined ? knobOf(key).meaning : `no effect: ${idle}`;
    return [key, shown(settingOf(config, key)), sourceOf(key, config, explaining), note] as const;
  });
  const width = (column: 0 | 1 | 2) => Math.max(...rows.map((row) => row[column].length));
  const [keys, values, sources] = [width(0), Math.min(width(1), 40), width(2)];
  return rows.map(
    ([key, value, source, note]) =>
      `${key.padEnd(keys)}  ${value.padEnd(values)}  ${source.padEnd(sources)}  ${note}`,
  );
}

/** Where a value comes from: set by the user, the knob's own source, or that of the preset. */
function sourceOf(key: KnobKey, config: RunConfig, { preset, given }: Explaining): string {
  if (given.includes(key)) return 'set by you';
  const knob = knobOf(key);
  const same = shown(settingOf(config, key)) === shown(knob.value);
  return same ? knob.source : (preset.sources?.[key] ?? preset.source);
}

function shown(value: KnobValue): string {
  return typeof value === 'object' ? value.join(',') : String(value);
}
