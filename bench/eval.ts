import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { puzzle } from '#data';
import { itemOfProblem, localResponder, problems, RecordStore, runEval, turnsHash } from '#eval';
import type { EvalItem } from '#eval';
import { loadModel } from '#model';
import { createProcessor } from '#model/processor';
import type { Patches } from '#model/processor';
import type { Policy } from '#policy';
import { createLocalPolicy } from '#policy/local';
import { Sampler } from '#sampler';
import type { SampleRequest } from '#sampler';
import type { Bench, BenchContext } from './bench.ts';
import { writeRandomCheckpoint } from './model-batch.ts';

const base = fileURLToPath(new URL('../assets/tiny-base', import.meta.url));

/** As the local policy sets its sampler. */
const maxTokens = 64;
const limits = { maxRows: 256, prefillTokens: 8192, cacheBytes: 2 ** 30 };

interface Setting {
  readonly name: string;
  readonly items: number;
  /** Width of a model of random weights; else the tiny base. */
  readonly hidden?: number;
  /** Whether the bar applies. */
  readonly held?: boolean;
}

/**
 * More problems than rows, each with a picture of its own. Random weights never end a response, so that
 * the first has the sizes of `bench sample`. The smaller ones are for comparison: a picture and its
 * prompt take two to three milliseconds of a processor to read, cut and judge, whatever the model, which
 * no queue hides where the sampler itself needs four to six; the tiny base answers in thirteen tokens.
 */
const settings = [
  { name: '4M', items: 512, hidden: 256, held: true },
  { name: '1.5M', items: 512, hidden: 128 },
  { name: 'tiny-base', items: 1024 },
] as const satisfies readonly Setting[];

/** Random weights of some width behind the tokenizer of the tiny base. */
function writeRandom(folder: string, hidden: number): string {
  const config = JSON.parse(readFileSync(join(base, 'config.json'), 'utf8'));
  const width = {
    hidden_size: hidden,
    intermediate_size: 3 * hidden,
    num_attention_heads: hidden / 32,
  };
  mkdirSync(folder);
  for (const name of readdirSync(base))
    if (!/^(config\.json|.*\.safetensors|.*\.md)$/.test(name))
      copyFileSync(join(base, name), join(folder, name));
  writeRandomCheckpoint(folder, {
    ...config,
    text_config: { ...config.text_config, ...width },
    vision_config: { ...config.vision_config, out_hidden_size: hidden },
  });
  return folder;
}

/** Puzzles of one round as a folder holds them: the picture is a file. */
function writeItems(folder: string, round: number, count: number): readonly EvalItem[] {
  const images = join(folder, String(round));
  mkdirSync(images);
  return Array.from({ length: count }, (_, index) => {
    const { problem } = puzzle(`bench eval ${round}`, 'test', index);
    const [image] = problem.images;
    if (typeof image?.source !== 'object') throw new Error('expected the bytes of a picture');
    const source = join(images, `${index}.png`);
    writeFileSync(source, image.source);
    return itemOfProblem({ ...problem, images: [{ ...image, source }] });
  });
}

interface Evaluation {
  readonly folder: string;
  readonly items: readonly EvalItem[];
  readonly policy: Pick<Policy, 'processor' | 'limits' | 'sample'>;
  readonly signal: AbortSignal;
}

/** What `passrate` does once its data are read: the seconds until the last record is written. */
async function evaluate({ folder, items, policy, signal }: Evaluation) {
  const template = { name: 'notrigger', trigger: '' };
  const decoding = { temperature: 0, topP: 1, maxTokens, seed: 0 };
  using store = RecordStore.open(folder, {
    benchmark: problems.name,
    data: '',
    template: template.name,
    promptHash: turnsHash(items, template),
    model: '',
    weights: null,
    decoding,
    samples: 1,
  });
  const start = performance.now();
  const { failures } = await runEval({
    benchmark: problems,
    items,
    template,
    responder: localResponder(policy, {}),
    decoding,
    samples: 1,
    files: { root: folder, archives: [] },
    store,
    signal,
  });
  const seconds = (performance.now() - start) / 1000;
  signal.throwIfAborted();
  const [failure] = failures;
  if (failure !== undefined) throw new Error(`${failure.id}: ${failure.message}`);
  return { seconds, tokens: store.records.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0) };
}

/** The requests that an evaluation of these items makes, and their pictures, cut. */
async function requestsOf(evaluation: Evaluation): Promise<{
  readonly requests: readonly SampleRequest[];
  readonly pictures: ReadonlyMap<string, Patches>;
}> {
  const { processor, limits: own } = evaluation.policy;
  const requests: SampleRequest[] = [];
  const pictures = new Map<string, Patches>();
  const policy = {
    processor,
    limits: own,
    sample: async (request: SampleRequest) => {
      requests.push(request);
      for (const chunk of request.prompt.chunks)
        if (chunk.kind === 'image')
          pictures.set(chunk.image.hash, await processor.patches(chunk.image));
      const none = { tokens: new Int32Array(0), logprobs: new Float32Array(0), weightsVersion: 1 };
      return [{ ...none, stop: 'end' } as const];
    },
  };
  await evaluate({ ...evaluation, folder: join(evaluation.folder, 'asked'), policy });
  return { requests, pictures };
}

/** Milliseconds of all processors that some work takes, and what it returns. */
async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly found: T; readonly ms: number }> {
  const before = process.cpuUsage();
  const found = await work();
  const { user, system } = process.cpuUsage(before);
  return { found, ms: (user + system) / 1000 };
}

/** All requests at once, pictures at hand, as `bench sample` drives the sampler. */
async function sampleAlone(
  sampler: Sampler,
  requests: readonly SampleRequest[],
): Promise<{ readonly seconds: number; readonly tokens: number }> {
  const start = performance.now();
  const all = await Promise.all(requests.map((request) => sampler.sample(request)));
  const seconds = (performance.now() - start) / 1000;
  return { seconds, tokens: all.flat().reduce((sum, { tokens }) => sum + tokens.length, 0) };
}

async function compare(
  context: BenchContext,
  { name, items: count, hidden, held }: Setting,
): Promise<void> {
  const folder = context.folder();
  const checkpoint = hidden === undefined ? base : writeRandom(join(folder, 'checkpoint'), hidden);
  // Each side cuts for itself; what one side has cut must not be at hand for the other.
  await using processor = await createProcessor(checkpoint);
  await using apart = await createProcessor(checkpoint, { cacheBytes: 0 });
  await using policy = await createLocalPolicy(checkpoint, { processor, checkpoints: folder });
  await policy.publish();
  let pictures: ReadonlyMap<string, Patches> = new Map();
  await using sampler = new Sampler({
    dtype: 'f32',
    ...limits,
    patches: async ({ hash }) => {
      const found = pictures.get(hash);
      if (found === undefined) throw new Error('expected a picture that was cut');
      return found;
    },
  });
  await sampler.publish(loadModel(checkpoint, { dtype: 'f32' }), 1, { take: true });
  const rounds = new Map<number, readonly EvalItem[]>();
  const roundOf = (round: number): Omit<Evaluation, 'policy'> => {
    const items = rounds.get(round) ?? writeItems(folder, round, count);
    rounds.set(round, items);
    return { folder: join(folder, `run ${round}`), items, signal: context.signal };
  };
  let [mine, other] = [0, 0];
  const drawn: number[] = [];
  const busy = { ours: 0, theirs: 0 };
  const figures = await context.compare({
    label: `${name}, ${count} items, against the sampler alone`,
    ours: async () => {
      const { found, ms } = await timed(() => evaluate({ ...roundOf(mine++), policy }));
      drawn.push(found.tokens);
      busy.ours += ms;
      return found.seconds;
    },
    theirs: async () => {
      const cut = await requestsOf({
        ...roundOf(other++),
        policy: { processor: apart, limits: policy.limits, sample: async () => [] },
      });
      pictures = cut.pictures;
      const { found, ms } = await timed(() => sampleAlone(sampler, cut.requests));
      drawn.push(found.tokens);
      busy.theirs += ms;
      return found.seconds;
    },
    rounds: 3,
    warmup: 1,
    work: { amount: count, unit: 'items' },
  });
  const [first] = figures;
  if (first?.kind !== 'comparison' || first.ratio === null) throw new Error('expected a ratio');
  const tokens = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
  context.value({ label: 'tokens of a response', value: tokens / count, unit: '' });
  for (const [label, ms] of [
    ['processor time', busy.ours],
    ['of the sampler alone', busy.theirs],
  ] as const)
    context.value({ label, value: ms / mine / count, unit: 'ms/item' });
  context.value({
    label: 'rate ÷ sampler’s',
    value: 1 / first.ratio,
    unit: '',
    ...(held === true ? { least: 0.9 } : {}),
  });
}

export const bench: Bench = {
  name: 'eval',
  summary: 'items answered, judged and recorded, against the sampler alone on the same prompts',
  async run(context) {
    for (const setting of settings) await compare(context, setting);
  },
};
