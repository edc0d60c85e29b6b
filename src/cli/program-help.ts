import type { Io } from './command.ts';
import type { CommandEntry } from './commands.ts';
import { definitions } from './definitions.ts';
import { paint, wrap } from './text.ts';

/** How help is laid out: width of the terminal behind stdout, and whether it may be coloured. */
export type HelpIo = Pick<Io, 'color'> & { readonly width: number };

/** Commands that share their first word. */
export function familyHelp(entries: readonly CommandEntry[], { color, width }: HelpIo): string {
  const [first = ''] = (entries[0]?.name ?? '').split(' ');
  return [
    `${paint(color.out, 'bold', 'usage:')} vl-rethinker ${first} <command> [options]`,
    '',
    paint(color.out, 'bold', 'commands:'),
    ...definitions(
      entries.map(({ name, summary }) => [name, summary]),
      width,
    ),
    '',
  ].join('\n');
}

/** The program's help: usage, what it is, every command. */
export function programHelp(entries: readonly CommandEntry[], { color, width }: HelpIo): string {
  const title = (text: string) => paint(color.out, 'bold', text);
  return [
    `${title('usage:')} vl-rethinker <command> [options]`,
    '',
    ...wrap(
      'Trains vision-language models by reinforcement learning: GRPO with Selective Sample Replay and Forced Rethinking.',
      width,
    ),
    '',
    title('commands:'),
    ...definitions(
      entries.map(({ name, summary }) => [name, summary]),
      width,
    ),
    '',
    title('options:'),
    ...definitions(
      [
        ['-h, --help', 'this text; after a command, its own'],
        ['--version', 'version, commit and Node; with --json as data'],
      ],
      width,
    ),
    '',
  ].join('\n');
}
