import type { Problem } from '#data';
import type { Microbatch, Policy } from '#policy';
import type { RunConfig, TrainSetup } from '#rl';
import { configOf } from '#rl';
import type { Metrics } from '#run';
import { createSeed } from '#run';

type Prompt = Microbatch['sequences'][number]['prompt'];
export const END = 1;
export const textOf = (prompt: Prompt) =>
  prompt.chunks.map((chunk) => (chunk.kind === 'tokens' ? decode(chunk.ids) : '')).join('');
export const encode = (text: string) =>
  Int32Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
export const decode = (ids: Int32Array) => String.fromCodePoint(...ids.filter((id) => id > END));
export const promptOf = (text: string): Prompt => ({
  chunks: [{ kind: 'tokens', ids: encode(text) }],
  length: text.length,
});

/** A policy with one weight: the larger it is, the more often it says 4. Weights live in a map. */
export class FakePolicy implements Pick<Policy, keyof Policy> {
  weight = 0;
  #gradient = 0;
  #published = 0;
  #version = 0;
  get version(): number {
    return this.#version;
  }
  readonly saved = new Map<string, readonly [number, number]>();
  readonly seen: Microbatch[] = [];
  readonly limits = { maxTokens: 4096, images: true, losses: [], optimizer: [] };
  readonly processor = {
    ids: {
      end: END,
      padding: 0,
      imagePad: 2,
      videoPad: 3,
      visionStart: 4,
      visionEnd: 5,
      banned: [0, 2, 3],
    },
    encode,
    decode,
    continued: (prompt: Prompt, ids: Int32Array): Prompt => ({
      chunks: [...prompt.chunks, { kind: 'tokens', ids }],
      length: prompt.length + ids.length,
    }),
  } as unknown as Policy['processor'];

  async sample({
    prompt,
    count,
    seed,
  }: Parameters<Policy['sample']>[0]): Promise<Awaited<ReturnType<Policy['sample']>>> {
    const text = textOf(prompt);
    const again = text.includes('Wait');
    return Array.from({ length: count }, (_, index) => {
      const random = createSeed(seed).at(index).stream();
      const right = random.float() < (again ? 0.9 : 0.25 + this.#published) * this.ease(text);
      const answer = `${again ? ' Let me look at it once more, slowly. So' : 'So'} \\boxed{${right ? 4 : random.int(4)}}`;
      const tokens = Int32Array.from([...encode(answer), END]);
      const logprobs = this.score(tokens);
      return { tokens, logprobs, stop: 'end' as const, weightsVersion: this.#version };
    });
  }
  ease(text: string) {
    return text.includes('easy') ? 4 : text.includes('hard') ? 0.1 : 1;
  }
  score = (tokens: Int32Array) => Float32Array.from(tokens, (id) => -0.1 - (id % 7) / 10);
  async logprobs(sequences: Parameters<Policy['logprobs']>[0]) {
    return sequences.map(({ response }) => this.score(response));
  }
  async forwardBackward(microbatch: Microbatch): Promise<Metrics> {
    this.seen.push(microbatch);
    const { totals } = microbatch;
    let loss = 0;
    for (const { actions, advantages, imitate, count } of microbatch.sequences) {
      actions.forEach((bit, t) => (loss -= (bit * count * (advantages[t] ?? 0)) / totals.actions));
      this.#gradient += imitate.reduce((sum, weight) => sum + weight, 0) * 1e-4;
    }
    this.#gradient +=
      microbatch.sequences.reduce(
        (sum, { advantages, count }) => sum + Math.abs(advantages[0] ?? 0) * count,
        0,
      ) / 64;
    return { 'policy/loss': loss, 'policy/ratio_mean': 1 / 8, 'policy/ratio_max': 1 };
  }
  async optimStep({ learningRate }: Parameters<Policy['optimStep']>[0]): Promise<Metrics> {
    const norm = Math.abs(this.#gradient);
    this.weight += learningRate * this.#gradient;
    this.#gradient = 0;
    return {
      'optim/grad_norm': norm,
      'optim/grad_clipped': 0,
      'optim/update_norm': learningRate * norm,
      'optim/nonfinite': 0,
    };
  }
  async discardGradient() {
    this.#gradient = 0;
  }
  async publish() {
    this.#published = this.weight;
    return ++this.#version;
  }
  async save(name: string) {
    this.saved.set(name, [this.weight, this.#version]);
    return name;
  }
  async load(address: string) {
    [this.weight, this.#version] = this.saved.get(address) ?? [0, 0];
    this.#published = this.weight;
  }
  async [Symbol.asyncDispose]() {}
}

export const problems: readonly Problem[] = Array.from({ length: 20 }, (_, index) => ({
  id: `p${index}`,
  question: `${['easy', 'hard', 'fair', 'fair'][index % 4]} ${index}?`,
  images: [],
  answer: '4',
  category: 'sums',
  source: 'made',
}));
export function setupOf(policy: Policy, changes: Partial<TrainSetup> = {}): TrainSetup {
  return {
    policy,
    problems: { length: problems.length, at: (index) => problems[index]! },
    prompt: ({ question }) => promptOf(question),
    verify: ({ gold, prediction }) => {
      const found = [...prediction.matchAll(/\\boxed\{([^}]*)\}/g)].at(-1)?.[1];
      if (found === undefined) return { correct: false, status: 'no-answer', reason: 'no-box' };
      const correct = found === gold;
      return {
        correct,
        status: correct ? 'correct' : 'wrong',
        reason: 'identical',
        answer: { text: found },
      };
    },
    seed: createSeed(7),
    clock: () => 0,
    ...changes,
  };
}

/** Four iterations with replay and rethinking. */
export const tinyRun: RunConfig = configOf({
  'rollout.problemsPerSync': 8,
  'rollout.groupSize': 4,
  'train.batchSamples': 8,
  'train.maxIterations': 4,
  'train.epochs': 2,
  'optim.learningRate': 0.01,
  'rethink.mode': 'random',
  'loss.nllCoef': 0.05,
});
