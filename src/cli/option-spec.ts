import { z } from 'zod';

/** One option as the command line sees it, read off a command's zod schema. */
export interface OptionSpec {
  /** Key in the schema: `maxTokens`. */
  readonly key: string;
  /** What is typed: `max-tokens`. */
  readonly flag: string;
  readonly kind: 'boolean' | 'number' | 'string';
  /** May be given several times; the values become an array. */
  readonly repeated: boolean;
  /** The values that are allowed, where they are few. */
  readonly choices: readonly string[];
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string;
  /** For help: `1 to 64`, `at least 0`. Empty where nothing bounds it. */
  readonly range: string;
}

/** The parts of a JSON schema that matter here. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** `maxTokens` → `max-tokens`. */
export function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The options of a command, in the order of its schema. */
export function optionSpecs(options: z.ZodObject): readonly OptionSpec[] {
  const schema = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return Object.entries(schema.properties ?? {}).map(([key, property]) =>
    specOf(key, property, schema.required?.includes(key) ?? false),
  );
}

function specOf(key: string, schema: JsonSchema, required: boolean): OptionSpec {
  const repeated = typesOf(schema).has('array');
  const value = repeated ? (arrayItems(schema) ?? {}) : schema;
  const types = typesOf(value);
  const numeric = types.has('number') || types.has('integer');
  const kind = types.has('boolean') ? 'boolean' : numeric ? 'number' : 'string';
  return {
    key,
    flag: flagOf(key),
    kind: types.has('string') ? 'string' : kind,
    repeated,
    choices: choicesOf(value),
    required,
    default: schema.default,
    description: schema.description ?? '',
    range: rangeOf(value),
  };
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return (schema.anyOf ?? [schema]).flatMap((each) =>
    each.anyOf === undefined ? [each] : alternatives(each),
  );
}

function typesOf(schema: JsonSchema): ReadonlySet<string> {
  return new Set(
    alternatives(schema).flatMap(({ type, const: constant, enum: values }) => {
      if (type !== undefined) return type;
      return [...(values ?? []), ...(constant === undefined ? [] : [constant])].map(
        (x) => typeof x,
      );
    }),
  );
}

function arrayItems(schema: JsonSchema): JsonSchema | undefined {
  return alternatives(schema).find(({ items }) => items !== undefined)?.items;
}

function choicesOf(schema: JsonSchema): readonly string[] {
  const all = alternatives(schema).map(({ enum: values, const: constant, type }) => {
    if (values !== undefined) return values.map(String);
    if (constant !== undefined) return [`${constant}`];
    return type === 'null' ? [] : undefined;
  });
  return all.includes(undefined) ? [] : all.flatMap((values) => values ?? []);
}

function rangeOf(schema: JsonSchema): string {
  const number = alternatives(schema).find(({ type }) => type === 'number' || type === 'integer');
  if (number === undefined) return '';
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = number;
  const whole = number.type === 'integer' ? 'whole, ' : '';
  const known = (bound: number | undefined) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER ? bound : undefined;
  const [low, high] = [known(minimum), known(maximum)];
  const [above, below] = [known(exclusiveMinimum), known(exclusiveMaximum)];
  if (low !== undefined && high !== undefined) return `${whole}${low} to ${high}`;
  const bounds = [
    low === undefined ? '' : `at least ${low}`,
    above === undefined ? '' : `above ${above}`,
    high === undefined ? '' : `at most ${high}`,
    below === undefined ? '' : `below ${below}`,
  ].filter((bound) => bound !== '');
  return `${whole}${bounds.join(', ')}`.replace(/, $/, '');
}
