import type { Problem } from '#data';
import type { Processor, Prompt } from '#model/processor';
import type { Completion, Sampler, SampleRequest } from '#sampler';
import type { AskOptions } from './ask-options.ts';

/** What asking needs of the other rooms; put together by `openAsking`. */
export interface Asking extends AsyncDisposable {
  readonly sampler: Sampler;
  readonly processor: Processor;
  /** Text of the trigger. */
  readonly trigger: string;
  /** The answer in a response, as the verifier finds it. */
  readonly answerIn: (text: string) => string | undefined;
  /** Whether two answers mean the same. */
  readonly sameAnswer: (before: string, after: string) => boolean;
}

/** A completed answer to a question, with what came after the trigger. */
export interface Answer {
  readonly text: string;
  readonly stop: Completion['stop'];
  readonly ids: readonly number[];
  readonly logprobs?: readonly number[];
  readonly answer?: string;
  readonly rethink?: Rethinking;
}

/** What the model said after the trigger, and whether its answer changed. */
export interface Rethinking {
  readonly trigger: string;
  readonly text: string;
  readonly stop: Completion['stop'];
  readonly ids: readonly number[];
  readonly logprobs?: readonly number[];
  readonly answer?: string;
  readonly changed: boolean;
}

/** A question as the model reads it. */
export function promptOf(
  asking: Asking,
  problem: Pick<Problem, 'id' | 'question' | 'images'>,
  template: string,
): Prompt {
  const whole = { ...problem, answer: '', category: '' };
  return asking.processor.problemPrompt(whole, template).prompt;
}

/** New tokens that the context leaves room for; a prompt that fills it is refused by the sampler. */
function fitting(tokens: number, { length }: Prompt, { sampler }: Asking): number {
  return Math.max(1, Math.min(tokens, sampler.context - length));
}

/** The request for the answers to one question. */
export function requestOf(prompt: Prompt, options: AskOptions, asking: Asking): SampleRequest {
  const { ids } = asking.processor;
  return {
    prompt,
    count: options.n,
    seed: options.seed,
    text: true,
    keep: options.rethink,
    params: {
      bannedIds: ids.banned,
      repetitionPenalty: options.repetitionPenalty,
      temperature: options.temperature,
      topK: options.topK,
      topP: options.topP,
      minP: options.minP,
      stopIds: [ids.end],
      stopStrings: options.stop,
      minTokens: Math.min(options.minTokens, fitting(options.maxTokens, prompt, asking)),
      maxTokens: fitting(options.maxTokens, prompt, asking),
    },
  };
}

/** The request that lets one finished answer go on behind the trigger. */
export function rethinkRequest(
  request: SampleRequest,
  draft: Pick<Answer, 'ids'>,
  index: number,
  { options, asking }: { readonly options: AskOptions; readonly asking: Asking },
): SampleRequest {
  const { processor, trigger } = asking;
  const own = draft.ids.at(-1) === processor.ids.end ? draft.ids.slice(0, -1) : draft.ids;
  const ids = Int32Array.from([...own, ...processor.encode(trigger)]);
  const prompt = processor.continued(request.prompt, ids);
  const maxTokens = fitting(options.rethinkTokens, prompt, asking);
  return {
    ...request,
    prompt,
    count: 1,
    keep: false,
    // Another stream of chance than the first answer's, of its own for every answer.
    seed: (request.seed * 1025 + index + 1) % Number.MAX_SAFE_INTEGER,
    params: {
      ...request.params,
      minTokens: Math.min(request.params.minTokens, maxTokens),
      maxTokens,
    },
  };
}

function spoken(completion: Completion, logprobs: boolean) {
  return {
    text: completion.text ?? '',
    stop: completion.stop,
    ids: [...completion.tokens],
    ...(logprobs && { logprobs: [...completion.logprobs] }),
  };
}

/** A completion as an answer. */
export function answerOf(completion: Completion, options: AskOptions, asking: Asking): Answer {
  const answer = asking.answerIn(completion.text ?? '');
  return { ...spoken(completion, options.logprobs), ...(answer !== undefined && { answer }) };
}

/** An answer and what came after its trigger. */
export function rethought(
  draft: Answer,
  completion: Completion,
  options: AskOptions,
  asking: Asking,
): Answer {
  const own = spoken(completion, options.logprobs);
  const answer = asking.answerIn(own.text) ?? draft.answer;
  const changed =
    answer !== draft.answer &&
    (answer === undefined ||
      draft.answer === undefined ||
      !asking.sameAnswer(draft.answer, answer));
  const after = { trigger: asking.trigger, ...own, ...(answer !== undefined && { answer }) };
  return { ...draft, rethink: { ...after, changed } };
}

/** Only what the model ended by itself is thought over. */
export function endsItself({ stop }: Pick<Answer, 'stop'>): boolean {
  return stop === 'end';
}

/** All answers to one question, with rethinking where asked for. */
export async function answersTo(
  request: SampleRequest,
  options: AskOptions,
  asking: Asking,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const completions = await asking.sampler.sample(request, { signal });
  const drafts = completions.map((completion) => answerOf(completion, options, asking));
  if (!options.rethink) return drafts;
  return Promise.all(
    drafts.map(async (draft, index) => {
      if (!endsItself(draft)) return draft;
      const next = rethinkRequest(request, draft, index, { options, asking });
      const [completion] = await asking.sampler.sample(next, { signal });
      return completion === undefined ? draft : rethought(draft, completion, options, asking);
    }),
  );
}
