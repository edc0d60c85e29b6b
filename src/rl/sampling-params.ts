import type { Policy } from '#policy';

type SamplingParams = Parameters<Policy['sample']>[0]['params'];

/** What the method decides about drawing tokens. */
export interface Drawing {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly maxTokens: number;
}

/**
 * Sampling for training: what the trainer scores is what was drawn, so only the temperature and the
 * banned ids shape the distribution unless the configuration says otherwise.
 */
export function samplingParams(ids: Policy['processor']['ids'], drawing: Drawing): SamplingParams {
  const { temperature, topP, topK, maxTokens } = drawing;
  return {
    bannedIds: ids.banned,
    repetitionPenalty: 1,
    temperature,
    topK,
    topP,
    minP: 0,
    stopIds: [ids.end],
    stopStrings: [],
    minTokens: 0,
    maxTokens,
  };
}
