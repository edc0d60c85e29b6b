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
import type { Decoding, EvalItem, EvalOutcome, RunIdentity, Template } from '#eval';
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
});

type Options = z.output<typeof options>;

/** `vl-rethinker passrate`: how often a model solves each problem. */
export const passrate: Command<typeof options> = {
  name: 'passrate',
  summary: 'measure how often a model solves each problem, for choosing problems',
  positionals: '',
  help: 'Draws --n responses per problem (temperature 1 unless told), judges them by the strict verifier, and writes passrates.jsonl with id and passRate, which data subset reads. The same command goes on where it stopped; a problem counts once all its responses are there, and failed requests are asked again.',
  options,
  async run({ options: given, positionals }, io): Promise<ExitCode> {
    if (positionals.length > 0) throw new UsageError('passrate: expected options only');
    try {
      return await measure(given, io);
    } catch (error) {
      if (error instanceof EvalError) throw new UsageError(`passrate: ${error.message}`);
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
    decoding: { ...decoding, minPixels: given.minPixels, maxPixels: given.maxPixels },
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
  const path = join(folder, 'passrates.jsonl');
  writeAtomically(path, rates.map((rate) => `${JSON.stringify(rate)}\n`).join(''));
  if (outcome.stopped !== undefined) io.err(`stopped: ${outcome.stopped}\n`);
  const ids = new Set(items.map(({ id }) => id));
  const done = new Set(store.records.map(({ id, sample }) => `${sample} ${id}`));
  const missing =
    items.length * given.n -
    [...done].filter((key) => ids.has(key.slice(key.indexOf(' ') + 1))).length;
  io.out(
    `${path}: ${rates.length} of ${items.length} problems${missing > 0 ? `, ${missing} responses missing` : ''}\n`,
  );
  return missing > 0 ? 1 : 0;
}

async function read(
  files: Awaited<ReturnType<typeof sourceOf>>,
  given: Options,
  io: Io,
): Promise<Dataset> {
  using progress = new Progress(io, { label: 'reading problems', unit: 'rows' });
  return openDataset(files, readingOptions(given, io, progress));
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
  return runEval({
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
