import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Finding, Problem, SubsetSpec } from '#data';
import { chooseSubset, Dataset, openDataset, pictureStore, puzzle } from '#data';
import type { Processor } from '#model/processor';
import type { RunConfig } from '#rl';
import { splitValidation } from '#rl';
import type { Metrics } from '#run';
import { createSeed } from '#run';
import { UsageError } from './command.ts';
import type { Io } from './command.ts';
import { answerFault } from './data-source.ts';
import { Progress } from './progress.ts';

/** The problems of a run. */
export interface RunData {
  readonly training: Dataset;
  readonly validation: readonly Problem[];
  /** SHA-256 over both, in order. */
  readonly hash: string;
  /** `data/dropped/<code>`: problems left out, by reason. */
  readonly dropped: Metrics;
  /** Things to say about how the problems were chosen. */
  readonly notes: readonly string[];
}

/** What opening the problems needs. */
export interface DataPlace {
  readonly io: Io;
  /** Folder of the run: drawn pictures are kept there. */
  readonly run: string;
  readonly processor: Processor;
}

/** @throws DatasetError, HubError: expected, found, what to do. */
export async function openRunData(config: RunConfig, place: DataPlace): Promise<RunData> {
  return config.data.dataset === 'puzzles'
    ? drawnPuzzles(config, place)
    : readProblems(config, place);
}

/** How many puzzles an epoch is made of: as many as the run can ask for. */
export function puzzleCount({ rollout, train }: RunConfig): number {
  const iterations = train.maxIterations > 0 ? Math.ceil(train.maxIterations / train.epochs) : 16;
  return rollout.problemsPerSync * iterations;
}

/** Puzzles drawn by code; validation is the same for every seed of a run. */
async function drawnPuzzles(config: RunConfig, { io, run }: DataPlace): Promise<RunData> {
  const store = pictureStore(join(run, 'pictures'));
  const draw = async (split: 'train' | 'validation', seed: number, count: number) => {
    const problems: Problem[] = [];
    for (let index = 0; index < count; index++) {
      io.signal.throwIfAborted();
      problems.push(await kept(puzzle(seed, split, index).problem, store));
    }
    return problems;
  };
  const training = new Dataset(await draw('train', config.seed, puzzleCount(config)));
  const validation = await draw('validation', 0, config.validation.problems);
  return { training, validation, hash: hashOf(training, validation), dropped: {}, notes: [] };
}

/** A drawn problem with its picture in a file, so that others can look at it. */
async function kept(
  problem: Problem,
  store: (bytes: Uint8Array, hash: string) => Promise<string>,
): Promise<Problem> {
  const images = await Promise.all(
    problem.images.map(async (image) =>
      typeof image.source === 'string'
        ? image
        : { ...image, source: await store(image.source, image.hash) },
    ),
  );
  return { ...problem, images };
}

async function readProblems(config: RunConfig, place: DataPlace): Promise<RunData> {
  const all = await openAll(config, place);
  const dropped = countDrops(all.findings);
  const usable = [...all].filter(({ images }) => images.length <= config.vision.maxImages);
  if (usable.length < all.length) {
    const code = 'data/dropped/too_many_images';
    dropped[code] = (dropped[code] ?? 0) + all.length - usable.length;
  }
  if (usable.length === 0) {
    throw new UsageError(
      `none of the ${all.length} problems has at most vision.maxImages = ${config.vision.maxImages} pictures`,
    );
  }
  // Not the run's own seed: runs that are compared are validated on the same problems.
  const split = splitValidation(usable, config.validation.problems, createSeed('validation'));
  const at = (places: readonly number[]) => places.flatMap((index) => usable[index] ?? []);
  if (split.training.length === 0) {
    throw new UsageError(
      `validation.problems holds out all ${usable.length} problems, so none is left to train on; ` +
        'set it lower, or to 0',
    );
  }
  const { problems, notes } = subsetOf(at(split.training), config);
  if (problems.length === 0) {
    const of = split.training.length;
    throw new UsageError(`data.subset ${config.data.subset} keeps none of ${of} problems`);
  }
  const training = new Dataset(problems);
  const validation = at(split.validation);
  if (split.removed.length > 0) {
    notes.push(`${split.removed.length} problems share a picture with the validation: left out`);
  }
  return { training, validation, hash: hashOf(training, validation), dropped, notes };
}

async function openAll(config: RunConfig, place: DataPlace): Promise<Dataset> {
  const { io, processor } = place;
  using progress = new Progress(io, { label: 'reading problems', unit: 'rows' });
  return await openDataset(sourceName(config.data.dataset, io.cwd), {
    checkAnswer: answerFault,
    promptTokens: (problem) =>
      processor.problemPrompt(problem, config.prompt.template).prompt.length,
    maxPromptTokens: config.rollout.maxPromptTokens,
    onProgress: (rows) => progress.update(rows),
    signal: io.signal,
    hub: { signal: io.signal },
  });
}

/** A path that exists, a name of ours, or a hub id. */
function sourceName(name: string, cwd: string): string {
  const path = resolve(cwd, name);
  if (existsSync(path)) return path;
  return name === 'virl39k' ? 'TIGER-Lab/ViRL39K' : name;
}

function countDrops(findings: readonly Finding[]): Record<string, number> {
  const drops: Record<string, number> = {};
  for (const { code, action } of findings) {
    if (action !== 'drop') continue;
    const name = `data/dropped/${code}`;
    drops[name] = (drops[name] ?? 0) + 1;
  }
  return drops;
}

/** Subsets of algorithm.md 6.7; the two without text are cuts of the 7B one. */
function subsetOf(
  problems: readonly Problem[],
  { data }: RunConfig,
): { readonly problems: readonly Problem[]; readonly notes: string[] } {
  if (data.subset === 'all') return { problems, notes: [] };
  const rate = data.subset === '32b-20k' ? '32B' : data.subset === '72b-20k' ? '72B' : '7B';
  if (data.fill === 'none' && !problems.some(({ passRates }) => passRates?.[rate] !== undefined)) {
    throw new UsageError(
      `data.subset ${data.subset} goes by the pass rate of ${rate}, which none of ${problems.length} problems has: ` +
        'measure it with `vl-rethinker passrate`, or take all with --set data.subset=all',
    );
  }
  const spec: SubsetSpec = {
    seed: 0,
    rules: [`passrate:${rate} > 0`, ...(data.excludeAlwaysCorrect ? [`passrate:${rate} < 1`] : [])],
    categories: [],
    excludedCategories: [],
    withPictures: false,
    count: rate === '7B' ? 16_000 : 20_000,
    fillUnmeasured: data.fill === 'unmeasured',
    validation: 0,
  };
  const { train, manifest } = chooseSubset(problems, spec);
  const notes =
    manifest.shortfall > 0
      ? [`${data.subset} falls short of ${spec.count} problems by ${manifest.shortfall}`]
      : [];
  const withText = data.subset !== '13k-no-text' && data.subset !== '11k-no-science-text';
  const science = data.subset === '11k-no-science-text' ? data.scienceLabels : [];
  const chosen = train.filter(
    ({ images, category }) => (withText || images.length > 0) && !science.includes(category),
  );
  return { problems: chosen, notes };
}

function hashOf(training: Dataset, validation: readonly Problem[]): string {
  return new Dataset([...training, ...validation]).hash;
}
