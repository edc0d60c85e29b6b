import { expect, test } from 'vitest';
import type { Problem } from '#data';
import type { Policy } from '#policy';
import { configOf } from '#rl';
import type { SampleRequest } from '#sampler';
import { verify } from '#verify';
import type { Validating } from './train-validate.ts';
import { validate } from './train-validate.ts';

const problem: Problem = { id: 'p', question: '1+1?', images: [], answer: '2', category: 'sum' };

/** A policy that writes down what it is asked and answers with one text. */
function validating(text: string, seen: SampleRequest[]): Validating {
  const processor = { ids: { banned: [9], end: 7 }, decode: () => text };
  const policy = {
    limits: { maxTokens: 1000 },
    async sample(request: SampleRequest) {
      seen.push(request);
      const tokens = Int32Array.of(1, 7);
      return [{ tokens, logprobs: new Float32Array(2), stop: 'end', weightsVersion: 1 }];
    },
  };
  const live = {
    processor,
    data: { validation: [problem] },
    verify: (input: Parameters<typeof verify>[0]) => verify(input),
    prompt: () => ({ chunks: [], length: 10 }),
  };
  const config = configOf({ 'eval.maxNewTokens': 321, 'rollout.maxNewTokens': 5 });
  return {
    policy: policy as unknown as Policy,
    live: live as unknown as Validating['live'],
    config: { ...config, validation: { ...config.validation, problems: 1 } },
    run: '/run',
  };
}

test('validation is greedy and has a limit of its own [D9]', async () => {
  const seen: SampleRequest[] = [];
  const { score, metrics } = await validate(validating('\\boxed{2}', seen));
  expect(score).toBe(1);
  expect(metrics['eval/validation/accuracy']).toBe(1);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.params).toMatchObject({ temperature: 0, topP: 1, topK: 0, maxTokens: 321 });
});

test('an answer before a wait and the one after it are judged apart', async () => {
  const text = 'It is 2. \\boxed{2}\n\nWait, let me see. \\boxed{3}';
  const { metrics } = await validate(validating(text, []));
  expect(metrics).toMatchObject({
    'eval/validation/accuracy': 0,
    'eval/validation/rethink_ratio': 1,
    'eval/validation/break': 1,
    'eval/validation/fix': 0,
  });
});
