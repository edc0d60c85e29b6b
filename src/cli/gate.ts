import type { Policy } from '#policy';
import type { RunConfig, TrainSetup } from '#rl';
import type { Json } from '#run';
import type { LiveRun } from './compose.ts';
import { checkCuts, checkMasks, checkRate } from './gate-gradient.ts';
import { checkPacking, checkPictures, checkPictureTokens, checkSampler } from './gate-logprobs.ts';

/** One thing that has to hold before the first step. */
export interface GateCheck {
  readonly name: string;
  readonly passed: boolean;
  /** What was found, and the bound it was held against. */
  readonly found: string;
}

export type Completion = Awaited<ReturnType<Policy['sample']>>[number];
export type Prompt = ReturnType<TrainSetup['prompt']>;

/** A problem of the run, answered a few times. */
export interface Answered {
  readonly prompt: Prompt;
  readonly pictures: number;
  readonly completions: readonly Completion[];
}

/** What the checks look at. */
export interface GateWork {
  readonly policy: Policy;
  readonly config: RunConfig;
  readonly live: LiveRun;
  readonly answered: readonly Answered[];
  /** Largest relative error that rounding explains, in the number format of the run. */
  readonly rounding: number;
}

const problemsLookedAt = 64;
const problemsAsked = 4;
const mostTokens = 48;

/**
 * Asks whether a run can be trusted before its first step: sampler and trainer agree, a rate of zero
 * changes nothing, the cut into microbatches and the sharing of prompts do not matter, pictures are
 * looked at, masks do what they say. Leaves gradient moments behind: use a policy of its own.
 */
export async function runGate(
  config: RunConfig,
  live: LiveRun,
  policy: Policy,
): Promise<readonly GateCheck[]> {
  await policy.publish();
  const memory = await checkMemory(config, live, policy);
  if (!memory.passed) return [memory];
  const answered = await answers(config, live, policy);
  const rounding = config.policy.compute === 'f32' ? 1e-3 : 0.1;
  const work: GateWork = { policy, config, live, answered, rounding };
  const checks: GateCheck[] = [memory];
  for (const check of [
    checkPictureTokens,
    checkSampler,
    checkPacking,
    checkPictures,
    checkRate,
    checkCuts,
    checkMasks,
  ]) {
    checks.push(...(await check(work)));
  }
  return checks;
}

/** The longest response to the longest of the first prompts must fit what sampling may keep. */
async function checkMemory(
  config: RunConfig,
  { data, prompt, processor }: LiveRun,
  policy: Policy,
): Promise<GateCheck> {
  const prompts = [...data.training]
    .slice(0, problemsLookedAt)
    .map((problem) => prompt(problem, config.prompt.template))
    .filter(({ length }) => length <= config.rollout.maxPromptTokens);
  const longest = prompts.reduce((a, b) => (b.length > a.length ? b : a), prompts[0] ?? noPrompt);
  const { maxNewTokens, temperature, topP, topK } = config.rollout;
  const tokens = Math.min(maxNewTokens, policy.limits.maxTokens - longest.length);
  const name = 'a response fits the memory for sampling';
  const budget = `${config.policy.cacheGigabytes} GB`;
  if (longest.length === 0 || tokens < 1) {
    const found = `no prompt leaves room for a response in ${policy.limits.maxTokens} tokens`;
    return { name, passed: false, found };
  }
  const params = paramsOf(processor.ids, { temperature, topP, topK, maxTokens: tokens });
  try {
    // Given up at once: only whether it is taken matters.
    await policy.sample({ prompt: longest, count: 1, seed: 0, params }, AbortSignal.abort());
    return { name, passed: true, found: `${longest.length} + ${tokens} tokens in ${budget}` };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const found = said.replace('cacheBytes', `policy.cacheGigabytes (now ${budget})`);
    return { name, passed: false, found };
  }
}

const noPrompt: Prompt = { chunks: [], length: 0 };

function paramsOf(
  ids: Policy['processor']['ids'],
  drawing: Pick<RunConfig['rollout'], 'temperature' | 'topP' | 'topK'> & {
    readonly maxTokens: number;
  },
): Parameters<Policy['sample']>[0]['params'] {
  return {
    bannedIds: ids.banned,
    repetitionPenalty: 1,
    minP: 0,
    stopIds: [ids.end],
    stopStrings: [],
    minTokens: 0,
    ...drawing,
  };
}

/** The first problems of the run, those with pictures first, each answered twice. */
async function answers(
  config: RunConfig,
  { data, prompt, processor }: LiveRun,
  policy: Policy,
): Promise<readonly Answered[]> {
  const all = [...data.training].slice(0, problemsLookedAt);
  const withPictures = all.filter(({ images }) => images.length > 0);
  const without = all.filter(({ images }) => images.length === 0);
  const chosen = [
    ...withPictures.slice(0, problemsAsked - Math.min(1, without.length)),
    ...without.slice(0, 1),
  ];
  const { temperature, topP, topK, maxNewTokens } = config.rollout;
  return Promise.all(
    chosen.map(async (problem, index) => {
      const rendered = prompt(problem, config.prompt.template);
      const completions = await policy.sample({
        prompt: rendered,
        count: 2,
        seed: index,
        params: paramsOf(processor.ids, {
          temperature,
          topP,
          topK,
          maxTokens: Math.min(mostTokens, maxNewTokens),
        }),
      });
      return { prompt: rendered, pictures: problem.images.length, completions };
    }),
  );
}

/** The outcome as it is stored. */
export function gateData(checks: readonly GateCheck[]): Json {
  return checks.map(({ name, passed, found }) => ({ name, passed, found }));
}
