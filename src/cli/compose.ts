import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { Problem } from '#data';
import type { Processor } from '#model/processor';
import { createProcessor } from '#model/processor';
import type { Policy } from '#policy';
import { createLocalPolicy } from '#policy/local';
import type { CheckAnswer, RunConfig, TrainSetup } from '#rl';
import { checkLimits, verifyPolicy } from '#rl';
import { createSeed } from '#run';
import { verify } from '#verify';
import { checkpointFolder } from './checkpoint-folder.ts';
import type { Io } from './command.ts';
import { UsageError } from './command.ts';
import type { RunData } from './compose-data.ts';
import { openRunData } from './compose-data.ts';
import { projectRoot } from './version.ts';

/** What a run is made of besides its configuration. */
export interface Place {
  readonly io: Io;
  /** Folder of the run. */
  readonly run: string;
  /** Compute threads; 0 = one per core. */
  readonly threads: number;
  readonly device: string;
}

type Prompt = ReturnType<TrainSetup['prompt']>;

/** The live objects of a run, in one place. Disposing frees them in the reverse order. */
export interface LiveRun extends AsyncDisposable {
  readonly processor: Processor;
  readonly data: RunData;
  readonly verify: CheckAnswer;
  /** A problem as the model reads it, under a template. */
  readonly prompt: (problem: Problem, template: string) => Prompt;
  /** Folder of the start checkpoint. */
  readonly start: string;
  /** Loads the start checkpoint into a policy of its own; whoever opens it disposes it. */
  readonly openPolicy: () => Promise<Policy>;
  /** What training needs, around a policy. */
  readonly setup: (
    policy: Policy,
    more: Pick<TrainSetup, 'signal' | 'progress' | 'reference'>,
  ) => TrainSetup;
}

/** Opens everything that a run needs except its policy: the one place that knows how. */
export async function compose(config: RunConfig, place: Place): Promise<LiveRun> {
  const start = await startFolder(config.policy.start, place.io);
  await using stack = new AsyncDisposableStack();
  const { minPixels, maxPixels } = config.vision;
  const processor = stack.use(await createProcessor(start, { minPixels, maxPixels }));
  const data = await openRunData(config, { io: place.io, run: place.run, processor });
  const policy = verifyPolicy(config.reward);
  const check: CheckAnswer = (input) => verify(input, { policy });
  const prompt = promptsOf(processor);
  const owned = stack.move();
  return {
    processor,
    data,
    verify: check,
    prompt,
    start,
    openPolicy: () => openPolicy(config, { ...place, start, processor, data }),
    setup: (trained, more) => ({
      policy: trained,
      problems: data.training,
      prompt: (problem) => prompt(problem, config.prompt.template),
      verify: check,
      seed: createSeed(config.seed),
      clock: () => performance.now() / 1000,
      ...more,
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Renders every problem once per template: a prompt is asked for at every rollout and replay. */
function promptsOf(processor: Processor): LiveRun['prompt'] {
  const known = new WeakMap<Problem, Map<string, Prompt>>();
  return (problem, template) => {
    const own = known.get(problem) ?? new Map<string, Prompt>();
    known.set(problem, own);
    const found = own.get(template) ?? processor.problemPrompt(problem, template).prompt;
    own.set(template, found);
    return found;
  };
}

interface PolicyPlace extends Place {
  readonly start: string;
  readonly processor: Processor;
  readonly data: RunData;
}

/** @throws UsageError where the model cannot do what the configuration asks for. */
async function openPolicy(config: RunConfig, place: PolicyPlace): Promise<Policy> {
  const { start, processor, run, threads, device, io, data } = place;
  const dtype = config.policy.compute;
  const policy = await createLocalPolicy(start, {
    processor,
    checkpoints: join(run, 'checkpoints'),
    dtype,
    samplerDtype: dtype,
    device,
    threads,
    trainVision: config.vision.train,
    gradientCheckpointing: config.policy.gradientCheckpointing,
    cacheBytes: config.policy.cacheGigabytes * 1e9,
    tokensAtOnce: config.train.microbatchTokens,
  });
  const images = [...data.training].some((problem) => problem.images.length > 0);
  const { refusals, notes } = checkLimits(config, policy.limits, images);
  for (const { message } of notes) io.err(`note: ${message}\n`);
  if (refusals.length === 0) return policy;
  await policy[Symbol.asyncDispose]();
  throw new UsageError(refusals.map(({ message }) => message).join('\n'));
}

/** The folder of the start checkpoint: as named, inside this project, or fetched from the hub. */
async function startFolder(name: string, io: Io): Promise<string> {
  const here = [resolve(io.cwd, name), join(projectRoot, name)].find((path) => existsSync(path));
  if (here !== undefined) return here;
  if (/^(?:assets|runs|checkpoints)\//u.test(name) || /^[./~]/u.test(name)) {
    const run = /^(runs\/([\w-]+))\//u.exec(name);
    const how =
      run === null
        ? 'name another with --start'
        : `train it first with \`vl-rethinker train --preset ${run[2]}\`, or name another with --start`;
    throw new UsageError(`expected a checkpoint at ${name}, found none; ${how}`);
  }
  return checkpointFolder(name, io);
}

const wholeBelow = 2 ** 28;
const edge = 2 ** 20;

/**
 * Names the weights in a checkpoint folder: SHA-256 over its safetensors files, in full below 256 MiB,
 * else over size, head and tail of each, which differ for weights that differ in practice.
 */
export function weightsHash(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder).filter(
    (name) => name.endsWith('.safetensors') && name.startsWith('model'),
  );
  for (const name of files.sort()) {
    const path = join(folder, name);
    const { size } = statSync(path);
    hash.update(`${name} ${size}\n`);
    if (size <= wholeBelow) hash.update(readFileSync(path));
    else for (const at of [0, size - edge]) hash.update(stretch(path, at));
  }
  return hash.digest('hex').slice(0, 16);
}

function stretch(path: string, at: number): Uint8Array {
  const bytes = new Uint8Array(edge);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, edge, at);
    return bytes;
  } finally {
    closeSync(file);
  }
}
