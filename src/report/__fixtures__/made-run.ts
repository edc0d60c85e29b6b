import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptRow, Metrics, ProblemRow, Random, RolloutRow, RunStore, VerdictRow } from '#run';
import { createRun, createSeed, iterationName } from '#run';

/** A run that was never trained: its curves and texts are drawn from a seed. */
export interface MadeRun {
  readonly folder: string;
  readonly iterations: number;
  readonly stepsPerIteration?: number;
  readonly problemsPerIteration?: number;
  readonly mode?: 'grpo' | 'ssr';
  readonly rethinks?: boolean;
  readonly seed?: number;
  /** A text put into every place where a model or a dataset may write. */
  readonly text?: string;
  /** Path of the picture of every problem. */
  readonly picture?: string;
  readonly name?: string;
  /** How many categories its problems have; a category gains more the later it stands. */
  readonly categories?: number;
  /** Stopped before its last weights were published. */
  readonly unfinished?: true;
  /** Its last weights are a checkpoint, which `last` points to; no weights are in it. */
  readonly saved?: true;
}

const groupSize = 8;
const head = (made: MadeRun) => ({
  name: made.name ?? 'made',
  startedAt: '2026-01-02T03:04:05.000Z',
  config: {
    preset: made.rethinks === true ? 'rethinker-tiny' : 'reasoner-tiny',
    seed: made.seed ?? 0,
    batch: { mode: made.mode ?? 'ssr' },
    eval: { templates: ['default'] },
    ...(made.rethinks === undefined ? {} : { rethink: { mode: made.rethinks ? 'random' : 'off' } }),
  },
  versions: { program: '0.1.0', data: 'd0' },
  stamps: [],
});

/** Writes the run through the store's own writer, and its validation files. */
export function makeRun(made: MadeRun): void {
  using store = createRun(made.folder, head(made));
  const random = createSeed(made.seed ?? 0).at('made run').stream();
  const { iterations, stepsPerIteration = 16 } = made;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const first = iteration * stepsPerIteration;
    const at = { iteration, step: first };
    store.record({ ...at, kind: 'published', data: { weightsVersion: iteration, final: false } });
    validate(store, made, { ...at, random });
    store.record({ ...at, kind: 'collected', data: {}, ...collected(made, iteration, random) });
    for (let step = first; step < first + stepsPerIteration; step++) {
      const metrics = stepMetrics(made, iteration / iterations, random);
      const uses = [{ sampleId: `${iteration}/p0/0`, age: made.mode === 'grpo' ? null : step - first }];
      store.record({ kind: 'stepped', iteration, step, data: {}, metrics, uses });
    }
    const end = { iteration, step: first + stepsPerIteration };
    store.record({ ...end, kind: 'completed', data: {}, metrics: timeMetrics(random) });
  }
  if (made.unfinished === true) return;
  const last = { iteration: iterations, step: iterations * stepsPerIteration };
  store.record({ ...last, kind: 'published', data: { weightsVersion: iterations, final: true } });
  validate(store, made, { ...last, random });
  if (made.saved !== true) return;
  const name = iterationName(iterations);
  const address = join(made.folder, 'checkpoints', name);
  store.checkpoint({ ...last, name, address, score: null, state: new Uint8Array(1) }, 1);
  symlinkSync(join('checkpoints', name), join(made.folder, 'last'), 'dir');
}

interface Moment {
  readonly iteration: number;
  readonly step: number;
  readonly random: Random;
}

const categories = ['bars', 'count', 'sum', 'where'];
const categoriesOf = ({ categories: count }: MadeRun): readonly string[] =>
  count === undefined ? categories : Array.from({ length: count }, (_, index) => `kind_${index}`);

/** Two hundred greedy answers, in their file and as metrics. */
function validate(store: RunStore, made: MadeRun, { iteration, step, random }: Moment): void {
  const n = 200;
  const skill = 0.4 + (0.35 * iteration) / Math.max(1, made.iterations);
  const folder = join(made.folder, 'validation');
  mkdirSync(folder, { recursive: true });
  const answers = Array.from({ length: n }, (_, index) => {
    const correct = random.float() < skill;
    return {
      id: `v${index}`,
      category: categories[index % categories.length] ?? '',
      question: `<image>\nHow many? ${made.text ?? ''}`,
      answer: '4',
      pictures: [picture(made)],
      code: correct ? 'correct' : 'wrong',
      correct,
      extracted: correct ? '4' : (made.text ?? '3'),
      waits: 0,
      correctBefore: null,
      tokens: 20,
      text: `There are ${correct ? 4 : 3}. ${made.text ?? ''}`,
    };
  });
  const name = `iteration-${String(iteration).padStart(5, '0')}-default.jsonl`;
  writeFileSync(join(folder, name), answers.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const accuracy = answers.filter(({ correct }) => correct).length / n;
  const metrics = {
    'eval/reward_mean': accuracy,
    'eval/validation/accuracy': accuracy,
    'eval/validation/n': n,
    'eval/validation/stderr': Math.sqrt((accuracy * (1 - accuracy)) / n),
  };
  store.record({ kind: 'validated', iteration, step, data: { score: accuracy }, metrics });
}

function collected(made: MadeRun, iteration: number, random: Random) {
  const count = made.problemsPerIteration ?? 4;
  const problems = Array.from({ length: count }, (_, index) => problem(made, `p${index}`));
  const skill = 0.35 + (0.4 * iteration) / Math.max(1, made.iterations);
  const rollouts = problems.flatMap(({ id }) => group(made, id, { iteration, step: 0, random }, skill));
  const rethought = rollouts.filter(({ trigger }) => trigger !== null);
  const attempts = made.rethinks === true ? rethought.map((rollout, place) => attempt(rollout, place)) : [];
  return { problems, rollouts, attempts, metrics: collectedMetrics(made, skill, random) };
}

function picture(made: MadeRun) {
  return { hash: 'ab'.repeat(32), path: made.picture ?? null, width: 56, height: 56 };
}

function problem(made: MadeRun, id: string): ProblemRow {
  const question = `<image>\nHow many red shapes are there? ${made.text ?? ''}`;
  const category = made.text ?? 'count';
  return { id, question, answer: '4', options: null, category, source: null, pictures: [picture(made)] };
}

function verdict(correct: boolean, text: string | undefined): VerdictRow {
  const extracted = correct ? '4' : (text ?? '3');
  const reward = correct ? 1 : 0;
  return { code: correct ? 'correct' : 'wrong', correct, reward, shaping: 0, extracted, shape: null, reason: '' };
}

function group(made: MadeRun, id: string, { iteration, random }: Moment, skill: number): RolloutRow[] {
  const correct = Array.from({ length: groupSize }, () => random.float() < skill);
  const mean = correct.filter(Boolean).length / groupSize;
  return correct.map((right, index): RolloutRow => {
    const rethought = made.rethinks === true && index < 2;
    const draft = { kind: 'draft', start: 0, end: 9, temperature: 1, text: `It is ${right ? 4 : 3}. ${made.text ?? ''}` };
    const more = [
      { kind: 'trigger', start: 9, end: 16, temperature: 1, text: '\n\nWait, does it seem right?' },
      { kind: 'rethinking', start: 16, end: 30, temperature: 0.9, text: ` Let me look again: 4. ${made.text ?? ''}` },
    ];
    return {
      id: `${iteration}/${id}/${index}`,
      problemId: id,
      index,
      spans: rethought ? [draft, ...more] : [draft],
      stop: 'end',
      weightsVersion: iteration,
      waits: !rethought && random.float() < 0.2 ? 1 : 0,
      verdict: verdict(rethought || right, made.text),
      draftVerdict: rethought ? verdict(right, made.text) : null,
      trigger: rethought ? 'self_questioning' : null,
      advantage: (rethought || right ? 1 : 0) - mean,
      tokens: null,
      logprobs: null,
      oldLogprobs: null,
    };
  });
}

function attempt({ id, problemId, spans }: RolloutRow, place: number): AttemptRow {
  const spoils = place % 3 === 0;
  const text = spans.map((span) => span.text).join('');
  const [before, after] = [verdict(spoils, undefined), verdict(!spoils, undefined)];
  const outcome = spoils ? 'wrong' : 'kept';
  return { rolloutId: id, problemId, trigger: 'self_questioning', outcome, cut: null, waits: 0, before, after, text };
}

function collectedMetrics(made: MadeRun, skill: number, random: Random): Metrics {
  const noise = () => (random.float() - 0.5) * 0.06;
  const hist = Array.from({ length: 2 * groupSize + 1 }, (_, index) => {
    const k = index - groupSize;
    return [`advantage/hist/${k}`, Math.round(100 * random.float() * (1 - Math.abs(k) / 10))] as const;
  });
  return {
    'reward/mean': skill + noise(),
    'reward/final_mean': skill + 0.05 + noise(),
    ...Object.fromEntries(
      categoriesOf(made).map((name, place, { length }) => [
        `category/${name}/correct_mean`,
        // Noise is far smaller than what one category gains over its neighbour.
        made.categories === undefined ? skill + noise() : (skill * (place + 1)) / length + noise() / 1000,
      ]),
    ),
    'group/effective_fraction': 0.9 - skill / 2 + noise(),
    'group/all_correct_fraction': skill / 2 + noise() - 0.1,
    'group/all_wrong_fraction': 0.1 + noise(),
    ...Object.fromEntries(hist),
    'verdict/correct': skill,
    'verdict/wrong': 1 - skill,
    'native_wait/fraction': made.rethinks === true ? skill / 3 : 0,
    'native_wait/correct_mean': made.rethinks === true ? skill : null,
    'native_wait/absent_correct_mean': skill,
    'response/length_mean': 20 + 10 * skill + noise(),
    'response/length_p95': 40 + 30 * skill,
    'response/truncation_fraction': 0,
    'mismatch/abs_prob_mean': 1e-5 * (1 + random.float()),
    ...(made.rethinks === undefined ? {} : rethinkMetrics(Number(made.rethinks))),
  };
}

/** Zeros, not nothing, are what a run without rethinking stores. */
function rethinkMetrics(times: number): Metrics {
  return {
    'rethink/kept': 20 * times,
    'rethink/wrong_to_right/all': 25 * times,
    'rethink/right_to_wrong/all': 11 * times,
    'rethink/wrong_to_right/self_questioning': 25 * times,
    'rethink/right_to_wrong/self_questioning': 11 * times,
  };
}

function stepMetrics({ mode = 'ssr' }: MadeRun, part: number, random: Random): Metrics {
  const noise = random.float();
  return {
    'batch/size': 32,
    'policy/loss': noise - 0.5,
    'policy/approx_kl': 0.001 * noise,
    'policy/clip_fraction': 0.01 * noise,
    'policy/entropy': 0.2 * (1 - part) + 0.02 * noise,
    'optim/grad_norm': 0.2 + 0.2 * noise,
    ...(mode === 'grpo'
      ? {}
      : { 'replay/share': 0.1 + 0.4 * part + 0.1 * noise, 'replay/age': 7 * noise, 'replay/age_max': 12 }),
  };
}

function timeMetrics(random: Random): Metrics {
  const rollout = 3 + random.float();
  const update = 5 + random.float();
  return {
    'time/rollout': rollout,
    'time/update': update,
    'time/total': rollout + update,
    'throughput/sampled_tokens_per_s': 6000 + 500 * random.float(),
  };
}
