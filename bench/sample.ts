import { join } from 'node:path';
import { loadModel } from '#model';
import type { Patches } from '#model/processor';
import { createSeed } from '#run';
import { Sampler } from '#sampler';
import { type DType, engineConfig } from '#tensor';
import type { Bench, BenchContext, Figure, PythonBaseline } from './bench.ts';
import { configOf, writeRandomCheckpoint } from './model-batch.ts';
import { PythonProcess } from './python-baseline.ts';

/** About four and forty million parameters. */
const models = {
  '4M': configOf({
    vocab: 2048,
    text: {
      hidden_size: 256,
      intermediate_size: 768,
      num_hidden_layers: 4,
      num_attention_heads: 4,
      num_key_value_heads: 2,
    },
    vision: {
      depth: 4,
      hidden_size: 128,
      intermediate_size: 256,
      num_heads: 4,
      fullatt_block_indexes: [3],
    },
  }),
  '40M': configOf({
    vocab: 8192,
    text: {
      hidden_size: 640,
      intermediate_size: 1792,
      num_hidden_layers: 8,
      num_attention_heads: 10,
      num_key_value_heads: 2,
    },
    vision: {
      depth: 4,
      hidden_size: 256,
      intermediate_size: 512,
      num_heads: 4,
      fullatt_block_indexes: [3],
    },
  }),
};

const work = { problems: 16, group: 8, text: 60, side: 112, new: 64 };
const picture = (work.side / 28) ** 2;
const drawn = { amount: work.problems * work.group * work.new, unit: 'tok' };

/** Four times as many requests as rows: those that end early make room for others. */
const crowd = { requests: 256, rows: 64, shortest: 16, longest: 256 };

interface Setting {
  readonly name: keyof typeof models;
  readonly dtype: DType;
  readonly checkpoint: string;
  readonly python: PythonBaseline | undefined;
}

/** Median seconds of the work, ours and the baselines' best; undefined where there is no baseline. */
interface Medians {
  readonly ours: number;
  readonly generate: number | undefined;
  readonly vllm: number | undefined;
}

const params = {
  bannedIds: [],
  repetitionPenalty: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  stopIds: [],
  stopStrings: [],
  minTokens: 0,
  maxTokens: work.new,
};

/** All completions of one round, with prompts and pictures of its own. */
async function oneRound(sampler: Sampler, round: number, known: Map<string, Patches>) {
  const random = createSeed('bench sample').at(round).stream();
  const side = work.side / 14;
  const grid = { t: 1, h: side, w: side };
  known.clear();
  const prompts = Array.from({ length: work.problems }, (_, index) => {
    const hash = `${round}.${index}`;
    const pixels = Float32Array.from({ length: side * side * 1176 }, () => 2 * random.float() - 1);
    known.set(hash, { hash, grid, pixels });
    const ids = Int32Array.from({ length: work.text }, () => random.int(2000));
    const image = { hash, source: '', width: work.side, height: work.side };
    return {
      length: picture + work.text,
      chunks: [
        { kind: 'image', image, grid, length: picture } as const,
        { kind: 'tokens', ids } as const,
      ],
    };
  });
  const start = performance.now();
  const all = await Promise.all(
    prompts.map((prompt, seed) => sampler.sample({ prompt, count: work.group, seed, params })),
  );
  const seconds = (performance.now() - start) / 1000;
  const tokens = all.flat().reduce((sum, completion) => sum + completion.tokens.length, 0);
  if (tokens !== drawn.amount) throw new Error(`found ${tokens} tokens`);
  return seconds;
}

/** The batch size at which transformers is fastest. */
async function bestBatch(python: PythonBaseline): Promise<number> {
  let [best, least] = [0, Infinity];
  for (const batch of [16, 64, 128]) {
    const seconds = Number(await python.call('generate', { batch }));
    if (seconds < least) [best, least] = [batch, seconds];
  }
  return best;
}

function samplerFor(dtype: DType, known: ReadonlyMap<string, Patches>, maxRows: number): Sampler {
  return new Sampler({
    dtype,
    patches: async ({ hash }) => {
      const found = known.get(hash);
      if (found === undefined) throw new Error(`an unknown picture ${hash}`);
      return found;
    },
    maxRows,
    prefillTokens: 1 << 14,
    cacheBytes: 8e9,
  });
}

async function compareSetting(
  context: BenchContext,
  { name, dtype, checkpoint, python }: Setting,
): Promise<Medians> {
  const { threads } = engineConfig();
  const known = new Map<string, Patches>();
  await using sampler = samplerFor(dtype, known, work.problems * work.group);
  await sampler.publish(loadModel(checkpoint, { dtype }), 1, { take: true });
  await python?.call('prepare', { checkpoint, dtype, threads, ...work });
  const batch = python === undefined ? 0 : await bestBatch(python);
  if (python !== undefined) context.note(`${name} ${dtype}: generate is fastest at batch ${batch}`);
  let round = 0;
  const ours = (): Promise<number> => oneRound(sampler, round++, known);
  const figures = await context.compare({
    label: `${name} ${dtype}, generate`,
    ours,
    theirs: python?.timer('generate', { batch }),
    bar: name === '4M' ? 1 / 4 : 1 / 3,
    rounds: name === '4M' ? 5 : 3,
    warmup: 1,
    work: drawn,
  });
  const found = medians(figures);
  const vllm = name === '4M' ? await compareVllm(context, { dtype, checkpoint, ours }) : undefined;
  return {
    ours: Math.min(found.ours, vllm?.ours ?? Infinity),
    generate: found.theirs,
    vllm: vllm?.theirs,
  };
}

function medians([figure]: readonly Figure[]): { readonly ours: number; readonly theirs?: number } {
  if (figure?.kind !== 'comparison') throw new Error('expected a comparison');
  const { ours, theirs } = figure;
  return { ours: ours.median, ...(theirs !== null && { theirs: theirs.median }) };
}

/** vLLM in an environment of its own, one process for each way of running it; the better one counts. */
async function compareVllm(
  context: BenchContext,
  {
    dtype,
    checkpoint,
    ours,
  }: Pick<Setting, 'dtype' | 'checkpoint'> & { readonly ours: () => Promise<number> },
): Promise<{ readonly ours: number; readonly theirs?: number } | undefined> {
  const program = process.env['VL_VLLM_PYTHON'];
  if (program === undefined) {
    context.note('no vLLM: set VL_VLLM_PYTHON to a Python that has it');
    return undefined;
  }
  const { threads } = engineConfig();
  const { problems, group } = work;
  const size = { problems, group, length: picture + work.text, new: work.new };
  let best: { readonly ours: number; readonly theirs?: number } | undefined;
  for (const eager of [true, false]) {
    const label = `4M ${dtype}, vLLM ${eager ? 'eager' : 'compiled'}`;
    try {
      using vllm = await PythonProcess.start(program, 'sample_vllm.py');
      await vllm.call('prepare', { checkpoint, dtype, threads, eager, ...size });
      const theirs = vllm.timer('generate');
      const figures = await context.compare({
        label,
        ours,
        theirs,
        rounds: 5,
        warmup: 1,
        work: drawn,
      });
      const found = medians(figures);
      if (found.theirs !== undefined && found.theirs < (best?.theirs ?? Infinity)) best = found;
    } catch (error) {
      context.signal.throwIfAborted();
      const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
      context.note(`${label} does not run: ${reason}`);
    }
  }
  if (best?.theirs !== undefined) {
    const value = best.theirs / best.ours;
    context.value({ label: `4M ${dtype}, rate ÷ vLLM’s`, value, unit: '', least: 2.5 });
  }
  return best;
}

/** The better type of each side, whichever it is. */
function compareBest(context: BenchContext, all: readonly Medians[]): void {
  const ours = Math.min(...all.map((each) => each.ours));
  const best = (of: (each: Medians) => number | undefined): number =>
    Math.min(...all.map((each) => of(each) ?? Infinity));
  const [generate, vllm] = [best((each) => each.generate), best((each) => each.vllm)];
  const report = (label: string, theirs: number, least: number): void => {
    if (Number.isFinite(theirs)) context.value({ label, value: theirs / ours, unit: '', least });
  };
  report('4M best type, rate ÷ generate’s', generate, 5);
  report('4M best type, rate ÷ vLLM’s', vllm, 2.5);
}

/** Lengths from 16 to 256, all alike or evenly spread and shuffled; as many tokens either way. */
function lengthsOf(mixed: boolean): readonly number[] {
  const { requests, shortest, longest } = crowd;
  const mean = (shortest + longest) / 2;
  if (!mixed) return Array.from({ length: requests }, () => mean);
  const step = (longest - shortest) / (requests - 1);
  const random = createSeed('bench sample').at('lengths').stream();
  return Array.from({ length: requests }, (_, index) => ({
    length: Math.round(shortest + index * step),
    order: random.float(),
  }))
    .sort((a, b) => a.order - b.order)
    .map(({ length }) => length);
}

async function drawLengths(sampler: Sampler, round: number, mixed: boolean): Promise<number> {
  const random = createSeed('bench sample').at('crowd', round).stream();
  const { group } = work;
  const prompts = Array.from({ length: crowd.requests / group }, (_, index) => {
    const ids = Int32Array.from({ length: picture + work.text }, () => random.int(2000));
    return { length: ids.length, chunks: [{ kind: 'tokens', ids } as const], index };
  });
  const lengths = lengthsOf(mixed);
  const start = performance.now();
  await Promise.all(
    prompts.flatMap(({ index, ...prompt }) =>
      lengths.slice(index * group, (index + 1) * group).map((maxTokens, row) =>
        sampler.sample({
          prompt,
          count: 1,
          seed: index * group + row,
          params: { ...params, maxTokens },
        }),
      ),
    ),
  );
  return (performance.now() - start) / 1000;
}

/** The bar is on rates: mixed ÷ equal ≥ 0.8, so that mixed lengths take at most 1.25 times as long. */
async function compareLengths(context: BenchContext, checkpoint: string): Promise<void> {
  await using sampler = samplerFor('f32', new Map(), crowd.rows);
  await sampler.publish(loadModel(checkpoint, { dtype: 'f32' }), 1, { take: true });
  let round = 0;
  await context.compare({
    label: '4M f32, 16 to 256 tokens, against equal lengths',
    ours: () => drawLengths(sampler, round++, true),
    theirs: () => drawLengths(sampler, round++, false),
    bar: 1 / 0.8,
    rounds: 3,
    warmup: 1,
    work: { amount: (crowd.requests * (crowd.shortest + crowd.longest)) / 2, unit: 'tok' },
  });
}

/** A prompt is computed once for its group, so that eight first tokens cost little more than one. */
async function compareGroup(context: BenchContext, checkpoint: string): Promise<void> {
  await using sampler = samplerFor('f32', new Map(), work.group);
  await sampler.publish(loadModel(checkpoint, { dtype: 'f32' }), 1, { take: true });
  const random = createSeed('bench sample').at('group').stream();
  const first = async (count: number): Promise<number> => {
    const ids = Int32Array.from({ length: 600 }, () => random.int(2000));
    const prompt = { length: ids.length, chunks: [{ kind: 'tokens', ids } as const] };
    const start = performance.now();
    await sampler.sample({ prompt, count, seed: 0, params: { ...params, maxTokens: 1 } });
    return (performance.now() - start) / 1000;
  };
  await context.compare({
    label: '4M f32, a group of 8 against one, 600-token prompt, 1 token',
    ours: () => first(work.group),
    theirs: () => first(1),
    bar: 1.5,
  });
}

export const bench: Bench = {
  name: 'sample',
  summary: '16 problems with pictures × 8 answers × 64 tokens, against generate and vLLM',
  async run(context) {
    const folder = context.folder();
    const python = await context.python('sample.py', { modules: ['torch', 'transformers'] });
    for (const name of ['4M', '40M'] as const) {
      const checkpoint = join(folder, name);
      const parameters = writeRandomCheckpoint(checkpoint, models[name]);
      context.note(`${name}: ${(parameters / 1e6).toFixed(1)} M parameters`);
      const found: Medians[] = [];
      for (const dtype of ['f32', 'bf16'] as const) {
        found.push(await compareSetting(context, { name, dtype, checkpoint, python }));
      }
      if (name === '40M') continue;
      compareBest(context, found);
      await compareGroup(context, checkpoint);
      await compareLengths(context, checkpoint);
    }
  },
};
