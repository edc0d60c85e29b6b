import type { ModelConfig } from '#model';
import type { SampleRequest, SamplingParams } from './request.ts';
import { SamplerError } from './sampler-error.ts';

const mostAlternatives = 20;
const leastTemperature = 1e-3;

/** What a request is checked against. */
export interface RequestLimits {
  readonly config: ModelConfig;
  /** Whether there is a decoder. */
  readonly decodes: boolean;
  /** Bytes of the keys and values of one token. */
  readonly cellBytes: number;
  /** Bytes that keys and values may take. */
  readonly cacheBytes: number;
  /** Bytes that the pixels of one request's pictures may take. */
  readonly pictureBytes: number;
}

function expect(holds: boolean, sentence: string): void {
  if (!holds) throw new SamplerError(sentence);
}

function checkParams(params: SamplingParams): void {
  const { temperature, topK, topP, minP, repetitionPenalty, maxTokens, minTokens } = params;
  expect(
    temperature === 0 || (Number.isFinite(temperature) && temperature >= leastTemperature),
    `expected a temperature of 0 (greedy) or at least ${leastTemperature}, found ${temperature}`,
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

function checkIds({ params }: SampleRequest, { config, decodes }: RequestLimits): void {
  const { vocabSize } = config.text;
  const never = new Set(params.bannedIds);
  const known = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < vocabSize;
  const odd = [...never, ...params.stopIds].find((id) => !known(id));
  expect(odd === undefined, `expected ids below ${vocabSize}, found ${odd}`);
  if (params.minTokens > 0) for (const id of params.stopIds) never.add(id);
  expect(
    never.size < vocabSize,
    'expected at least one id that may be drawn, found all of them banned or, before minTokens, stop ids',
  );
  expect(
    params.stopStrings.length === 0 || decodes,
    'stop strings need a decoder; give the sampler one',
  );
  expect(!params.stopStrings.includes(''), 'expected stop strings that are not empty');
}

function checkMemory({ prompt, params }: SampleRequest, limits: RequestLimits): void {
  // One row alone, as `ActiveBatch.foresee` counts it: prompt twice (stored, and at hand), response.
  const columns = Math.ceil((params.maxTokens * 1.25 + 16) / 16) * 16;
  const needed = (2 * (prompt.length + 16) + columns) * limits.cellBytes;
  expect(
    needed <= limits.cacheBytes,
    `expected keys and values of prompt (${prompt.length} tokens) and response (${params.maxTokens}) ` +
      `to fit ${limits.cacheBytes} bytes, found ${needed}; shorten the prompt, lower maxTokens or ` +
      'raise cacheBytes',
  );
  const { patchSize, temporalPatchSize } = limits.config.vision;
  const patchBytes = 4 * 3 * temporalPatchSize * patchSize ** 2;
  const pictures = prompt.chunks.flatMap((chunk) => (chunk.kind === 'image' ? [chunk.grid] : []));
  const pixels = pictures.reduce((sum, { t, h, w }) => sum + t * h * w * patchBytes, 0);
  expect(
    pixels <= limits.pictureBytes,
    `expected the pixels of ${pictures.length} pictures to fit ${limits.pictureBytes} bytes, found ` +
      `${pixels}; send fewer or smaller pictures, or raise pictureBytes`,
  );
}

/** Throws `SamplerError` for a request that contradicts itself or does not fit model or memory. */
export function checkRequest(request: SampleRequest, limits: RequestLimits): void {
  const { prompt, count, params, seed, alternatives = 0, text = false } = request;
  checkParams(params);
  expect(Number.isInteger(count) && count >= 1, `expected a count of 1 or more, found ${count}`);
  expect(
    Number.isSafeInteger(seed) && seed >= 0,
    `expected the seed to be a whole number from 0 to 2^53 − 1, found ${seed}`,
  );
  expect(
    Number.isInteger(alternatives) && alternatives >= 0 && alternatives <= mostAlternatives,
    `expected alternatives from 0 to ${mostAlternatives}, found ${alternatives}`,
  );
  expect(!text || limits.decodes, 'text needs a decoder; give the sampler one');
  expect(prompt.length >= 1, 'expected a prompt of at least one token, found none');
  const { maxPositions, vocabSize } = limits.config.text;
  const total = prompt.length + params.maxTokens;
  expect(
    total <= maxPositions,
    `expected prompt and response to fit the context of ${maxPositions} tokens, found ` +
      `${prompt.length} + ${params.maxTokens}; shorten the prompt or lower maxTokens`,
  );
  for (const chunk of prompt.chunks) {
    const odd =
      chunk.kind === 'tokens' ? chunk.ids.find((id) => !(id >= 0 && id < vocabSize)) : undefined;
    expect(odd === undefined, `expected prompt ids below ${vocabSize}, found ${odd}`);
  }
  checkIds(request, limits);
  checkMemory(request, limits);
}
