import type { Problem } from '#data';
import type { AdvantageConfig } from '../config.ts';
import { groupAdvantages } from '../advantage.ts';
import type { Group, Prompt, Rollout, RolloutVerdict, Sample, Span } from '../records.ts';
import { shapingOf } from '../reward.ts';

export const roundZero: AdvantageConfig = { baseline: 'round0', divideByStd: false };

export function problem(id: string, answer = '4'): Problem {
  return { id, question: `What is ${id}?`, images: [], answer, category: 'arithmetic' };
}

export function prompt(length = 4): Prompt {
  return { chunks: [{ kind: 'tokens', ids: new Int32Array(length).fill(1) }], length };
}

export function verdict(correct: boolean, shaping = 0): RolloutVerdict {
  return {
    code: correct ? 'correct' : 'wrong',
    correct,
    reward: (correct ? 1 : 0) + shaping,
    shaping,
    extracted: null,
    shape: null,
    reason: correct ? 'identical' : 'number-differs',
  };
}

/** A plain rollout of `tokens` tokens. */
export function plain(
  problemId: string,
  index: number,
  judged: RolloutVerdict,
  tokens = 5,
): Rollout {
  return {
    id: `0/${problemId}/${index}`,
    problemId,
    iteration: 0,
    index,
    response: Int32Array.from({ length: tokens }, (_, place) => 10 + place),
    logprobs: new Float32Array(tokens).fill(-0.5),
    spans: [{ kind: 'draft', start: 0, end: tokens, temperature: 1 }],
    stop: 'end',
    weightsVersion: 1,
    waits: 0,
    verdict: judged,
  };
}

/** What a kept rethinking of `draft` looks like: y1 without its end token, 2 trigger and 3 more tokens. */
export function rethought(draft: Rollout): Rollout {
  const y1 = draft.response.length - 1;
  const spans: Span[] = [
    { kind: 'draft', start: 0, end: y1, temperature: 1 },
    { kind: 'trigger', start: y1, end: y1 + 2, temperature: 1 },
    { kind: 'rethinking', start: y1 + 2, end: y1 + 5, temperature: 0.9 },
  ];
  const logprobs = new Float32Array(y1 + 5).fill(-0.5);
  logprobs.fill(NaN, y1, y1 + 2);
  return {
    ...draft,
    response: Int32Array.from({ length: y1 + 5 }, (_, place) => 10 + place),
    logprobs,
    spans,
    verdict: verdict(true),
    draft,
    trigger: 'self_correction',
  };
}

/** A group with the first `correct` of `size` rollouts right; those named in `kept` thought again. */
export function groupOf(
  id: string,
  correct: number,
  { size = 8, kept = [] }: { size?: number; kept?: readonly number[] } = {},
): Group {
  const rollouts = Array.from({ length: size }, (_, index) => {
    const draft = plain(id, index, verdict(index < correct));
    return kept.includes(index) ? rethought(draft) : draft;
  });
  return { problem: problem(id), prompt: prompt(), rollouts, missing: 0, unverifiable: 0 };
}

/** A group whose rewards are shaped as in the released code; waits per rollout. */
export function shapedGroup(
  id: string,
  judged: readonly { correct: boolean; waits: number; finished?: boolean }[],
): Group {
  const config = { shaping: 'reference' } as const;
  const rollouts = judged.map(({ correct, waits, finished = true }, index) =>
    plain(id, index, verdict(correct, shapingOf({ correct, waits, finished, forced: false }, config))),
  );
  return { problem: problem(id), prompt: prompt(), rollouts, missing: 0, unverifiable: 0 };
}

/** Samples as the loop makes them, with old logprobs as sampled. */
export function samplesOf(group: Group, config: AdvantageConfig = roundZero): readonly Sample[] {
  const advantages = groupAdvantages(group, config);
  return group.rollouts.map((rollout, place) => {
    const { value = 0, exact } = advantages[place] ?? {};
    return {
      id: rollout.id,
      prompt: group.prompt,
      rollout,
      advantage: value,
      ...(exact === undefined ? {} : { exact }),
      oldLogprobs: rollout.logprobs,
    };
  });
}
