import type { Knob, KnobKey, KnobTable, KnobValue } from './knob.ts';
import { lossKnobs, rewardKnobs } from './knobs-loss.ts';
import { rethinkKnobs, rolloutKnobs } from './knobs-rollout.ts';
import { alarmKnobs, checkKnobs, dataKnobs, optimKnobs, seedKnob } from './knobs-run.ts';
import type { RunConfig } from './run-config.ts';

/** Every setting of a training run, with the values of stage 1. The one place that knows them all. */
export const knobs: KnobTable = {
  ...seedKnob,
  ...dataKnobs,
  ...rolloutKnobs,
  ...rethinkKnobs,
  ...rewardKnobs,
  ...lossKnobs,
  ...optimKnobs,
  ...checkKnobs,
  ...alarmKnobs,
};

/** Some settings by key, as presets and command lines give them. */
export type Settings = { readonly [Key in KnobKey]?: KnobTable[Key]['value'] };

/** The knob of a key; the table's own type knows more about single keys. */
export function knobOf(key: KnobKey): Knob {
  return knobs[key];
}

/** All keys, in the order of the table. */
export const knobKeys: readonly KnobKey[] = Object.keys(knobs) as KnobKey[];

/** The configuration of stage 1 with some settings changed. Values are not checked; see `check`. */
export function configOf(settings: Settings = {}): RunConfig {
  const tree: Record<string, unknown> = {};
  for (const key of knobKeys) {
    const value = settings[key] ?? knobs[key].value;
    const [section = key, leaf] = key.split('.');
    if (leaf === undefined) tree[section] = value;
    else tree[section] = { ...(tree[section] as object | undefined), [leaf]: value };
  }
  return tree as unknown as RunConfig;
}

/** The value of a key in a configuration. */
export function settingOf(config: RunConfig, key: KnobKey): KnobValue {
  const [section = key, leaf] = key.split('.');
  const found = config[section as keyof RunConfig] as unknown;
  return (leaf === undefined ? found : (found as Record<string, unknown>)[leaf]) as KnobValue;
}
