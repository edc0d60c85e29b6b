import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { openDataset } from '#data';
import type { Dataset } from '#data';
import {
  EvalError,
  itemOfProblem,
  passRatesOf,
  problems,
  RecordStore,
  runEval,
  turnsHash,
  writeAtomically,
} from '#eval';
import type { Decoding, EvalItem, EvalOutcome, PassRate, RunIdentity, Template } from '#eval';
import { templateText } from '#model/processor';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { readingOptions, sourceOf, sourceOptions } from './data-source.ts';
import { openResponder, responderOptions } from './eval-responder.ts';
import type { OpenResponder } from './eval-responder.ts';
import { slug } from './eval.ts';
import { Progress } from './progress.ts';

const options = z.strictObject({
  ...responderOptions,
  ...sourceOptions,
  data: z.string().describe('file, folder or hub id with the problems'),
  n: z.number().int().min(1).max(1024).default(8).describe('responses per problem'),
  limit: z.number().int().min(1).optional().describe('only so many problems, from the first'),
  template: z.string().default('default').describe('prompt template behind the question'),
  out: z.string().optional().describe('folder of the result; passrates/<model> unless told'),
  json: z.boolean().default(false).describe('the counts as one JSON document'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker passrate`: how often a model solves each problem. */
export const passrate: Command<typeof options> = {
  name: 'passrate',
  summary: 'measure how often a model solves each problem, for choosing problems',
  positionals: '',
  help: 'Draws --n responses per problem (temperature 1 unless told), judges them by the strict verifier, and writes passrates.jsonl with id and passRate, which data subset reads. The same command goes on where it stopped, with a larger --n too: the responses that are there stay, the others are drawn. A problem counts once all its responses are there, and failed requests are asked again.',
  options,
  async run({ options: given, positionals }, io): Promise<ExitCode> {
    if (positionals.length > 0) throw new UsageError('expected options only');
    try {
      return await measure(given, io);
    } catch (error) {
      if (error instanceof EvalError) throw new UsageError(error.message);
      throw error;
    }
  },
};

async function measure(given: Options, io: Io): Promise<ExitCode> {
  const folder = resolve(io.cwd, given.out ?? join('passrates', slug(given.model)));
  const files = await sourceOf(given.data, given, io);
  const dataset = await read(files, given, io);
  const all = [...dataset].map(itemOfProblem);
  const items = all.slice(0, given.limit);
  const template = { name: given.template, trigger: templateText(given.template) };
  await using open = await openResponder(given, io, folder);
  const temperature = given.temperature ?? 1;
  const decoding = {
    temperature,
    topP: given.topP ?? 1,
    maxTokens: given.maxTokens,
    seed: given.seed,
  };
  const identity: RunIdentity = {
    benchmark: problems.name,
    data: createHash('sha256').update(dataset.hash).digest('hex'),
    template: template.name,
    promptHash: turnsHash(all, template),
    model: given.model,
    weights: open.weights,
    decoding: { ...decoding, ...open.pixels },
    samples: given.n,
  };
  using store = RecordStore.open(folder, identity);
  const outcome = await draw({
    items,
    template,
    given,
    io,
    open,
    store,
    decoding,
    root: files.root,
  });
  const rates = passRatesOf(store.records, given.n);
  const file = join(folder, 'passrates.jsonl');
  writeAtomically(file, rates.map((rate) => `${JSON.stringify(rate)}\n`).join(''));
  if (outcome.stopped !== undefined) io.err(`stopped: ${outcome.stopped}\n`);
  const counts = countsOf({ items, samples: given.n, records: store.records, rates });
  const whole = { file, ...counts, failed: outcome.failures.length };
  if (given.json)
    io.out(`${JSON.stringify({ ...whole, stopped: outcome.stopped ?? null, identity })}\n`);
  else io.out(`${told(whole)}\n`);
  return counts.missing > 0 ? 1 : 0;
}

interface Counts {
  /** Problems that were asked for, and those that have all their responses. */
  readonly problems: number;
  readonly measured: number;
  readonly responses: number;
  readonly missing: number;
  /** Share of the responses that the token limit cut. */
  readonly truncationRate: number | null;
  readonly meanPassRate: number | null;
  /** Measured problems that no response solves, and those that all do. */
  readonly never: number;
  readonly always: number;
}

function countsOf({
  items,
  samples,
  records,
  rates,
}: {
  readonly items: readonly EvalItem[];
  readonly samples: number;
  readonly records: RecordStore['records'];
  readonly rates: readonly PassRate[];
}): Counts {
  const ids = new Set(items.map(({ id }) => id));
  const own = records.filter(({ id }) => ids.has(id));
  const among = rates.filter(({ id }) => ids.has(id));
  const cut = own.filter(({ finish }) => finish === 'length').length;
  const sum = among.reduce((all, { passRate }) => all + passRate, 0);
  return {
    problems: items.length,
    measured: among.length,
    responses: own.length,
    missing: items.length * samples - own.length,
    truncationRate: own.length === 0 ? null : cut / own.length,
    meanPassRate: among.length === 0 ? null : sum / among.length,
    never: among.filter(({ passRate }) => passRate === 0).length,
    always: among.filter(({ passRate }) => passRate === 1).length,
  };
}

function told({ file, ...counts }: Counts & { readonly file: string }): string {
  const { problems: all, measured, missing, truncationRate, meanPassRate, never, always } = counts;
  const parts = [
    `${file}: ${measured} of ${all} problems`,
    ...(meanPassRate === null
      ? []
      : [`mean pass rate ${meanPassRate.toFixed(3)}`, `${never} never solved, ${always} always`]),
    ...(truncationRate === null || truncationRate === 0
      ? []
      : [`${(100 * truncationRate).toFixed(1)} % of the responses cut by --max-tokens`]),
    ...(missing > 0 ? [`${missing} responses missing`] : []),
  ];
  return parts.join('; ');
}

async function read(
  files: Awaited<ReturnType<typeof sourceOf>>,
  given: Options,
  io: Io,
): Promise<Dataset> {
  using progress = new Progress(io, { label: 'reading problems', unit: 'rows' });
  return await openDataset(files, readingOptions(given, io, progress));
}

interface Drawing {
  readonly items: readonly EvalItem[];
  readonly template: Template;
  readonly given: Options;
  readonly io: Io;
  readonly open: OpenResponder;
  readonly store: RecordStore;
  readonly decoding: Decoding;
  readonly root: string;
}

async function draw({
  items,
  template,
  given,
  io,
  open,
  store,
  decoding,
  root,
}: Drawing): Promise<EvalOutcome> {
  const total = items.length * given.n;
  let done = store.records.length;
  let correct = store.records.filter(({ scores }) => scores.verifier.status === 'correct').length;
  let failed = 0;
  using progress = new Progress(io, { label: 'pass rates', total, unit: 'responses' });
  const show = (): void => {
    const mean = done === 0 ? '–' : (correct / done).toFixed(3);
    progress.update(done, `mean ${mean}${failed > 0 ? `, ${failed} failed` : ''}`);
  };
  show();
  return await runEval({
    benchmark: problems,
    items,
    template,
    responder: open.responder,
    decoding,
    samples: given.n,
    files: { root },
    store,
    signal: io.signal,
    onRecord: ({ scores }) => {
      done += 1;
      if (scores.verifier.status === 'correct') correct += 1;
      show();
    },
    onFailure: ({ id, message }) => {
      failed += 1;
      if (failed <= 20) progress.note(`${id}: ${message}`);
      show();
    },
  });
}
