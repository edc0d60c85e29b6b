import { parseArgs } from 'node:util';
import type { z } from 'zod';
import { type Command, UsageError } from './command.ts';
import { didYouMean, nearest } from './nearest.ts';
import { type OptionSpec, optionSpecs } from './option-spec.ts';

/** What a command's `run` gets, and whether help was asked for instead. */
export interface ParsedInput {
  readonly help: boolean;
  readonly options: z.output<z.ZodObject>;
  readonly positionals: readonly string[];
}

interface OptionToken {
  readonly kind: 'option';
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * Reads the words after a command's name by its schema.
 * @throws UsageError naming the option, what it expects and what it found
 */
export function parseInput(command: Command, args: readonly string[]): ParsedInput {
  const specs = optionSpecs(command.options);
  const { tokens, positionals } = tokenize(args, specs);
  const given = new Map<OptionSpec, unknown>();
  let help = false;
  for (const token of tokens) {
    if (token.name === 'help' || token.rawName === '-h') help = true;
    else addOption(given, token, specs);
  }
  if (help) return { help, options: {}, positionals };
  checkPositionals(command, positionals);
  const input = Object.fromEntries([...given].map(([{ key }, value]) => [key, value]));
  return { help, options: checkOptions(command, specs, input), positionals };
}

function tokenize(
  args: readonly string[],
  specs: readonly OptionSpec[],
): { readonly tokens: readonly OptionToken[]; readonly positionals: readonly string[] } {
  const boolean = { type: 'boolean' } as const;
  const options = Object.fromEntries(
    specs.map(({ flag, kind }) => [
      flag,
      kind === 'boolean' ? boolean : { type: 'string' as const },
    ]),
  );
  const parsed = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const tokens = parsed.tokens.filter((token) => token.kind === 'option');
  return { tokens, positionals: parsed.positionals };
}

/** The option that a token means, and whether it stands with `no-`. */
function specOf(
  { name, rawName }: OptionToken,
  specs: readonly OptionSpec[],
): { readonly spec: OptionSpec; readonly negated: boolean } {
  const spec = rawName.startsWith('--') ? specs.find(({ flag }) => flag === name) : undefined;
  if (spec !== undefined) return { spec, negated: false };
  const positive = specs.find(({ flag, kind }) => kind === 'boolean' && `no-${flag}` === name);
  if (positive !== undefined && rawName.startsWith('--')) return { spec: positive, negated: true };
  const known = [...specs.map(({ flag }) => flag), 'help'];
  const close = nearest(name.replace(/^no-/, '').replaceAll('_', '-'), known);
  const negated = specs.some(({ flag, kind }) => flag === close && kind === 'boolean');
  const prefix = name.startsWith('no-') && negated ? '--no-' : '--';
  const hint =
    close === undefined ? didYouMean(name, known, '--') : `; did you mean ${prefix}${close}?`;
  throw new UsageError(`unknown option ${rawName}${hint}`);
}

function addOption(
  given: Map<OptionSpec, unknown>,
  token: OptionToken,
  specs: readonly OptionSpec[],
): void {
  const { spec, negated } = specOf(token, specs);
  const value = negated ? negation(token) : valueOf(spec, token);
  const earlier = given.get(spec);
  if (spec.repeated)
    given.set(spec, [...(Array.isArray(earlier) ? (earlier as unknown[]) : []), value]);
  else if (earlier !== undefined && earlier !== value)
    throw new UsageError(
      `--${spec.flag} is given twice, as ${JSON.stringify(earlier)} and as ${JSON.stringify(value)}; it takes one value`,
    );
  else given.set(spec, value);
}

function negation({ rawName, value }: OptionToken): boolean {
  if (value === undefined) return false;
  throw new UsageError(`${rawName} takes no value, found ${JSON.stringify(value)}`);
}

function valueOf(spec: OptionSpec, { value, inlineValue }: OptionToken): unknown {
  const name = `--${spec.flag}`;
  if (spec.kind === 'boolean') {
    if (value === undefined || value === 'true') return true;
    if (value === 'false') return false;
    throw new UsageError(
      `${name} is a switch: give it alone, as ${name}=false or as --no-${spec.flag}; found ${JSON.stringify(value)}`,
    );
  }
  const swallowed = inlineValue === false && value?.startsWith('-') === true && value !== '-';
  if (value === undefined || (swallowed && !decimal.test(value)))
    throw new UsageError(
      `${name} needs a value${expectation(spec)}${swallowed ? `; to give one that starts with a dash, write ${name}=${value}` : ''}`,
    );
  if (spec.choices.length > 0 && !spec.choices.includes(value))
    throw new UsageError(
      `${name}: expected one of ${spec.choices.join(', ')}, found ${JSON.stringify(value)}${didYouMean(value, spec.choices)}`,
    );
  if (spec.kind !== 'number') return value;
  if (!decimal.test(value.trim()))
    throw new UsageError(`${name}: expected a number, found ${JSON.stringify(value)}`);
  return Number(value);
}

function expectation({ choices, kind, range }: OptionSpec): string {
  if (choices.length > 0) return `, one of ${choices.join(', ')}`;
  if (kind === 'number') return `, a number${range === '' ? '' : ` (${range})`}`;
  return '';
}

function checkOptions(
  { options }: Command,
  specs: readonly OptionSpec[],
  input: Record<string, unknown>,
): z.output<z.ZodObject> {
  const missing = specs.filter(({ key, required }) => required && !(key in input));
  if (missing.length > 0)
    throw new UsageError(
      `${missing.map(({ flag }) => `--${flag}`).join(' and ')} must be given${missing.length === 1 && missing[0] !== undefined ? expectation(missing[0]) : ''}`,
    );
  const checked = options.safeParse(input);
  if (checked.success) return checked.data;
  const lines = checked.error.issues.map((issue) => {
    const spec = specs.find(({ key }) => key === issue.path[0]);
    if (spec === undefined) return issue.message;
    const range = spec.range === '' ? '' : ` (${spec.range})`;
    const found = JSON.stringify(input[spec.key]);
    return `--${spec.flag}${range}: ${issue.message.replace(/^./, (c) => c.toLowerCase())}; found ${found}`;
  });
  throw new UsageError(lines.join('\n'));
}

/** Counts words against `<file> [out] [more]...`; a line of another form is left to the command. */
function checkPositionals({ name, positionals: form }: Command, found: readonly string[]): void {
  const places = [...form.matchAll(/(<[^<>]+>|\[[^[\]]+\])(\.\.\.)?/g)];
  if (places.map(([place]) => place).join(' ') !== form) return;
  const least = places.filter(([place]) => place.startsWith('<')).length;
  const endless = places.some(([place]) => place.includes('...'));
  const surplus = found[places.length];
  if (surplus !== undefined && !endless)
    throw new UsageError(
      `unexpected ${JSON.stringify(surplus)}; ${places.length === 0 ? `${name} takes options only` : `${name} takes ${form}`}`,
    );
  const absent = places[found.length]?.[0];
  if (found.length < least)
    throw new UsageError(`${absent ?? form} is missing; ${name} takes ${form}`);
}
