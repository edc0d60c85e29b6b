import type { ModelConfig } from '#model';
import type { SampleRequest, SamplingParams } from './request.ts';

/** A request that cannot be met: what was expected, what was found. */
export class SamplerError extends Error {
  override readonly name = 'SamplerError';
}

function expect(holds: boolean, sentence: string): void {
  if (!holds) throw new SamplerError(sentence);
}

function checkParams(params: SamplingParams): void {
  const { temperature, topK, topP, minP, repetitionPenalty, maxTokens, minTokens } = params;
  expect(
    Number.isFinite(temperature) && temperature >= 0,
    `expected a temperature of 0 or more, found ${temperature}`,
  );
  expect(
    Number.isInteger(topK) && topK >= 0,
    `expected topK to be a whole number, 0 for off, found ${topK}`,
  );
  expect(topP > 0 && topP <= 1, `expected topP above 0 and at most 1, found ${topP}`);
  expect(minP >= 0 && minP < 1, `expected minP from 0 to below 1, found ${minP}`);
  expect(
    Number.isFinite(repetitionPenalty) && repetitionPenalty > 0,
    `expected a repetitionPenalty above 0, found ${repetitionPenalty}`,
  );
  expect(
    Number.isInteger(maxTokens) && maxTokens >= 1,
    `expected maxTokens of 1 or more, found ${maxTokens}`,
  );
  expect(
    Number.isInteger(minTokens) && minTokens >= 0 && minTokens <= maxTokens,
    `expected minTokens from 0 to maxTokens (${maxTokens}), found ${minTokens}`,
  );
}

/** Throws `SamplerError` for a request that contradicts itself or does not fit the model. */
export function checkRequest(
  request: SampleRequest,
  config: ModelConfig,
  options: { readonly decode?: unknown },
): void {
  const { prompt, count, params, seed } = request;
  checkParams(params);
  expect(Number.isInteger(count) && count >= 1, `expected a count of 1 or more, found ${count}`);
  expect(
    Number.isSafeInteger(seed) && seed >= 0,
    `expected the seed to be a whole number below 2^53, found ${seed}`,
  );
  const { maxPositions, vocabSize } = config.text;
  const total = prompt.length + params.maxTokens;
  expect(
    total <= maxPositions,
    `expected prompt and response to fit the context of ${maxPositions} tokens, found ` +
      `${prompt.length} + ${params.maxTokens}; shorten the prompt or lower maxTokens`,
  );
  const banned = new Set(params.bannedIds);
  expect(banned.size < vocabSize, 'expected at least one id that is not banned');
  const odd = [...params.bannedIds, ...params.stopIds].find((id) => !(id >= 0 && id < vocabSize));
  expect(odd === undefined, `expected ids below ${vocabSize}, found ${odd}`);
  expect(
    params.stopStrings.length === 0 || options.decode !== undefined,
    'stop strings need a decoder; give the sampler one',
  );
  expect(!params.stopStrings.includes(''), 'expected stop strings that are not empty');
}
