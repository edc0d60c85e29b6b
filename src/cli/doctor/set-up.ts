import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, ok } from './check.ts';
import { broken, lastLine, runNode } from './child.ts';
import { setUp as remedy } from './remedy.ts';

/** What `scripts/setup.mjs --check` prints. */
interface SetUpState {
  readonly packages: boolean;
  readonly fresh: boolean;
  readonly current?: {
    readonly addon: string;
    readonly key: string;
    readonly libtorch: string;
    readonly version: string;
    readonly source?: string;
  };
  readonly selfTest?: string;
}

/** Whether packages, libtorch and the compiled engine are in place and belong together. */
export async function checkSetUp(root: string, signal: AbortSignal): Promise<readonly Check[]> {
  const script = join(root, 'scripts', 'setup.mjs');
  const done = await runNode([script, '--check'], { timeoutMs: 5000, signal });
  let state: SetUpState;
  try {
    state = JSON.parse(done.stdout) as SetUpState;
  } catch {
    return [broken('set-up', done, `${remedy}; it says what is missing`)];
  }
  return [packages(state), libtorch(state), engine(state)];
}

function packages(state: SetUpState): Check {
  if (state.packages) return ok('packages', 'as package-lock.json says', { current: true });
  return {
    name: 'packages',
    status: 'warn',
    measured: 'node_modules differs from package-lock.json, or npm was run by hand',
    advice: remedy,
    values: { current: false },
  };
}

function libtorch({ current }: SetUpState): Check {
  if (current === undefined)
    return {
      name: 'libtorch',
      status: 'fail',
      measured: 'none chosen yet',
      advice: remedy,
      values: { version: null, path: null, source: null },
    };
  const { libtorch: path, version, source = null } = current;
  const there = existsSync(path);
  return {
    name: 'libtorch',
    status: there ? 'ok' : 'fail',
    measured: `${version} at ${path}${there ? '' : ', which is gone'}`,
    advice: there ? '' : remedy,
    values: { version, path, source },
  };
}

function engine({ current, fresh }: SetUpState): Check {
  const built = current !== undefined && existsSync(current.addon);
  const values = { key: current?.key ?? null, fresh };
  if (built && fresh) return ok('engine', `built from these sources (${current.key})`, values);
  return {
    name: 'engine',
    status: built ? 'warn' : 'fail',
    measured: built ? 'older than its sources, its compiler or libtorch' : 'not compiled',
    advice: remedy,
    values,
  };
}

/** Runs the engine's self-test in a process of its own. */
export async function checkSelfTest(root: string, signal: AbortSignal): Promise<Check> {
  const file = ['src/tensor/self-test.ts', 'dist/tensor/self-test.js']
    .map((name) => join(root, name))
    .find((path) => existsSync(path));
  if (file === undefined)
    return {
      name: 'self-test',
      status: 'warn',
      measured: 'src/tensor/self-test.ts is not there',
      advice: 'clone the project again',
      values: { passed: null },
    };
  const done = await runNode([file], { timeoutMs: 10_000, signal });
  if (done.code !== 0) return broken('self-test', done, `${remedy}; it says what is missing`);
  return ok('self-test', lastLine(done.stdout), { passed: true });
}
