import type { Command } from './command.ts';
import { definitions } from './definitions.ts';
import { type OptionSpec, optionSpecs } from './option-spec.ts';
import type { HelpIo } from './program-help.ts';
import { paint, wrap } from './text.ts';

function placeholder({ kind, choices, flag }: OptionSpec): string {
  if (kind === 'boolean') return '';
  if (choices.length > 0 && choices.join('|').length <= 24) return ` <${choices.join('|')}>`;
  if (kind === 'number') return ' <number>';
  return /(file|path|dir|folder|out)$/.test(flag) ? ' <path>' : ' <text>';
}

function facts(spec: OptionSpec): string {
  const { choices, range, repeated, required } = spec;
  const shown = spec.default;
  const remarks = [
    choices.length > 0 && choices.join('|').length > 24 ? `one of ${choices.join(', ')}` : '',
    range,
    repeated && !/repeated/.test(spec.description) ? 'may be repeated' : '',
    required ? 'required' : '',
    isWorthTelling(shown)
      ? `default ${typeof shown === 'string' ? shown : JSON.stringify(shown)}`
      : '',
  ].filter((remark) => remark !== '');
  return remarks.length === 0 ? '' : ` (${remarks.join('; ')})`;
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
    `--${on ? 'no-' : ''}${spec.flag}${placeholder(spec)}`,
    `${spec.description}${facts(spec)}`,
  ];
}

/** Joins the lines of a paragraph; indented lines (examples) and blank ones stay. */
function reflow(text: string): string {
  return text.replace(/(?<=\S)\n(?=\S)/g, ' ');
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
