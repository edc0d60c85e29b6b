import type { Problem } from '#data';
import type { Policy } from '#policy';
import type { CheckAnswer } from '../judge.ts';
import type { TrainSetup } from '../setup.ts';
import { seed } from './chance.ts';
import { textPrompt } from './policy.ts';

/** Right when the last box holds the answer; no box is no answer; `?` as answer key cannot be judged. */
export const boxes: CheckAnswer = ({ gold, prediction }) => {
  const found = [...prediction.matchAll(/\\boxed\{([^}]*)\}/g)].at(-1)?.[1];
  if (gold === '?') return { correct: false, status: 'unverifiable', reason: 'gold-unparsable' };
  if (found === undefined) return { correct: false, status: 'no-answer', reason: 'no-box' };
  const correct = found === gold;
  return {
    correct,
    status: correct ? 'correct' : 'wrong',
    reason: correct ? 'identical' : 'number-differs',
    answer: { text: found },
  };
};

/** Live objects around a policy, without chance or time of their own. */
export function setupOf(policy: Policy, problems: readonly Problem[] = []): TrainSetup {
  return {
    policy,
    problems: {
      length: problems.length,
      at: (index) => {
        const found = problems[index];
        if (found === undefined) throw new RangeError(`no problem ${index}`);
        return found;
      },
    },
    prompt: ({ question }) => textPrompt(question),
    verify: boxes,
    seed: seed(),
    clock: () => 0,
  };
}
