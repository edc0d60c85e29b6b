import { expect, test } from 'vitest';
import type { KnobKey, Preset } from '#rl';
import { configOf, explain, knobKeys, knobOf, resolveConfig, settingOf } from '#rl';
import { presets } from '#configs';

const named = (name: string): Preset => {
  const found = presets.find((preset) => preset.name === name);
  if (found === undefined) throw new Error(`no preset ${name}`);
  return found;
};
const configNamed = (name: string) => configOf(named(name).settings);
/** Keys in which two presets differ. */
const differences = (a: string, b: string) =>
  knobKeys.filter(
    (key) =>
      JSON.stringify(settingOf(configNamed(a), key)) !==
      JSON.stringify(settingOf(configNamed(b), key)),
  );

test('stage 1 and stage 2 have the values of the specification [4.1]', () => {
  const both: Partial<Record<KnobKey, unknown>> = {
    'data.subset': '7b-16k',
    'rollout.problemsPerSync': 1024,
    'rollout.groupSize': 8,
    'train.batchSamples': 512,
    'rollout.temperature': 1,
    'rollout.topP': 1,
    'rollout.topK': 0,
    'rollout.maxNewTokens': 2048,
    'reward.shaping': 'none',
    'advantage.baseline': 'round0',
    'advantage.divideByStd': false,
    'batch.mode': 'ssr',
    'replay.alpha': 1,
    'replay.persist': 'episode',
    'replay.capacity': 0,
    'replay.replacement': true,
    'loss.clipLow': 0.2,
    'loss.clipHigh': 0.35,
    'loss.normalise': 'tokens',
    'loss.klCoef': 0,
    'rollout.truncated': 'wrong',
    'optim.learningRate': 1e-6,
    'optim.beta1': 0.9,
    'optim.beta2': 0.95,
    'optim.weightDecay': 0,
    'optim.gradClip': 1,
    'optim.warmup': 0.03,
    'optim.floor': 0.5,
    'train.epochs': 3,
    'vision.minPixels': 200704,
    'vision.maxPixels': 1003520,
    'vision.maxImages': 8,
    'validation.problems': 512,
    'eval.maxNewTokens': 8192,
  };
  const stage2: Partial<Record<KnobKey, unknown>> = {
    'prompt.template': 'rethink',
    'rethink.mode': 'random',
    'rethink.q': 0.65,
    'rethink.maxY1': 1024,
    'rethink.temperature': 0.9,
    'rethink.maxNewTokens': 1024,
    'rethink.triggers': ['self_questioning', 'self_correction', 'self_verification'],
    'rethink.keepMin': 31,
    'rethink.keepMax': 1023,
    'rethink.maxPerProblem': 2,
    'rethink.maxWaits': 4,
    'loss.nllCoef': 0.05,
    'mask.nllTrigger': true,
    'mask.policyTrigger': false,
    'eval.templates': ['default', 'rethink'],
  };
  const reasoner = configNamed('reasoner');
  const rethinker = configNamed('rethinker');
  for (const [key, value] of Object.entries(both)) {
    expect([key, settingOf(reasoner, key as KnobKey)]).toEqual([key, value]);
    expect([key, settingOf(rethinker, key as KnobKey)]).toEqual([key, value]);
  }
  for (const [key, value] of Object.entries(stage2)) {
    expect([key, settingOf(rethinker, key as KnobKey)]).toEqual([key, value]);
  }
  expect(reasoner.prompt.template).toBe('default');
  expect(reasoner.rethink.mode).toBe('off');
});

test('the ablations differ from stage 1 in what they name and in nothing else [4.2]', () => {
  expect(differences('reasoner', 'reasoner-filter')).toEqual(['batch.mode']);
  expect(differences('reasoner', 'reasoner-grpo')).toEqual(['batch.mode']);
  expect(differences('reasoner', 'reasoner-no-text')).toEqual(['data.subset']);
  expect(differences('reasoner', 'reasoner-no-science-text')).toEqual(['data.subset']);
  expect(differences('reasoner', 'reasoner-std')).toEqual(['advantage.divideByStd']);
  expect(differences('rethinker', 'rethinker-trigger-only')).toEqual(['prompt.template']);
  expect(differences('rethinker', 'rethinker-no-nll')).toEqual(['loss.nllCoef']);
  expect(differences('rethinker', 'rethinker-trigger-masked')).toEqual(['mask.nllTrigger']);
  expect(differences('rethinker', 'rethinker-hint-only')).toEqual(['rethink.mode', 'loss.nllCoef']);
});

test('every row of the table of ablations has its preset [4.2] [D13]', () => {
  const rows = presets.flatMap(({ row }) => row ?? []);
  expect(rows.sort()).toEqual([
    'VL-Rethinker-7B',
    'no SSR',
    'no SSR and no Filter',
    'no Science and Text',
    'no Text',
    'w/o Forced Rethinking',
  ]);
});

test.each(presets.map((preset) => [preset.name, preset] as const))(
  '%s is a valid configuration in which every setting it makes can have an effect [D11] [D12] [S12]',
  (_, { settings }) => {
    const { config, complaints } = resolveConfig(settings, {});
    expect(complaints).toEqual([]);
    const idle = Object.keys(settings).filter((key) => {
      const knob = knobOf(key as KnobKey);
      const changed = JSON.stringify(settings[key as KnobKey]) !== JSON.stringify(knob.value);
      return changed && config !== undefined && knob.idle?.(config) !== undefined;
    });
    expect(idle).toEqual([]);
  },
);

test('every preset at 7B has a tiny sibling with the same switches of the method [4.2] [D11]', () => {
  const switches = knobKeys.filter(
    (key) =>
      /^(?:batch|replay|advantage|reward|loss|mask)\./u.test(key) ||
      ['rethink.mode', 'rethink.choice', 'rethink.skipWaited', 'prompt.template'].includes(key),
  );
  const at7b = presets.filter(({ name }) => !/-(?:tiny|32b|72b)$/u.test(name));
  expect(at7b).toHaveLength(12);
  const recipes: Readonly<Record<string, readonly string[]>> = {
    rethinker: ['prompt.template', 'rethink.skipWaited', 'loss.nllKept'],
    'rethinker-trigger-masked': ['prompt.template', 'rethink.skipWaited', 'loss.nllKept'],
    'rethinker-no-nll': ['prompt.template', 'rethink.skipWaited'],
  };
  // At this size stage 2 has the plain instruction, so this one would be the stage itself.
  for (const { name } of at7b.filter((preset) => preset.name !== 'rethinker-trigger-only')) {
    const other = differences(name, `${name}-tiny`).filter((key) => switches.includes(key));
    expect([name, ...other]).toEqual([name, ...(recipes[name] ?? [])]);
    expect(configNamed(`${name}-tiny`).rollout.groupSize).toBe(8);
  }
  expect(new Set(presets.map(({ name }) => name)).size).toBe(presets.length);
});

test('the tiny stages have the settings that were measured [tiny.md 6]', () => {
  const one = configNamed('reasoner-tiny');
  expect(one.rollout).toMatchObject({
    problemsPerSync: 64,
    groupSize: 8,
    maxNewTokens: 192,
    temperature: 1,
  });
  expect(one.train).toMatchObject({ batchSamples: 32 });
  expect(one.optim.learningRate).toBe(1.5e-4);
  const two = configNamed('rethinker-tiny');
  expect(two.rethink).toMatchObject({
    q: 0.65,
    keepMin: 8,
    maxPerProblem: 2,
    maxNewTokens: 192,
    temperature: 0.9,
  });
});

test('every setting of a preset has its source', () => {
  const line = (name: string, key: KnobKey) => {
    const preset = named(name);
    const text = explain(configOf(preset.settings), { preset, given: [] });
    return text
      .split('\n')
      .find((one) => one.startsWith(`${key} `))
      ?.replaceAll(/ {2,}/gu, ' | ');
  };
  expect(line('rethinker', 'loss.nllCoef')).toContain('| 0.05 | released code |');
  expect(line('rethinker', 'prompt.template')).toContain('| rethink | paper v3 |');
  expect(line('rethinker-tiny', 'prompt.template')).toContain('| default | paper v3 |');
  expect(line('rethinker-tiny', 'policy.start')).toContain('| ours |');
  expect(line('reasoner-grpo-tiny', 'batch.mode')).toContain('| grpo | paper v3 |');
  expect(line('released-code', 'rollout.topP')).toContain('| 0.95 | released code |');
});

test('the compatibility preset is stamped, and its faults are not repeated [4.1]', () => {
  expect(named('released-code').stamps).toEqual([
    'values of the released code, for comparison only',
  ]);
  expect(configNamed('released-code').batch.mode).toBe('ssr');
});
