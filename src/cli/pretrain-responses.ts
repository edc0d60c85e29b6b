import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Dataset, openDataset } from '#data';
import type { Problem } from '#data';
import { createProcessor } from '#model/processor';
import type { Processor } from '#model/processor';
import type { Policy } from '#policy';
import { createLocalPolicy } from '#policy/local';
import { fineTune } from '#pretrain';
import type { FineTuning, WrittenExample } from '#pretrain';
import { createSeed } from '#run';
import { checkpointFolder } from './checkpoint-folder.ts';
import { UsageError } from './command.ts';
import type { ExitCode, Io } from './command.ts';
import { weightsHash } from './compose.ts';
import { readingOptions, sourceOf } from './data-source.ts';
import type { PretrainOptions } from './pretrain.ts';
import { Progress } from './progress.ts';

type Given = PretrainOptions & { readonly model: string; readonly data: string };

/** Seconds between two saves of what has been learnt. */
const saveSeconds = 300;
const stateFile = 'state.json';

/** Teaches a checkpoint to write the responses of a dataset. */
export async function learnResponses(given: Given, io: Io): Promise<ExitCode> {
  const here = resolve(io.cwd, given.model);
  const base = existsSync(here) ? here : await checkpointFolder(given.model, io);
  await using stack = new AsyncDisposableStack();
  const { minPixels, maxPixels } = given;
  const area = {
    ...(minPixels === undefined ? {} : { minPixels }),
    ...(maxPixels === undefined ? {} : { maxPixels }),
  };
  const processor = stack.use(await createProcessor(base, area));
  const problems = await problemsOf(given, io);
  const aside = `${given.out}.progress`;
  const policy = stack.use(
    await createLocalPolicy(base, {
      processor,
      checkpoints: aside,
      dtype: given.dtype,
      device: given.device,
      threads: given.threads,
      trainVision: given.trainVision,
      gradientCheckpointing: given.gradientCheckpointing,
    }),
  );
  const examples = examplesOf(problems, { processor, policy, given, io });
  const tuning = tuningOf(given, examples.length, io.signal);
  const key = keyOf(given, base, problems);
  const saves = new Saves(aside, key, policy);
  const from = await saves.restore();
  if (from > 0) io.err(`going on at step ${from}\n`);
  await follow({ examples, policy, tuning, from, saves }, given, io);
  await saves.finish(given.out);
  io.err(`wrote ${given.out}\n`);
  return 0;
}

async function problemsOf(given: Given, io: Io): Promise<readonly Problem[]> {
  const files = await sourceOf(given.data, given, io);
  using progress = new Progress(io, { label: 'reading problems', unit: 'rows' });
  const all = [...(await openDataset(files, readingOptions(given, io, progress)))];
  const written = all.filter(({ response }) => response !== undefined && response.trim() !== '');
  progress.end();
  if (written.length === 0) {
    throw new UsageError(
      `${given.data}: expected problems with a column response, found ${all.length} problems without one`,
    );
  }
  if (written.length < all.length) {
    io.err(`note: ${all.length - written.length} problems without a response are left out\n`);
  }
  return written;
}

interface Rendering {
  readonly processor: Processor;
  readonly policy: Policy;
  readonly given: Given;
  readonly io: Io;
}

function examplesOf(
  problems: readonly Problem[],
  { processor, policy, given, io }: Rendering,
): readonly WrittenExample[] {
  const examples = problems.map((problem): WrittenExample => {
    const { prompt } = processor.problemPrompt(problem, given.template);
    const ids = [...processor.encode(problem.response ?? ''), processor.ids.end];
    return { prompt, response: Int32Array.from(ids) };
  });
  const { maxTokens } = policy.limits;
  const fitting = examples.filter(
    ({ prompt, response }) => prompt.length + response.length <= maxTokens,
  );
  if (fitting.length === 0) {
    throw new UsageError(
      `expected examples of at most ${maxTokens} tokens, the context of the model, found none among ${examples.length}`,
    );
  }
  if (fitting.length < examples.length) {
    const left = examples.length - fitting.length;
    io.err(`note: ${left} problems are longer than the context of ${maxTokens} and left out\n`);
  }
  return fitting;
}

function tuningOf(given: Given, examples: number, signal: AbortSignal): FineTuning {
  const steps = Math.max(1, Math.round((given.epochs * examples) / given.batch));
  const warmup = Math.ceil(given.warmup * steps);
  return {
    schedule: { steps, rate: given.rate, warmup, floor: 0.1 },
    examples: given.batch,
    microbatchTokens: given.microbatchTokens,
    optim: {
      beta1: 0.9,
      beta2: 0.98,
      epsilon: 1e-8,
      weightDecay: given.weightDecay,
      maxGradNorm: 1,
    },
    seed: createSeed(given.seed).at('fine-tune'),
    signal,
  };
}

/** What makes two calls the same training. */
function keyOf(given: Given, base: string, problems: readonly Problem[]): string {
  const { template, epochs, batch, rate, warmup, weightDecay, trainVision, seed, dtype } = given;
  const { minPixels, maxPixels } = given;
  const settings = { template, epochs, batch, rate, warmup, weightDecay, trainVision, seed, dtype };
  const parts = { ...settings, minPixels, maxPixels, base: weightsHash(base) };
  const text = JSON.stringify([parts, new Dataset(problems).hash]);
  return createHash('sha256').update(text).digest('hex');
}

interface Going {
  readonly examples: readonly WrittenExample[];
  readonly policy: Policy;
  readonly tuning: FineTuning;
  readonly from: number;
  readonly saves: Saves;
}

async function follow(
  { examples, policy, tuning, from, saves }: Going,
  { json }: Given,
  io: Io,
): Promise<void> {
  const total = tuning.schedule.steps;
  using progress = new Progress(io, { label: 'learning', total, unit: 'steps' });
  let next = from;
  let saved = performance.now();
  try {
    for await (const told of fineTune(examples, policy, tuning, from)) {
      next = told.step + 1;
      if (json) io.out(`${JSON.stringify(told)}\n`);
      const { loss, gradNorm } = told;
      progress.update(next, `loss ${loss.toFixed(3)} gradient ${gradNorm.toFixed(2)}`);
      io.signal.throwIfAborted();
      if (performance.now() - saved < saveSeconds * 1000) continue;
      await saves.save(next);
      saved = performance.now();
    }
  } catch (cause) {
    if (!io.signal.aborted) throw cause;
    await saves.save(next);
    progress.end('stopped');
    io.err(`stopped after ${next} of ${total} steps; the same command goes on from there\n`);
    throw cause;
  }
}

/** Half-learnt weights and moments, so that an interrupted training goes on exactly. */
class Saves {
  readonly #folder: string;
  readonly #key: string;
  readonly #policy: Policy;

  constructor(folder: string, key: string, policy: Policy) {
    this.#folder = folder;
    this.#key = key;
    this.#policy = policy;
  }

  /** Loads the last save of the same training; returns the step that comes next. */
  async restore(): Promise<number> {
    const path = join(this.#folder, stateFile);
    if (!existsSync(path)) return 0;
    const state = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly key: string;
      readonly step: number;
      readonly address: string;
    };
    if (state.key !== this.#key) {
      throw new UsageError(
        `${this.#folder} holds another training (other data, model or settings); ` +
          'delete it, or choose another --out',
      );
    }
    await this.#policy.load(state.address);
    return state.step;
  }

  async save(step: number): Promise<void> {
    const address = await this.#policy.save(`step-${step}`);
    const path = join(this.#folder, stateFile);
    const before = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as { readonly address: string }).address
      : undefined;
    writeFileSync(`${path}.next`, JSON.stringify({ key: this.#key, step, address }));
    renameSync(`${path}.next`, path);
    if (before !== undefined && before !== address) rmSync(before, { recursive: true });
  }

  /** The checkpoint without the optimizer's state, under its final name. */
  async finish(out: string): Promise<void> {
    const address = await this.#policy.save('finished');
    const aside = `${out}.next`;
    rmSync(aside, { recursive: true, force: true });
    mkdirSync(aside, { recursive: true });
    cpSync(address, aside, {
      recursive: true,
      filter: (path) => !/(?:optimizer\.safetensors|trainer\.json)$/u.test(path),
    });
    rmSync(out, { recursive: true, force: true });
    renameSync(aside, out);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
