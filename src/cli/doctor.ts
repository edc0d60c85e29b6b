import { z } from 'zod';
import type { Command, Io } from './command.ts';
import type { Check } from './doctor/check.ts';
import { checkEngine } from './doctor/engine.ts';
import { checkDisk, checkMemory, checkNode, checkPlatform } from './doctor/machine.ts';
import { checkSelfTest, checkSetUp } from './doctor/set-up.ts';
import { checkEnvironment, checkThreads } from './doctor/threads.ts';
import { pad, paint, wrap } from './text.ts';
import { projectRoot, versionOf } from './version.ts';

const options: z.ZodObject<{ json: z.ZodDefault<z.ZodBoolean> }> = z.strictObject({
  json: z.boolean().default(false).describe('one JSON document on stdout'),
});

const marks = { ok: '✓', warn: '!', fail: '✗' } as const;
const colors = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

/** What is worth knowing before the first run, and before asking others for help. */
export const doctor: Command<typeof options> = {
  name: 'doctor',
  summary: 'check this machine: versions, libtorch, threads, speed, memory',
  positionals: '',
  help: `Looks at what a run depends on and says what to do where something is amiss. Products are
timed for a quarter of a second each; other programs on the machine lower the figures.

Exit status 1 when a check fails; warnings do not fail.`,
  options,
  async run({ options: { json } }, io) {
    const checks: Check[] = [];
    const report = (...found: readonly Check[]) => {
      checks.push(...found);
      if (!json) for (const check of found) print(check, io);
    };
    report(checkNode(), checkPlatform(), checkMemory(), checkDisk(io.cwd));
    report(checkThreads(), checkEnvironment());
    const setUp = await checkSetUp(projectRoot, io.signal);
    report(...setUp);
    if (setUp.every(({ status }) => status !== 'fail')) {
      report(...(await checkEngine(io.signal)));
      report(await checkSelfTest(projectRoot, io.signal));
    }
    const failed = checks.filter(({ status }) => status === 'fail').length;
    if (json)
      io.out(`${JSON.stringify({ ...versionOf(), passed: failed === 0, checks }, null, 2)}\n`);
    else io.out(`${summary(checks)}\n`);
    return failed === 0 ? 0 : 1;
  },
};

const nameColumns = 15;

function print({ name, status, measured, advice }: Check, io: Io): void {
  const width = Math.max(40, Math.min(io.columns ?? 100, 100));
  const left = ' '.repeat(nameColumns + 2);
  const mark = paint(io.color.out, colors[status], marks[status]);
  const [first = '', ...rest] = wrap(measured, width - left.length);
  io.out(`${mark} ${pad(name, nameColumns)}${first}\n`);
  for (const line of rest) io.out(`${left}${line}\n`);
  if (advice === '') return;
  for (const line of wrap(`→ ${advice}`, width - left.length)) io.out(`${left}${line}\n`);
}

function summary(checks: readonly Check[]): string {
  const count = (status: Check['status']) =>
    checks.filter((check) => check.status === status).length;
  return `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
}
