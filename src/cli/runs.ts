import { relative, resolve } from 'node:path';
import { z } from 'zod';
import type { ListedRun } from '#run';
import { listRuns } from '#run';
import type { Command, ExitCode } from './command.ts';
import { table } from './table.ts';
import { paint } from './text.ts';

const options = z.strictObject({
  root: z.string().default('runs').describe('folder that holds the runs'),
  json: z.boolean().default(false).describe('one JSON document'),
});

/** `vl-rethinker runs` */
export const runsCommand: Command<typeof options> = {
  name: 'runs',
  summary: 'list the runs in a folder: where each stands, its best checkpoint, its alarms',
  positionals: '',
  options,
  async run({ options: { root, json } }, io): Promise<ExitCode> {
    const folder = resolve(io.cwd, root);
    const runs = listRuns(folder);
    if (json) {
      io.out(`${JSON.stringify(runs, undefined, 2)}\n`);
      return 0;
    }
    if (runs.length === 0) {
      io.err(`no runs in ${folder}\n`);
      return 0;
    }
    const columns = [
      { title: 'run' },
      { title: 'preset' },
      { title: 'state' },
      { title: 'iteration', align: 'right' as const },
      { title: 'step', align: 'right' as const },
      { title: 'best', align: 'right' as const },
      { title: 'at' },
      { title: 'alarms' },
    ];
    const named = (path: string) => {
      const near = relative(io.cwd, path);
      return near.startsWith('..') ? path : near;
    };
    const rows = runs.map((run) => rowOf(run, named(run.folder)));
    const [head = '', ...rest] = table(columns, rows);
    io.out(`${[paint(io.color.out, 'bold', head), ...rest].join('\n')}\n`);
    return 0;
  },
};

function rowOf({ running, summary, problem }: ListedRun, name: string): readonly string[] {
  if (summary === undefined) return [name, '', `unreadable: ${problem ?? ''}`];
  const { head, iteration, step, finished, best, alarms } = summary;
  const preset = (head.config as { readonly preset?: string } | null)?.preset ?? '';
  const state = running ? 'running' : finished ? 'finished' : 'stopped';
  const names = [...new Set(alarms.map((alarm) => alarm.name))].join(', ');
  const score = best?.score?.toFixed(4) ?? '–';
  return [name, preset, state, `${iteration}`, `${step}`, score, best?.name ?? '', names];
}
