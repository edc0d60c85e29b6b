import process from 'node:process';
import { FeatureCache, loadModel, type QwenVL } from '#model';
import type { Patches, Prompt } from '#model/processor';
import { AdamW, clipGradNorm, gradNorm } from '#nn';
import type { AdamUpdate, Loss, Microbatch, Sequence } from '#policy';
import type { Metrics } from '#run';
import { type SampleRequest, Sampler, type Sampling } from '#sampler';
import {
  type DType,
  LeakAlarm,
  liveTensors,
  noGrad,
  setThreads,
  type Tensor,
  TensorScope,
} from '#tensor';
import { loadTrainer, saveTrainer } from './checkpoint.ts';
import type { ForwardOptions, Pictures } from './forward.ts';
import { forwardBackward } from './forward-backward.ts';
import { cutSequences, sequenceLogprobs } from './sequence-logprobs.ts';
import { imagesOf, ShownPictures } from './shown-pictures.ts';

/** How a local policy computes. */
export interface TrainerOptions extends ForwardOptions {
  /** Checkpoint folder to start from; its small files go into every checkpoint. */
  readonly base: string;
  /** Type of forward and backward; weights and moments stay f32. */
  readonly dtype: DType;
  readonly samplerDtype: DType;
  readonly device: string;
  /** Compute threads; 0 = one per core. */
  readonly threads: number;
  /** Ids that are never drawn and never counted. */
  readonly bannedIds: readonly number[];
  /** Rows that decode together at most. */
  readonly maxRows: number;
  /** Keys and values of prompts kept for later, in bytes. */
  readonly cacheBytes: number;
  /** Tokens that `logprobs` computes at once. */
  readonly tokensAtOnce: number;
}

/** Three colours, two moments, 14 × 14 pixels, f32. */
const bytesPerPatch = 3 * 2 * 14 * 14 * 4;
const heldBytes = 2 ** 30;

/** Asks for the pixels of a picture by its hash. */
export type FetchPatches = (hash: string) => Promise<Patches>;

/** Model, optimizer and sampler of one thread: the policy where it computes. */
export class Trainer implements AsyncDisposable {
  readonly #options: TrainerOptions;
  readonly #fetch: FetchPatches;
  readonly #model: QwenVL;
  readonly #optimizer: AdamW;
  readonly #sampler: Sampler;
  readonly #bans: Tensor;
  readonly #held = new Map<string, Patches>();
  readonly #shown: ShownPictures;
  /** Embeddings of a frozen tower; null while it learns. */
  readonly #features: FeatureCache | null;
  readonly #alarm = new LeakAlarm();
  /** Embeddings that were kept when the last step ended: a cache that fills is no leak. */
  #keptFeatures = 0;
  #version = 0;

  constructor(options: TrainerOptions, fetch: FetchPatches) {
    if (options.threads > 0) setThreads(options.threads);
    this.#options = options;
    this.#fetch = fetch;
    this.#model = loadModel(options.base, { dtype: options.dtype, device: options.device });
    const trained = [...this.#model.parameters].filter(
      ([name]) => options.trainVision || !name.startsWith('visual.'),
    );
    if (!options.trainVision) this.#freezeVision();
    this.#features = options.trainVision ? null : new FeatureCache(options.cacheBytes);
    this.#optimizer = new AdamW(new Map(trained));
    this.#bans = this.#model.bans(options.bannedIds);
    const perPlace = this.#model.config.text.hiddenSize * (options.samplerDtype === 'f32' ? 4 : 2);
    this.#shown = new ShownPictures(perPlace, options.cacheBytes / 4);
    this.#sampler = new Sampler({
      dtype: options.samplerDtype,
      patches: ({ hash }) => {
        const held = this.#held.get(hash);
        return held === undefined ? fetch(hash) : Promise.resolve(held);
      },
      maxRows: options.maxRows,
      prefillTokens: options.tokensAtOnce,
      cacheBytes: options.cacheBytes,
      featureBytes: options.cacheBytes / 4,
    });
  }

  #freezeVision(): void {
    for (const [name, parameter] of this.#model.parameters) {
      if (name.startsWith('visual.')) parameter.requiresGrad_(false);
    }
  }

  /** Prompt and response together. */
  get maxTokens(): number {
    return this.#model.config.text.maxPositions;
  }

  /**
   * Fetches the pictures of some requests before any of them starts, and keeps them until disposed.
   * Rows that decode together share their products, whose last bits depend on who is there: without
   * this, the moment at which a picture arrives would decide them. A picture that cannot be had is
   * left to its own request. Beyond `heldBytes` pictures come when they come. Pictures that the
   * sampler knows already are not read again: a continuation shows the picture of its prompt.
   */
  async holdPictures(requests: readonly SampleRequest[]): Promise<Disposable> {
    const images = imagesOf(requests.map(({ prompt }) => prompt));
    const grids = new Map(
      images
        .filter((image) => !this.#shown.has(image))
        .map(({ image, grid }) => [image.hash, grid]),
    );
    const patches = [...grids.values()].reduce((sum, { t, h, w }) => sum + t * h * w, 0);
    const small = patches * bytesPerPatch <= heldBytes;
    await Promise.all((small ? [...grids.keys()] : []).map((hash) => this.#hold(hash)));
    for (const image of images) this.#shown.add(image);
    return { [Symbol.dispose]: () => this.#held.clear() };
  }

  async #hold(hash: string): Promise<void> {
    try {
      this.#held.set(hash, await this.#fetch(hash));
    } catch {
      // The request that shows it asks again and is told why.
    }
  }

  /** Starts sampling; `cancel` of what is returned ends it early. */
  sample(request: SampleRequest): Sampling {
    const { params } = request;
    const { bannedIds } = this.#options;
    // Lists that crossed the thread are copies: equal ones become one again.
    const same =
      params.bannedIds.length === bannedIds.length &&
      params.bannedIds.every((id, place) => id === bannedIds[place]);
    return this.#sampler.submit(same ? { ...request, params: { ...params, bannedIds } } : request);
  }

  async logprobs(sequences: readonly Sequence[]): Promise<readonly Float32Array[]> {
    const found: Float32Array[] = [];
    for (const portion of cutSequences(sequences, this.#options.tokensAtOnce)) {
      const pictures = await this.#pictures(portion.map(({ prompt }) => prompt));
      const work = { model: this.#model, pictures, bans: this.#bans, cache: this.#features };
      found.push(...this.#alarm.watch(() => sequenceLogprobs(work, portion)));
    }
    return found;
  }

  async forwardBackward(microbatch: Microbatch, losses: readonly Loss[]): Promise<Metrics> {
    const pictures = await this.#pictures(microbatch.sequences.map(({ prompt }) => prompt));
    const { trainVision, gradientCheckpointing } = this.#options;
    const options = { trainVision, gradientCheckpointing, cache: this.#features };
    const work = { model: this.#model, pictures, bans: this.#bans, options };
    return this.#alarm.watch(() => {
      const metrics = forwardBackward(work, microbatch, losses);
      if (this.#options.dtype !== 'f32') this.#optimizer.accumulate();
      return metrics;
    });
  }

  /** The pictures in some prompts, each once; without pixels where a frozen tower has seen them. */
  async #pictures(prompts: readonly Prompt[]): Promise<Pictures> {
    const shown = new Map(imagesOf(prompts).map(({ image, grid }) => [image.hash, grid]));
    const patches = await Promise.all(
      Array.from(shown, async ([hash, grid]): Promise<Patches> => {
        const known = this.#features?.has(hash) === true;
        return known ? { hash, grid, pixels: new Float32Array(0) } : this.#fetch(hash);
      }),
    );
    return new Map(patches.map((picture) => [picture.hash, picture]));
  }

  /** Applies the gradient; warns (`LeakWarning`) when steps leave more and more tensors alive. */
  optimStep(update: AdamUpdate): Metrics {
    const metrics = this.#alarm.watch(() => this.#optimStep(update));
    this.#checkLeaks();
    return metrics;
  }

  #checkLeaks(): void {
    const features = this.#features?.size ?? 0;
    const leak = this.#alarm.endStep(features - this.#keptFeatures);
    this.#keptFeatures = features;
    if (leak !== null) process.emitWarning(leak, { type: 'LeakWarning', code: 'TENSOR_LEAK' });
  }

  #optimStep({ maxGradNorm, ...settings }: AdamUpdate): Metrics {
    using _scope = new TensorScope('optimizer step');
    this.#optimizer.accumulate();
    const grads = this.#optimizer.gradients();
    if (grads.length === 0) {
      return {
        'optim/grad_norm': 0,
        'optim/grad_clipped': 0,
        'optim/update_norm': 0,
        'optim/nonfinite': 0,
      };
    }
    const norm = noGrad(() => gradNorm(grads)).item();
    if (!Number.isFinite(norm)) {
      this.#optimizer.clearGradients();
      return {
        'optim/grad_norm': norm,
        'optim/grad_clipped': 0,
        'optim/update_norm': 0,
        'optim/nonfinite': 1,
      };
    }
    const clipped = norm > maxGradNorm;
    if (clipped) clipGradNorm(grads, maxGradNorm);
    return {
      'optim/grad_norm': norm,
      'optim/grad_clipped': clipped ? 1 : 0,
      'optim/update_norm': this.#optimizer.measuredStep(settings),
      'optim/nonfinite': 0,
    };
  }

  discardGradient(): void {
    this.#alarm.watch(() => {
      this.#optimizer.accumulate();
      this.#optimizer.clearGradients();
    });
  }

  async publish(): Promise<number> {
    this.#shown.clear();
    this.#version = await this.#sampler.publish(this.#model, this.#version + 1);
    return this.#version;
  }

  save(folder: string): void {
    const { base } = this.#options;
    saveTrainer(folder, base, {
      optimizer: this.#optimizer,
      weights: this.#weights(),
      version: this.#version,
    });
  }

  /** f32 weights of the whole model: masters of what is trained, the rest as it is. */
  #weights(): ReadonlyMap<string, Tensor> {
    const masters = this.#optimizer.masters();
    return new Map(
      [...this.#model.parameters].map(([name, own]) => [name, masters.get(name) ?? own]),
    );
  }

  async load(folder: string): Promise<void> {
    this.discardGradient();
    this.#features?.clear();
    this.#shown.clear();
    this.#version = loadTrainer(folder, this.#model, this.#optimizer);
    if (this.#version > 0) await this.#sampler.publish(this.#model, this.#version);
  }

  /** Tensors alive in this thread: constant from step to step. */
  get liveTensors(): number {
    return liveTensors();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sampler[Symbol.asyncDispose]();
    this.#optimizer[Symbol.dispose]();
    this.#bans.dispose();
    this.#features?.[Symbol.dispose]();
    this.#model[Symbol.dispose]();
  }
}
