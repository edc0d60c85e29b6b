import { closestWord } from './closest-word.ts';
import type { KnobKey, KnobKind, KnobValue } from './knob.ts';
import type { Settings } from './knobs.ts';
import { configOf, knobKeys, knobOf, settingOf } from './knobs.ts';
import type { RunConfig } from './run-config.ts';

/** Something wrong with a configuration, in words. */
export interface Complaint {
  readonly key: string;
  readonly message: string;
}

/** Settings as they were given, before anything is known about them. */
export type Given = Readonly<Record<string, unknown>>;

/** A configuration, or all that is wrong with it. */
export type Resolved =
  | { readonly config: RunConfig; readonly complaints: readonly [] }
  | { readonly config: undefined; readonly complaints: readonly Complaint[] };

/**
 * Puts a preset's settings and what a user set on top of the values of stage 1, and checks everything:
 * unknown keys (with a suggestion), types and ranges, contradictions, and knobs that the user set but
 * that cannot have an effect in this combination.
 */
export function resolveConfig(preset: Settings, given: Given): Resolved {
  const complaints: Complaint[] = [];
  const settings: Record<string, KnobValue> = { ...preset };
  const set: KnobKey[] = [];
  for (const [key, raw] of Object.entries(given)) {
    const known = knobKeys.find((one) => one === key);
    if (known === undefined) complaints.push({ key, message: unknownKey(key) });
    else {
      const value = typeof raw === 'string' ? parseSetting(known, raw) : (raw as KnobValue);
      settings[known] = value;
      set.push(known);
    }
  }
  for (const [key, value] of Object.entries(settings)) {
    const message = wrongValue(key as KnobKey, value);
    if (message !== undefined) complaints.push({ key, message });
  }
  if (complaints.length > 0) return { config: undefined, complaints };
  const config = configOf(settings);
  const found = [...contradictions(config), ...set.flatMap((key) => idleComplaint(key, config))];
  return found.length > 0 ? { config: undefined, complaints: found } : { config, complaints: [] };
}

/** A setting from its text on a command line: `8`, `1e-6`, `true`, `episode`, `a,b`. */
export function parseSetting(key: KnobKey, text: string): KnobValue {
  const { type } = knobOf(key);
  switch (type.kind) {
    case 'whole':
    case 'real':
      if (type.off === true && ['off', 'none'].includes(text)) return 0;
      return numberOr(text);
    case 'flag':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'choices':
    case 'texts':
      return text === '' ? [] : text.split(',').map((word) => word.trim());
    case 'wordOrWhole':
      return text === type.word ? text : numberOr(text);
    case 'choice':
    case 'text':
      return text;
  }
}

/** What is no number stays as it was written, to be shown so where it is refused. */
function numberOr(text: string): number | string {
  const value = text.trim() === '' ? NaN : Number(text);
  return Number.isNaN(value) ? text : value;
}

function unknownKey(key: string): string {
  const inside = knobKeys.filter((one) => one.startsWith(`${key}.`));
  if (inside.length > 0) return `"${key}" is no setting but has some: ${inside.join(', ')}`;
  const leaf = knobKeys.find((one) => one.endsWith(`.${key}`));
  const near = leaf ?? closestWord(key, knobKeys);
  return `there is no setting "${key}"${near === undefined ? '' : `; did you mean ${near}?`}`;
}

/** What is wrong with a value, or undefined. */
function wrongValue(key: KnobKey, value: unknown): string | undefined {
  const { type } = knobOf(key);
  const found =
    typeof value === 'string' ? `"${value}"` : Array.isArray(value) ? listed(value) : String(value);
  const bad = (expected: string) => `${key}: expected ${expected}, found ${found}`;
  switch (type.kind) {
    case 'whole':
      return Number.isSafeInteger(value) && inRange(value, type)
        ? undefined
        : bad(`a whole number ${rangeOf(type)}`);
    case 'real':
      return Number.isFinite(value) && inRange(value, type)
        ? undefined
        : bad(`a number ${rangeOf(type)}`);
    case 'flag':
      return typeof value === 'boolean' ? undefined : bad('true or false');
    case 'text':
      return typeof value === 'string' && value !== '' ? undefined : bad('a text');
    case 'texts':
      return isTexts(value) ? twice(key, value) : bad('a list of texts');
    case 'wordOrWhole':
      return value === type.word || (Number.isSafeInteger(value) && inRange(value, type))
        ? undefined
        : bad(`${type.word} or a whole number ${rangeOf(type)}`);
    case 'choice':
      return type.values.includes(String(value)) && typeof value === 'string'
        ? undefined
        : bad(`one of ${type.values.join(', ')}`) + suggestion(found, type.values);
    case 'choices':
      return isTexts(value) && value.length > 0 && value.every((one) => type.values.includes(one))
        ? twice(key, value)
        : bad(`some of ${type.values.join(', ')}`) + suggestionFor(value, type.values);
  }
}

function listed(values: readonly unknown[]): string {
  return values.length === 0 ? 'none' : values.map((one) => `"${String(one)}"`).join(', ');
}

function twice(key: KnobKey, values: readonly string[]): string | undefined {
  const again = values.find((one, place) => values.indexOf(one) < place);
  return again === undefined ? undefined : `${key}: expected each once, found "${again}" again`;
}

/** For the first of several words that is not known. */
function suggestionFor(found: unknown, values: readonly string[]): string {
  const wrong = isTexts(found) ? found.find((one) => !values.includes(one)) : undefined;
  return wrong === undefined ? '' : suggestion(wrong, values);
}

function suggestion(found: string, values: readonly string[]): string {
  const near = closestWord(found.replaceAll('"', ''), values);
  return near === undefined ? '' : `; did you mean ${near}?`;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

type Range = { readonly min: number; readonly max?: number };

function inRange(value: unknown, { min, max = Infinity }: Range): boolean {
  return typeof value === 'number' && value >= min && value <= max;
}

function rangeOf(type: Extract<KnobKind, Range>): string {
  const { max } = type as Range;
  return max === undefined ? `of at least ${type.min}` : `from ${type.min} to ${max}`;
}

function idleComplaint(key: KnobKey, config: RunConfig): readonly Complaint[] {
  const reason = knobOf(key).idle?.(config);
  const value = settingOf(config, key);
  if (reason === undefined) return [];
  return [{ key, message: `${key} = ${String(value)} has no effect: ${reason}` }];
}

/** Combinations that cannot work, whatever they were meant to do. */
function contradictions(config: RunConfig): readonly Complaint[] {
  const { rollout, rethink, train, loss, mask, vision } = config;
  const samples = rollout.problemsPerSync * rollout.groupSize;
  const found: Complaint[] = [];
  const refuse = (key: KnobKey, wrong: boolean, message: string) => {
    if (wrong) found.push({ key, message: `${key}: ${message}` });
  };
  refuse(
    'train.batchSamples',
    train.batchSamples > samples,
    `a batch of ${train.batchSamples} can never be full: an iteration has ${samples} samples`,
  );
  const longest = longestResponse(config);
  refuse(
    'train.microbatchTokens',
    train.microbatchTokens < longest,
    `too little memory: ${train.microbatchTokens} tokens at once do not hold one response of up to ${longest}`,
  );
  refuse(
    'vision.maxPixels',
    vision.minPixels > vision.maxPixels,
    `expected at least vision.minPixels (${vision.minPixels}), found ${vision.maxPixels}`,
  );
  if (rethink.mode === 'off') return found;
  refuse(
    'rethink.keepMin',
    rethink.keepMin > rethink.keepMax,
    `nothing can be kept: the shortest (${rethink.keepMin}) is longer than the longest (${rethink.keepMax})`,
  );
  refuse(
    'rethink.keepMin',
    rethink.keepMin >= rethink.maxNewTokens,
    `nothing can be kept: ${rethink.keepMin} tokens and an end token do not fit into rethink.maxNewTokens (${rethink.maxNewTokens})`,
  );
  refuse('rethink.q', rethink.q === 0, 'rethinking is asked for but nothing is ever triggered');
  refuse(
    'mask.policyTrigger',
    mask.policyTrigger && loss.oldLogprobs === 'sampler',
    'the sampler has no logprobs for trigger tokens; set loss.oldLogprobs to trainer',
  );
  return found;
}

/** Tokens of the longest response that the settings allow, rethinking included but for its trigger. */
export function longestResponse({ rollout, rethink }: RunConfig): number {
  if (rethink.mode === 'off') return rollout.maxNewTokens;
  const rethought = Math.min(rollout.maxNewTokens, rethink.maxY1) + rethink.maxNewTokens;
  return Math.max(rollout.maxNewTokens, rethought);
}

/** What must be said wherever results of such a run are shown. */
export function stampsOf({ rethink, rollout }: RunConfig): readonly string[] {
  const stamps: string[] = [];
  if (rethink.mode === 'wrong_only')
    stamps.push('reference answers choose which responses rethink');
  if (rethink.mode !== 'off' && rethink.choice === 'gold_aware') {
    stamps.push('reference answers choose the trigger');
  }
  if (rollout.topP < 1 || rollout.topK > 0) {
    stamps.push('the sampler draws from a narrower distribution than the trainer scores');
  }
  return stamps;
}
