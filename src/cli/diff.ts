import { resolve } from 'node:path';
import { z } from 'zod';
import type { Difference, Json } from '#run';
import { diffRuns, readRun } from '#run';
import type { Command, ExitCode } from './command.ts';
import { UsageError } from './command.ts';
import { table } from './table.ts';
import { paint } from './text.ts';

const options = z.strictObject({
  all: z.boolean().default(false).describe('also metrics that are equal'),
  json: z.boolean().default(false).describe('one JSON document'),
});

/** `vl-rethinker diff A B` */
export const diffCommand: Command<typeof options> = {
  name: 'diff',
  summary: 'two runs side by side: settings and versions that differ, last value of every metric',
  positionals: '<run> <run>',
  options,
  async run({ options: { all, json }, positionals: [a, b, ...more] }, io): Promise<ExitCode> {
    if (a === undefined || b === undefined || more.length > 0) {
      throw new UsageError('expected two run folders');
    }
    using first = readRun(resolve(io.cwd, a));
    using second = readRun(resolve(io.cwd, b));
    const found = diffRuns(first, second);
    if (json) {
      io.out(`${JSON.stringify(found, undefined, 2)}\n`);
      return 0;
    }
    const metrics = found.metrics.filter(({ a, b }) => all || a !== b);
    const parts = [
      section('settings', found.config, [a, b]),
      section('versions', found.versions, [a, b]),
      section('last metrics', metrics, [a, b]),
    ];
    const bold = (text: string) => paint(io.color.out, 'bold', text);
    for (const { title, lines } of parts) io.out(`${bold(title)}\n${lines.join('\n')}\n\n`);
    return 0;
  },
};

function section(
  title: string,
  differences: readonly Difference<Json>[],
  [a, b]: readonly [string, string],
): { readonly title: string; readonly lines: readonly string[] } {
  if (differences.length === 0) return { title, lines: ['  no difference'] };
  const rows = differences.map((each) => [each.name, shown(each.a), shown(each.b), change(each)]);
  const right = 'right' as const;
  const columns = [
    { title: '' },
    { title: a, align: right },
    { title: b, align: right },
    { title: '', align: right },
  ];
  return { title, lines: table(columns, rows) };
}

function shown(value: Json | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'number') return `${Number(value.toPrecision(5))}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** How much larger the second number is. */
function change({ a, b }: Difference<Json>): string {
  if (typeof a !== 'number' || typeof b !== 'number') return '';
  const by = b - a;
  return `${by >= 0 ? '+' : ''}${Number(by.toPrecision(3))}`;
}
