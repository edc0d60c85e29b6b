import type { RunConfig } from './run-config.ts';

/** What a knob can hold. */
export type KnobValue = number | boolean | string | readonly string[];

type Section<Name extends keyof RunConfig> = RunConfig[Name] extends number
  ? Name
  : `${Name}.${keyof RunConfig[Name] & string}`;
/** `seed`, `rollout.groupSize`, … : every leaf of the configuration. */
export type KnobKey = { [Name in keyof RunConfig]: Section<Name> }[keyof RunConfig];

/** The type of a knob's value. */
export type ValueOf<Key extends KnobKey> = Key extends `${infer Name}.${infer Leaf}`
  ? Name extends keyof RunConfig
    ? Leaf extends keyof RunConfig[Name]
      ? RunConfig[Name][Leaf]
      : never
    : never
  : Key extends keyof RunConfig
    ? RunConfig[Key]
    : never;

/** What values a knob takes. Numbers are between `min` and `max`, both included. */
export type KnobKind =
  | { readonly kind: 'whole'; readonly min: number; readonly max?: number; readonly off?: true }
  | { readonly kind: 'real'; readonly min: number; readonly max?: number; readonly off?: true }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'choices'; readonly values: readonly string[] }
  | { readonly kind: 'text' }
  | { readonly kind: 'texts' }
  | { readonly kind: 'wordOrWhole'; readonly word: string; readonly min: number };

/** Where a value comes from. */
export type Source = 'paper v1, v3' | 'paper v1' | 'paper v3' | 'released code' | 'ours';

/** One setting: everything that the command line, `--explain` and the checks need to know. */
export interface Knob<Value extends KnobValue = KnobValue> {
  readonly type: KnobKind;
  /** The value of stage 1, `reasoner`. */
  readonly value: Value;
  readonly source: Source;
  /** One line. */
  readonly meaning: string;
  /** Why it cannot have an effect in this combination; undefined when it has one. */
  readonly idle?: (config: RunConfig) => string | undefined;
}

export type KnobTable = { readonly [Key in KnobKey]: Knob<ValueOf<Key>> };
