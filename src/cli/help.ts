import type { Command } from './command.ts';
import { definitions } from './definitions.ts';
import { type OptionSpec, optionSpecs } from './option-spec.ts';
import type { HelpIo } from './program-help.ts';
import { paint, wrap } from './text.ts';

const model = '<folder|id>';
const path = '<path>';

/** What stands for a value, where the name of the option says more than its type. */
const forms: Readonly<Record<string, string>> = {
  model,
  start: model,
  data: '<path|id>',
  root: path,
  run: path,
  out: path,
  fix: path,
  report: path,
  images: path,
  input: path,
  output: path,
  items: path,
  responses: path,
  html: path,
  endpoint: '<url>',
  set: '<key=value>',
  with: '<key=value>',
  preset: '<name>',
  wandb: '<project>',
  passrates: '<name=path>',
};

/** The form of an option that is given once, where one of that name may be repeated elsewhere. */
const formsOnce: Readonly<Record<string, string>> = { set: '<name>' };

function placeholder({ kind, choices, flag, repeated }: OptionSpec): string {
  if (kind === 'boolean') return '';
  if (choices.length > 0 && choices.join('|').length <= 24) return ` <${choices.join('|')}>`;
  const form = (repeated ? undefined : formsOnce[flag]) ?? forms[flag];
  return ` ${kind === 'number' ? '<number>' : (form ?? '<text>')}`;
}

function facts(spec: OptionSpec): string {
  const { choices, range, repeated, required } = spec;
  const shown = spec.default;
  const remarks = [
    choices.length > 0 && choices.join('|').length > 24 ? `one of ${choices.join(', ')}` : '',
    range,
    repeated && !/repeated/.test(spec.description) ? 'may be repeated' : '',
    required ? 'required' : '',
    isWorthTelling(shown) ? `default ${valueText(shown)}` : '',
  ].filter((remark) => remark !== '');
  return remarks.length === 0 ? '' : ` (${remarks.join('; ')})`;
}

function valueText(value: unknown): string {
  if (value === true) return 'on';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isWorthTelling(value: unknown): boolean {
  return (
    value !== undefined &&
    value !== null &&
    value !== false &&
    value !== '' &&
    !(Array.isArray(value) && value.length === 0)
  );
}

function optionLine(spec: OptionSpec): readonly [string, string] {
  const on = spec.kind === 'boolean' && spec.default === true;
  return [
    `--${on ? '[no-]' : ''}${spec.flag}${placeholder(spec)}`,
    `${spec.description}${facts(spec)}`,
  ];
}

/**
 * Joins the lines of a paragraph. Examples, which are indented or begin with the program's name, and
 * blank lines stay.
 */
function reflow(text: string): string {
  const examples = text.replace(/^(?=vl-rethinker )/gm, '  ');
  return examples.replace(/(?<=^\S.*)\n(?=\S)/gm, ' ').replace(/(?<=^\S.*)\n(?= )/gm, '\n\n');
}

/** One command's help, printed from its schema. */
export function commandHelp(command: Command, { color, width }: HelpIo): string {
  const title = (text: string) => paint(color.out, 'bold', text);
  const specs = optionSpecs(command.options);
  const form = command.positionals === '' ? '' : ` ${command.positionals}`;
  const first = command.summary.charAt(0).toUpperCase() + command.summary.slice(1);
  return [
    `${title('usage:')} vl-rethinker ${command.name} [options]${form}`,
    '',
    ...wrap(/[.!?]$/.test(first) ? first : `${first}.`, width),
    ...(command.help === undefined ? [] : ['', ...wrap(reflow(command.help.trim()), width)]),
    '',
    title('options:'),
    ...definitions([...specs.map(optionLine), ['-h, --help', 'this text']], width),
    '',
  ].join('\n');
}
