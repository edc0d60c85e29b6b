import { loadModel, type ModelConfig } from '#model';
import type { Patches, Prompt, PromptChunk } from '#model/processor';
import { createSeed, type Random } from '#run';
import { type SampleRequest, Sampler, type SamplerFigures } from '#sampler';
import { engineConfig, noGrad, ops, setThreads, type Tensor, TensorScope } from '#tensor';
import { checkpointFolder } from './checkpoint-folder.ts';
import type { BenchSampleOptions } from './bench-sample.ts';
import type { Io } from './command.ts';
import { compact, Progress } from './progress.ts';
import { table } from './table.ts';

type Options = Omit<BenchSampleOptions, 'json'>;

/** What one round took. */
interface Round {
  readonly ms: number;
  readonly tokens: number;
  readonly figures: SamplerFigures;
}

/** The figures of `bench sample`; of the best round where there are several. */
export interface SamplingMeasured extends Pick<
  SamplerFigures,
  'encodeMs' | 'prefillMs' | 'decodeMs' | 'prefillTokens' | 'patches' | 'steps'
> {
  readonly options: Options;
  readonly threads: number;
  readonly tokens: number;
  readonly ms: number;
  readonly tokensPerSecond: number;
  /** Tokens per second of every round, in order. */
  readonly rounds: readonly number[];
  /** Milliseconds that the matrix products of the token steps take alone, and their share of these. */
  readonly productMs: number;
  readonly productShare: number;
  /** Mean of active rows ÷ rows there may be. */
  readonly occupancy: number;
  readonly cacheBytes: number;
}

interface Bench {
  readonly options: Options;
  readonly config: ModelConfig;
  readonly rows: number;
  readonly pictures: Map<string, Patches>;
  readonly sampler: Sampler;
}

/** Undefined when it was stopped. */
export async function measureSampling(
  { json: _json, ...options }: BenchSampleOptions,
  io: Io,
): Promise<SamplingMeasured | undefined> {
  if (options.threads > 0) setThreads(options.threads);
  const folder = await checkpointFolder(options.model, io);
  const model = loadModel(folder, { dtype: options.dtype, device: options.device });
  const { config } = model;
  const rows = options.rows === 0 ? options.problems * options.group : options.rows;
  const pictures = new Map<string, Patches>();
  await using sampler = new Sampler({
    dtype: options.dtype,
    patches: ({ hash }) => pictureOf(hash, pictures),
    maxRows: rows,
    prefillTokens: 1 << 14,
    cacheBytes: 64e9,
  });
  await sampler.publish(model, 1, { take: true });
  const bench = { options, config, rows, pictures, sampler };
  using progress = new Progress(io, { label: 'sampling', total: options.rounds + 1 });
  const measured: Round[] = [];
  let productMs = Infinity;
  for (let round = 0; round <= options.rounds; round++) {
    if (io.signal.aborted) return undefined;
    const found = await oneRound(bench, round);
    if (round > 0) measured.push(found);
    productMs = Math.min(productMs, productsOfStep(bench));
    progress.advance();
  }
  return summary(measured, productMs, bench);
}

async function pictureOf(hash: string, known: ReadonlyMap<string, Patches>): Promise<Patches> {
  const found = known.get(hash);
  if (found === undefined) throw new Error('internal: an unknown picture');
  return found;
}

/** A prompt of random words around a picture of noise; new ones in every round. */
function promptOf({ options, config, pictures }: Bench, name: string, random: Random): Prompt {
  const { imageTokenId, videoTokenId, text, vision } = config;
  const words = Math.min(imageTokenId, videoTokenId, text.vocabSize);
  const ids = Int32Array.from({ length: options.text }, () => random.int(words));
  const chunks: PromptChunk[] = [{ kind: 'tokens', ids }];
  const unit = vision.patchSize * vision.mergeSize;
  const side = Math.round(options.side / unit) * vision.mergeSize;
  if (side === 0) return { chunks, length: ids.length };
  const grid = { t: 1, h: side, w: side };
  const width = vision.channels * vision.temporalPatchSize * vision.patchSize ** 2;
  const pixels = Float32Array.from({ length: side * side * width }, () => 2 * random.float() - 1);
  pictures.set(name, { hash: name, grid, pixels });
  const image = { hash: name, source: '', width: options.side, height: options.side };
  const length = (side / vision.mergeSize) ** 2;
  return {
    chunks: [{ kind: 'image', image, grid, length }, ...chunks],
    length: length + ids.length,
  };
}

function requestsOf(bench: Bench, round: number): readonly SampleRequest[] {
  const { options, config } = bench;
  const random = createSeed('bench sample').at(round).stream();
  const params = {
    bannedIds: [config.imageTokenId],
    repetitionPenalty: 1,
    temperature: 1,
    topK: 0,
    topP: 1,
    minP: 0,
    stopIds: [],
    stopStrings: [],
    minTokens: 0,
    maxTokens: options.new,
  };
  return Array.from({ length: options.problems }, (_, index) => {
    const prompt = promptOf(bench, `${round}.${index}`, random);
    if (!options.mixed) return [{ prompt, count: options.group, seed: index, params }];
    return Array.from({ length: options.group }, (_, row) => {
      const maxTokens = Math.max(1, Math.round(options.new * (0.25 + 3.75 * random.float())));
      return {
        prompt,
        count: 1,
        seed: index * options.group + row,
        params: { ...params, maxTokens },
      };
    });
  }).flat();
}

/** All problems at once. */
async function oneRound(bench: Bench, round: number): Promise<Round> {
  const { sampler, pictures } = bench;
  pictures.clear();
  const requests = requestsOf(bench, round);
  sampler.clearFigures();
  const start = performance.now();
  const all = await Promise.all(requests.map((request) => sampler.sample(request)));
  const ms = performance.now() - start;
  const tokens = all.flat().reduce((sum, completion) => sum + completion.tokens.length, 0);
  return { ms, tokens, figures: sampler.figures };
}

/** Milliseconds of the matrix products of one token step of all rows, without anything in between. */
function productsOfStep({ config, rows, options }: Bench): number {
  using _scope = new TensorScope('products');
  const {
    hiddenSize: D,
    intermediateSize: I,
    heads,
    kvHeads,
    headDim,
    vocabSize,
    layers,
  } = config.text;
  const like = { dtype: options.dtype, device: options.device };
  const all = (heads + 2 * kvHeads) * headDim;
  const shapes = [
    ...Array.from({ length: layers }, () => [
      [D, all],
      [heads * headDim, D],
      [D, 2 * I],
      [I, D],
    ]).flat(),
    [D, vocabSize],
  ] as const;
  const pairs = shapes.map(([n = 1, m = 1]): readonly [Tensor, Tensor] => [
    ops.ones([rows, n], like),
    ops.ones([n, m], like),
  ]);
  let best = Infinity;
  for (let time = 0; time < 5; time++) {
    using _once = new TensorScope('products once');
    const start = performance.now();
    noGrad(() =>
      pairs
        .map(([x, weight]) => x.mm(weight))
        .at(-1)
        ?.narrow(0, 0, 1)
        .toArray(),
    );
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function summary(rounds: readonly Round[], stepMs: number, bench: Bench): SamplingMeasured {
  const best = rounds.reduce((a, b) => (b.tokens / b.ms > a.tokens / a.ms ? b : a));
  const { figures, ms, tokens } = best;
  // A step of fewer rows takes less; in proportion, which favours the products.
  const productMs = (stepMs * figures.rows) / bench.rows;
  const rate = (round: Round): number => (round.tokens / round.ms) * 1000;
  const { encodeMs, prefillMs, decodeMs, prefillTokens, patches, steps } = figures;
  return {
    options: bench.options,
    threads: engineConfig().threads,
    tokens,
    ms,
    tokensPerSecond: rate(best),
    rounds: rounds.map(rate),
    encodeMs,
    prefillMs,
    decodeMs,
    prefillTokens,
    patches,
    steps,
    productMs,
    productShare: productMs / decodeMs,
    occupancy: steps === 0 ? 0 : figures.rows / steps / bench.rows,
    cacheBytes: figures.peakBytes,
  };
}

/** The measured round for people. */
export function report(measured: SamplingMeasured): string {
  const { tokens, ms, rounds, encodeMs, prefillMs, decodeMs, productMs } = measured;
  const per = (count: number, time: number): string => compact((count / time) * 1000);
  const share = (value: number): string => `${(100 * value).toFixed(0)} %`;
  const lines = table(
    [{ title: '' }, { title: 'ms', align: 'right' }, { title: '' }],
    [
      ['pictures', encodeMs.toFixed(1), `${per(measured.patches, encodeMs)} patches/s`],
      ['prompts', prefillMs.toFixed(1), `${per(measured.prefillTokens, prefillMs)} tokens/s`],
      [
        'token steps',
        decodeMs.toFixed(1),
        `${per(tokens, decodeMs)} tokens/s, ${measured.steps} steps`,
      ],
      ['  products alone', productMs.toFixed(1), share(measured.productShare)],
      ['all', ms.toFixed(1), `${per(tokens, ms)} tokens/s`],
    ],
  );
  const spread = `${compact(Math.min(...rounds))} to ${compact(Math.max(...rounds))} tokens/s`;
  return [
    ...lines,
    `${rounds.length} rounds: ${spread}; occupancy ${share(measured.occupancy)}; ` +
      `keys and values ${compact(measured.cacheBytes)}B; ${measured.threads} threads`,
    '',
  ].join('\n');
}
