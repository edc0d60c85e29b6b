import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '#data';
import type { Policy } from '#policy';
import type { RunConfig } from '#rl';
import { countNativeWaits, pictureRows } from '#rl';
import type { Metrics, PictureRow } from '#run';
import type { LiveRun } from './compose.ts';

/** The greedy answer to one problem of the validation, checked. */
export interface Validated {
  readonly id: string;
  readonly category: string;
  /** What was asked, so that a report can show it without the data. */
  readonly question: string;
  readonly answer: string;
  readonly pictures: readonly PictureRow[];
  readonly code: string;
  readonly correct: boolean;
  readonly extracted: string | null;
  readonly waits: number;
  /** Whether the answer before the first native wait was right; null without a wait or such an answer. */
  readonly correctBefore: boolean | null;
  readonly tokens: number;
  readonly text: string;
}

/** What validating needs. */
export interface Validating {
  readonly policy: Policy;
  readonly live: Pick<LiveRun, 'data' | 'verify' | 'prompt' | 'processor'>;
  readonly config: RunConfig;
  readonly signal?: AbortSignal;
  /** Told of every answer. */
  readonly progress?: (done: number, total: number) => void;
  /** Folder of the run. */
  readonly run: string;
  /** How the files with every answer begin, one per template; without it none is written. */
  readonly name?: string;
}

/** The result of a validation: its metrics, and the score that picks the best checkpoint. */
export interface Validation {
  readonly metrics: Metrics;
  /** Mean reward under the first template. */
  readonly score: number;
}

/** Answers all validation problems greedily under every template of the configuration. */
export async function validate(validating: Validating): Promise<Validation> {
  const { config, live, run, name } = validating;
  const [first = 'default', ...others] = config.eval.templates;
  const metrics: Record<string, number | null> = {};
  const templates = [first, ...others];
  const total = live.data.validation.length * templates.length;
  let done = 0;
  let score = 0;
  for (const template of templates) {
    const rows = await Promise.all(
      live.data.validation.map(async (problem) => {
        const row = await answerOf(problem, template, validating);
        done += 1;
        validating.progress?.(done, total);
        return row;
      }),
    );
    const kind = template === first ? 'validation' : `validation-${template}`;
    Object.assign(metrics, metricsOf(`eval/${kind}`, rows));
    if (template === first) score = mean(rows, ({ correct }) => correct) ?? 0;
    if (name === undefined) continue;
    const folder = join(run, 'validation');
    mkdirSync(folder, { recursive: true });
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    writeFileSync(join(folder, `${name}-${template}.jsonl`), lines);
  }
  return { metrics: { ...metrics, 'eval/reward_mean': score }, score };
}

async function answerOf(
  problem: Problem,
  template: string,
  { policy, live, config, signal, run }: Validating,
): Promise<Validated> {
  const prompt = live.prompt(problem, template);
  const { ids } = live.processor;
  const room = policy.limits.maxTokens - prompt.length;
  const request = {
    prompt,
    count: 1,
    seed: 0,
    params: {
      bannedIds: ids.banned,
      repetitionPenalty: 1,
      temperature: 0,
      topK: 0,
      topP: 1,
      minP: 0,
      stopIds: [ids.end],
      stopStrings: [],
      minTokens: 0,
      maxTokens: Math.max(1, Math.min(config.eval.maxNewTokens, room)),
    },
  };
  const [completion] = await policy.sample(request, signal);
  signal?.throwIfAborted();
  if (completion === undefined) throw new Error('internal: a sampler without completions');
  const text = live.processor.decode(completion.tokens);
  const judged = completion.stop === 'end' ? await verdictOf(problem, text, live) : undefined;
  const before = completion.stop === 'end' ? beforeFirstWait(text) : undefined;
  const earlier = before === undefined ? undefined : await verdictOf(problem, before, live);
  return {
    id: problem.id,
    category: problem.category,
    question: problem.question,
    answer: problem.answer,
    pictures: pictureRows(problem.images, run),
    code: judged?.status ?? 'truncated',
    correct: judged?.correct ?? false,
    extracted: judged?.answer?.text ?? null,
    waits: countNativeWaits(text),
    correctBefore: earlier === undefined || earlier.status === 'no-answer' ? null : earlier.correct,
    tokens: completion.tokens.length,
    text,
  };
}

function verdictOf(problem: Problem, text: string, { verify }: Pick<LiveRun, 'verify'>) {
  return verify({
    gold: problem.answer,
    prediction: text,
    source: 'response',
    question: problem.question,
    ...(problem.options === undefined ? {} : { choices: problem.options }),
  });
}

/** Letters behind a word that decide whether it counts as a wait. */
const lookAhead = 12;

/** What stands before the first native wait; undefined where there is none. */
export function beforeFirstWait(text: string): string | undefined {
  for (const { index, 0: word } of text.matchAll(/\b(?:wait|alternatively)\b/giu)) {
    if (countNativeWaits(text.slice(0, index + word.length + lookAhead)) > 0) {
      return text.slice(0, index);
    }
  }
  return undefined;
}

function metricsOf(name: string, rows: readonly Validated[]): Metrics {
  const accuracy = mean(rows, ({ correct }) => correct);
  const changed = rows.filter(({ correctBefore }) => correctBefore !== null);
  const change = (from: boolean, to: boolean) =>
    changed.filter(({ correctBefore, correct }) => correctBefore === from && correct === to).length;
  const categories = Map.groupBy(rows, ({ category }) => category);
  return {
    [`${name}/accuracy`]: accuracy,
    [`${name}/n`]: new Set(rows.map(({ id }) => id)).size,
    [`${name}/stderr`]:
      accuracy === null ? null : Math.sqrt((accuracy * (1 - accuracy)) / rows.length),
    [`${name}/truncation_fraction`]: mean(rows, ({ code }) => code === 'truncated'),
    [`${name}/no_answer_fraction`]: mean(rows, ({ code }) => code === 'no-answer'),
    [`${name}/rethink_ratio`]: mean(rows, ({ waits }) => waits > 0),
    [`${name}/fix`]: change(false, true),
    [`${name}/break`]: change(true, false),
    ...Object.fromEntries(
      [...categories].map(([category, own]) => [
        `${name}/category/${category}`,
        mean(own, ({ correct }) => correct),
      ]),
    ),
  };
}

function mean(rows: readonly Validated[], of: (row: Validated) => boolean): number | null {
  return rows.length === 0 ? null : rows.filter(of).length / rows.length;
}
