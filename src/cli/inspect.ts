import { resolve } from 'node:path';
import { z } from 'zod';
import type { RolloutQuery, RunReader } from '#run';
import { readRun, summarise } from '#run';
import type { Command, ExitCode } from './command.ts';
import { UsageError } from './command.ts';
import { attemptLines, problemLines, rolloutLines } from './inspect-rollout.ts';
import { summaryLines } from './inspect-summary.ts';

const options = z.strictObject({
  iteration: z.number().int().min(0).optional().describe('rollouts of an iteration, from 0'),
  step: z.number().int().min(0).optional().describe('samples in the batch of a step, from 0'),
  problem: z.string().optional().describe('rollouts of one problem, over all iterations'),
  rethought: z.boolean().default(false).describe('kept rethinkings only'),
  dropped: z.boolean().default(false).describe('rethinkings that were not kept, of --iteration'),
  replayed: z.boolean().default(false).describe('samples drawn from replay only'),
  limit: z.number().int().min(1).default(20).describe('most rollouts to show'),
  offset: z.number().int().min(0).default(0).describe('rollouts to pass over'),
  json: z.boolean().default(false).describe('JSON instead of text'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker inspect RUN` */
export const inspectCommand: Command<typeof options> = {
  name: 'inspect',
  summary: 'look into a run: its course, or its rollouts with spans, verdicts and replay history',
  positionals: '<run>',
  help: [
    'Without further options: what the run is, where it stands, how reward and validation went. With --iteration, --step, --problem, --rethought or --replayed: rollouts, drafts plain, triggers yellow, rethinkings cyan. Works while the run is being written.',
    'vl-rethinker inspect runs/rethinker-tiny --rethought --limit 3\nvl-rethinker inspect runs/rethinker-tiny --step 40 --replayed',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals: [name, ...more] }, io): Promise<ExitCode> {
    if (name === undefined || more.length > 0) throw new UsageError('expected one run folder');
    const folder = resolve(io.cwd, name);
    using run = readRun(folder);
    const color = io.color.out;
    const lines = asksForRollouts(given)
      ? given.dropped
        ? attempts(run, given, color)
        : rollouts(run, folder, given, color)
      : summary(run, given, color);
    for (const line of lines) io.out(`${line}\n`);
    return 0;
  },
};

function asksForRollouts({ iteration, step, problem, ...given }: Options): boolean {
  const some = [iteration, step, problem].some((value) => value !== undefined);
  return some || given.rethought || given.replayed || given.dropped;
}

function summary(run: RunReader, { json }: Options, color: boolean): readonly string[] {
  const found = summarise(run);
  return json ? [JSON.stringify(found, undefined, 2)] : summaryLines(run, found, color);
}

function rollouts(
  run: RunReader,
  folder: string,
  given: Options,
  color: boolean,
): readonly string[] {
  const { iteration, step, problem, rethought, replayed, limit, offset, json } = given;
  const query: RolloutQuery = {
    ...(iteration === undefined ? {} : { iteration }),
    ...(step === undefined ? {} : { step }),
    ...(problem === undefined ? {} : { problemId: problem }),
    ...(rethought ? { rethought } : {}),
    ...(replayed ? { replayed } : {}),
    limit,
    offset,
  };
  const found = run.rollouts(query);
  if (json) {
    const bare = { tokens: undefined, logprobs: undefined, oldLogprobs: undefined };
    return found.map((rollout) =>
      JSON.stringify({ ...rollout, ...bare, uses: run.uses(rollout.id) }),
    );
  }
  if (found.length === 0) return ['no such rollouts'];
  let last = '';
  return found.flatMap((rollout) => {
    const fresh = rollout.problemId !== last;
    last = rollout.problemId;
    const asked = run.problem(rollout.problemId);
    const head = fresh && asked !== undefined ? problemLines(asked, folder, color) : [];
    return [...head, ...rolloutLines(rollout, run.uses(rollout.id), color)];
  });
}

function attempts(run: RunReader, given: Options, color: boolean): readonly string[] {
  if (given.iteration === undefined) throw new UsageError('--dropped needs --iteration');
  const found = run
    .attempts(given.iteration)
    .filter(({ outcome, problemId }) => {
      return outcome !== 'kept' && (given.problem === undefined || problemId === given.problem);
    })
    .slice(given.offset, given.offset + given.limit);
  if (given.json) return found.map((attempt) => JSON.stringify(attempt));
  if (found.length === 0) return ['no such rethinkings'];
  return found.flatMap((attempt) => attemptLines(attempt, color));
}
