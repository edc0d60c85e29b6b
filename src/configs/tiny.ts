import type { Preset, Settings, Source, Sources } from '#rl';

/** Stage 1 on the tiny model and the puzzles: minutes on two cores (tiny.md section 6). */
const tiny: Settings = {
  'policy.start': 'assets/tiny-base',
  'policy.compute': 'f32',
  'policy.gradientCheckpointing': false,
  'policy.cacheGigabytes': 1,
  'data.dataset': 'puzzles',
  'data.subset': 'all',
  'vision.minPixels': 3136,
  'vision.maxPixels': 12544,
  'rollout.problemsPerSync': 64,
  'rollout.maxNewTokens': 192,
  'rollout.maxPromptTokens': 512,
  'train.batchSamples': 32,
  'train.epochs': 1,
  'train.maxIterations': 12,
  'train.microbatchTokens': 8192,
  'optim.learningRate': 1.5e-4,
  'eval.maxNewTokens': 192,
  'validation.problems': 420,
  'validation.every': 4,
};

/** What forced rethinking needs at this size: short answers, short continuations. */
const tinyRethinking: Settings = {
  'rethink.maxY1': 192,
  'rethink.maxNewTokens': 192,
  'rethink.keepMin': 8,
  'rethink.keepMax': 191,
  'train.maxIterations': 8,
};

/**
 * What makes forced rethinking teach at this size (docs/log.md, stage 2 of the tiny model): the plain
 * instruction, because a model this small ties what it learns to the words of the prompt; no trigger
 * behind an answer that holds a wait already; only rethinkings that mended an answer are imitated.
 */
function tinyRecipe({ name, settings }: Preset): Settings {
  if (!name.startsWith('rethinker') || settings['rethink.mode'] === undefined) return {};
  const imitates = settings['loss.nllCoef'] !== 0;
  return {
    'prompt.template': 'default',
    'rethink.skipWaited': true,
    ...(imitates ? { 'loss.nllKept': 'wrong_to_right' } : {}),
  };
}

/** The same switches on the tiny model, but for the recipe above; subsets of the real data set become the whole pool. */
export function tinySibling(preset: Preset): Preset {
  const { name, summary, settings, stamps, sources, source } = preset;
  const rethinks = settings['rethink.mode'] !== undefined;
  const second = rethinks || name.startsWith('rethinker') || name === 'released-code';
  const recipe = tinyRecipe(preset);
  const start = second ? 'runs/reasoner-tiny/best' : 'assets/tiny-base';
  return {
    name: `${name}-tiny`,
    summary: `${summary.replace(' at 7B', '')}; the tiny model on puzzles`,
    settings: {
      ...settings,
      ...tiny,
      ...(rethinks ? tinyRethinking : {}),
      ...recipe,
      'policy.start': start,
      ...(settings['rollout.problemsPerSync'] === undefined
        ? {}
        : { 'rollout.problemsPerSync': 32 }),
    },
    source: 'ours',
    sources: siblingSources({ settings, own: { ...tiny, ...recipe }, sources, source }),
    ...(stamps === undefined ? {} : { stamps }),
  };
}

interface Inherited {
  /** Of the preset at 7B. */
  readonly settings: Settings;
  /** What the sibling sets itself. */
  readonly own: Settings;
  readonly sources: Sources | undefined;
  readonly source: Source;
}

/** Settings that the tiny sibling takes over keep their sources; where it starts is its own matter. */
function siblingSources({ settings, own, sources = {}, source }: Inherited): Sources {
  const kept = Object.keys(settings).filter((key) => !(key in own) && key !== 'policy.start');
  const known: Readonly<Record<string, Source | undefined>> = sources;
  return Object.fromEntries(kept.map((key) => [key, known[key] ?? source]));
}
