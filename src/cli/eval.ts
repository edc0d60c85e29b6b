import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { DatasetFiles } from '#data';
import {
  cardMarkdown,
  EvalError,
  makeCard,
  RecordStore,
  runEval,
  turnsHash,
  writeCard,
} from '#eval';
import type {
  Benchmark,
  Decoding,
  EvalCard,
  EvalItem,
  EvalOutcome,
  RunIdentity,
  Template,
} from '#eval';
import { templateText } from '#model/processor';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { openResponder, responderOptions } from './eval-responder.ts';
import type { OpenResponder } from './eval-responder.ts';
import { itemsOf } from './eval-items.ts';
import { benchmarkNamed, tellFaults } from './eval-source.ts';
import { Progress } from './progress.ts';
import { versionOf } from './version.ts';

const options = z.strictObject({
  benchmark: z
    .string()
    .describe(
      'mathvista, mathverse, mathvision, mmmu-pro, mmmu, emma, megabench, puzzlevqa; or problems: any dataset',
    ),
  ...responderOptions,
  data: z
    .string()
    .optional()
    .describe("file or folder in the benchmark's own layout; else the hub"),
  limit: z.number().int().min(1).optional().describe('only so many items, from the first'),
  template: z
    .string()
    .optional()
    .describe(
      'a prompt of the benchmark (its first unless told), or a template of ours: default, rethink, …',
    ),
  samples: z.number().int().min(1).default(1).describe('responses per item'),
  out: z
    .string()
    .optional()
    .describe('folder of the result; evals/<benchmark>-<model> unless told'),
  offline: z.boolean().default(false).describe('uses the cache of the hub only'),
  json: z.boolean().default(false).describe('the card as JSON'),
});

export type EvalOptions = z.output<typeof options>;

/** `vl-rethinker eval`: a model on a benchmark, in process or behind an endpoint. */
export const evalCommand: Command<typeof options> = {
  name: 'eval',
  summary: 'evaluate a model on a benchmark, in process or behind an OpenAI-compatible endpoint',
  positionals: '',
  help: [
    'eval --benchmark mathvision --model DIR_OR_ID samples in process; with --endpoint URL every question is one request to a server. --data names a file or folder in the published layout of the benchmark (MathVision: test.jsonl beside images/), else the hub is asked. --benchmark problems takes any dataset that train reads: what was held back, for example.',
    'The folder of the result holds run.json, one line per response in records.jsonl, failures.jsonl, card.json and card.md. The same command goes on where it stopped: what has a record is not asked again, what failed is. Ctrl-C keeps everything that was answered. A request that failed is never a wrong answer; the exit code is 1 until every question has been answered.',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals }, io): Promise<ExitCode> {
    if (positionals.length > 0) throw new UsageError('expected options only');
    const benchmark = benchmarkNamed(given.benchmark);
    try {
      const card = await evaluate(benchmark, given, io);
      io.out(given.json ? `${JSON.stringify(card)}\n` : cardMarkdown(card));
      return card.complete ? 0 : 1;
    } catch (error) {
      if (error instanceof EvalError) throw new UsageError(error.message);
      throw error;
    }
  },
};

async function evaluate(benchmark: Benchmark, given: EvalOptions, io: Io): Promise<EvalCard> {
  const folder = resolve(
    io.cwd,
    given.out ?? join('evals', `${benchmark.name}-${slug(given.model)}`),
  );
  const template = templateOf(benchmark, given.template);
  const { files, ...all } = await itemsOf(benchmark, { ...given, pictures: true }, io);
  const { faults } = all;
  tellFaults('rows of the data that could not be used', faults, io);
  const items = all.items.slice(0, given.limit);
  await using open = await openResponder(given, io, folder);
  const temperature = given.temperature ?? (given.samples > 1 ? 0.6 : 0);
  const topP = given.topP ?? (temperature > 0 ? 0.95 : 1);
  const decoding = { temperature, topP, maxTokens: given.maxTokens, seed: given.seed };
  const { minPixels, maxPixels } = open.pixels;
  const { endpoint } = given;
  const identity: RunIdentity = {
    benchmark: benchmark.name,
    data: all.hash,
    template: template.name,
    promptHash: turnsHash(all.items, template),
    model: given.model,
    weights: open.weights,
    decoding: { ...decoding, minPixels, maxPixels, endpoint: endpoint !== undefined },
    samples: given.samples,
  };
  using store = RecordStore.open(folder, identity);
  const setting = { benchmark, items, template, given, io, files, store, open, decoding };
  const outcome = await asked(setting);
  const card = cardOf(setting, { identity, outcome, unusableRows: faults.length });
  writeCard(folder, card);
  const { answered, questions, failed } = card.counts;
  if (outcome.stopped !== undefined) io.err(`stopped: ${outcome.stopped}\n`);
  io.err(`${folder}: ${answered} of ${questions} answered, ${failed} failed\n`);
  return card;
}

interface Ended {
  readonly identity: RunIdentity;
  readonly outcome: EvalOutcome;
  readonly unusableRows: number;
}

function cardOf(
  { benchmark, items, template, given, files, store, open }: Asking,
  { identity, outcome, unusableRows }: Ended,
): EvalCard {
  const ids = new Set(items.map(({ id }) => id));
  const { version, commit } = versionOf();
  const { minPixels: min, maxPixels: max } = open.pixels;
  const { endpoint, samples } = given;
  return makeCard({
    benchmark,
    records: store.records.filter(({ id }) => ids.has(id)),
    failures: outcome.failures,
    questions: items.length * samples,
    facts: {
      identity,
      tool: `vl-rethinker ${version}${commit === null ? '' : ` ${commit}`}`,
      source: sourceOf(benchmark, given, files),
      trigger: template.trigger ?? null,
      responder: open.responder.about,
      // A server resizes as it likes.
      pixels: endpoint === undefined ? { min, max } : { min: null, max: null },
      unusableRows,
      stopped: outcome.stopped ?? null,
    },
  });
}

/** A prompt of the benchmark, or a template of ours behind its question. */
export function templateOf(benchmark: Benchmark, name: string | undefined): Template {
  const [first = 'default'] = benchmark.prompts;
  const own = name ?? first;
  if (benchmark.prompts.includes(own)) return { name: own, trigger: undefined };
  try {
    return { name: own, trigger: templateText(own) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const own = benchmark.prompts.length === 0 ? 'none of its own' : benchmark.prompts.join(', ');
    throw new UsageError(`--template: ${reason}; ${benchmark.name} has ${own}`);
  }
}

interface Asking {
  readonly benchmark: Benchmark;
  readonly items: readonly EvalItem[];
  readonly template: Template;
  readonly given: EvalOptions;
  readonly io: Io;
  readonly files: DatasetFiles;
  readonly store: RecordStore;
  readonly open: OpenResponder;
  readonly decoding: Decoding;
}

async function asked(asking: Asking): Promise<EvalOutcome> {
  const { benchmark, items, template, given, io, files, store, open, decoding } = asking;
  const ids = new Set(items.map(({ id }) => id));
  const before = store.records.filter(({ id }) => ids.has(id));
  let done = before.length;
  let correct = before.filter(({ scores }) => scores.official.status === 'correct').length;
  let failed = 0;
  const total = items.length * given.samples;
  using progress = new Progress(io, { label: benchmark.name, total, unit: 'items' });
  const show = (): void => {
    const score = done === 0 ? '–' : ((100 * correct) / done).toFixed(1);
    progress.update(done, `${score} % correct${failed > 0 ? `, ${failed} failed` : ''}`);
  };
  show();
  return await runEval({
    benchmark,
    items,
    template,
    responder: open.responder,
    decoding,
    samples: given.samples,
    files,
    store,
    signal: io.signal,
    onRecord: ({ scores }) => {
      done += 1;
      if (scores.official.status === 'correct') correct += 1;
      show();
    },
    onFailure: ({ id, message }) => {
      failed += 1;
      if (failed <= 20) progress.note(`${id}: ${message}`);
      show();
    },
  });
}

function sourceOf(
  benchmark: Benchmark,
  given: EvalOptions,
  { root }: DatasetFiles,
): EvalCard['source'] {
  const commit = /\/snapshots\/([0-9a-f]{40})(?:\/|$)/.exec(root)?.[1] ?? null;
  return { name: given.data ?? benchmark.hub, commit };
}

/** A name as a folder may have it. */
export function slug(name: string): string {
  return name.replaceAll(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'model';
}
