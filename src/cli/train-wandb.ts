import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json, Metrics } from '#run';
import { RunError } from '#run';
import { UsageError } from './command.ts';
import type { Tracker } from './train-trackers.ts';

/** How a run is called at Weights & Biases; a run that goes on keeps its id. */
export interface WandbRun {
  readonly project: string;
  readonly name: string;
  readonly id: string;
  /** Where the package keeps its own files: a folder `wandb` in it. */
  readonly dir: string;
  readonly notes: string;
  readonly config: Json;
}

/**
 * Speaks for the official package: one JSON document a line in, one a line out. `check` asks whether
 * it could begin; otherwise the first line is the run, each further one a step, and `{}` its end.
 * Without an end the run is marked as failed, for then this program was killed.
 */
const python = `
import json, sys
def say(**what):
    print(json.dumps(what), flush=True)
try:
    import wandb
except ImportError as error:
    say(missing=str(error)); sys.exit(1)
try:
    if sys.argv[1] == 'check':
        if wandb.setup().settings.mode in ('online', 'shared'):
            wandb.login()
        say(version=wandb.__version__); sys.exit(0)
    asked = json.loads(sys.stdin.readline())
    settings = wandb.Settings(silent=True, console='off', disable_git=True, save_code=False)
    run = wandb.init(resume='allow', settings=settings, **asked)
    run.define_metric('progress/step')
    run.define_metric('*', step_metric='progress/step')
    say(url=None if run.offline or run.disabled else run.url, dir=run.dir)
except Exception as error:
    say(failed=str(error)); sys.exit(1)
code = 1
for line in sys.stdin:
    told = json.loads(line)
    if not told:
        code = 0
        break
    run.log(told['values'], step=told['step'])
run.finish(exit_code=code)
`;

/** Seconds that leaving waits for uploads; after that they go on by themselves. */
const patience = 10;

/**
 * Asked before anything is begun: a run must not fail after its gate for a package or a key.
 *
 * @throws UsageError: no Python, no package `wandb`, or nobody is logged in.
 */
export async function demandWandb(): Promise<void> {
  const child = start('check');
  child.stdin.end();
  await firstWord(child);
}

/**
 * Logs to Weights & Biases through its official package, which is Python's, in a process of its own:
 * whatever happens to it, training goes on.
 *
 * @param note told a line for people.
 * @throws RunError if the run cannot be begun there.
 */
export async function weightsAndBiases(
  run: WandbRun,
  note: (text: string) => void,
): Promise<Tracker> {
  const child = start('log');
  child.stdin.on('error', () => {}); // it has ended, which `close` tells
  child.stdin.write(`${JSON.stringify(run)}\n`);
  const { url, dir } = await firstWord(child).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RunError(`${why}; go on with --resume, with or without --wandb`, { cause });
  });
  const where = url ?? dir?.replace(/[/\\]files$/u, '');
  note(`wandb: ${url === null ? `kept in ${where}; "wandb sync" uploads it` : where}`);
  let leaving = false;
  const closed = (async () => {
    const [code] = await once(child, 'close');
    if (leaving && code === 0) return;
    const why = child.said() === '' ? '' : `: ${child.said()}`;
    note(`wandb: its process ended with status ${code}${why}; metrics are no longer sent there`);
  })();
  return {
    add: (metrics, step, event) => {
      if (child.stdin.writable) child.stdin.write(lineOf(metrics, step, event));
    },
    [Symbol.asyncDispose]: async () => {
      leaving = true;
      child.stdin.end('{}\n');
      const waiting = new AbortController();
      const late = sleep(patience * 1000, true, { signal: waiting.signal }).catch(() => false);
      if ((await Promise.race([closed, late])) === true) {
        note('wandb: what is left is uploaded in the background');
        child.leave();
      }
      waiting.abort();
    },
  };
}

/** Python reads NaN and Infinity as they are written here, which JSON has no words for. */
function lineOf(metrics: Metrics, step: number, event: number): string {
  const values = Object.entries({ ...metrics, 'progress/step': step })
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${JSON.stringify(name)}: ${String(value)}`);
  return `{"step": ${event}, "values": {${values.join(', ')}}}\n`;
}

type Child = ReturnType<typeof start>;

/** In a process group of its own: Ctrl-C is for training, which ends it in order. */
function start(role: 'check' | 'log') {
  const named = process.env['VL_PYTHON'] ?? '';
  const program = named === '' ? 'python3' : named;
  const child = spawn(program, ['-c', python, role], { detached: true, windowsHide: true });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    text = (text + more).slice(-2000);
  });
  return Object.assign(child, {
    program,
    /** The last line it wrote for people. */
    said: () => text.trim().split('\n').at(-1) ?? '',
    leave: () => {
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
      child.unref();
    },
  });
}

/** What it says first, or why it cannot begin. */
async function firstWord(
  child: Child,
): Promise<{ readonly url?: string | null; readonly dir?: string }> {
  const failed = once(child, 'error').then(([cause]) => cause as Error);
  const lines = createInterface({ input: child.stdout });
  const said = (async () => {
    for await (const line of lines) if (line.startsWith('{')) return line;
    return undefined;
  })();
  const word = await Promise.race([said, failed]);
  const install = `${child.program} -m pip install wandb`;
  if (word instanceof Error) {
    throw new UsageError(
      `--wandb needs the Python package wandb, and ${child.program} does not start (${word.message}); ` +
        'install Python and the package, or name one with VL_PYTHON',
    );
  }
  if (word === undefined) throw new UsageError(`--wandb: ${child.program} ended: ${child.said()}`);
  const told = JSON.parse(word) as Readonly<Record<string, string | null>>;
  if (told['missing'] !== undefined) {
    throw new UsageError(
      `--wandb needs the Python package wandb, which ${child.program} does not have; ` +
        `run \`${install}\`, or name another Python with VL_PYTHON`,
    );
  }
  if (told['failed'] !== undefined) {
    throw new UsageError(
      `--wandb: ${told['failed']?.trim().split('\n')[0]} (\`wandb login\` logs in; WANDB_MODE=offline needs none)`,
    );
  }
  return told;
}
