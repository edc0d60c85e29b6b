import { type ChildProcessByStdio, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Programs that the fakes below are written with. */
const tools = ['sh', 'mkdir', 'cat', 'sleep', 'chmod', 'cp', 'touch', 'rm', 'dirname'];

/** Writes what it was called with, then leaves what `npm ci` would. */
const npm = `#!/bin/sh
echo "npm $* cache=$npm_config_cache pid=$$" >> "$CALLS"
[ -n "$NPM_SAYS" ] && { echo "$NPM_SAYS" >&2; exit 1; }
sleep "\${NPM_SLEEP:-0}"
rm -rf node_modules
mkdir -p node_modules/node/bin node_modules/node-api-headers/include node_modules/.bin
echo '{"version":"1.9.0"}' > node_modules/node-api-headers/package.json
echo '{"version":"24.21.0"}' > node_modules/node/package.json
if [ -n "$NPM_WITHOUT_SCRIPTS" ]; then
  echo 'require("fs").writeFileSync("bin/node", process.env.PINNED, { mode: 0o755 })' > node_modules/node/installArchSpecificPackage.js
else
  echo "$PINNED" > node_modules/node/bin/node
  chmod +x node_modules/node/bin/node
fi
cp package-lock.json node_modules/.package-lock.json
`;

const compiler = `#!/bin/sh
case "$*" in *-dumpfullversion*) echo "\${GXX_VERSION:-12.2.0}"; exit 0 ;; esac
echo "g++ $*" >> "$CALLS"
[ -n "$GXX_SAYS" ] && { echo "$GXX_SAYS" >&2; exit 1; }
sleep "\${GXX_SLEEP:-0}"
while [ $# -gt 0 ]; do [ "$1" = -o ] && { echo compiled > "$2"; exit 0; }; shift; done
exit 1
`;

/** Knows find_spec, pip and the unpacking program; what it offers is told by the environment. */
const python = `#!/bin/sh
case "$*" in
  *find_spec*) echo "$PYTHON_TORCH"; exit 0 ;;
  "-m pip --version"*) [ -z "$NO_PIP" ] ; exit $? ;;
  "-m pip install --dry-run"*)
    echo "pip dry-run $*" >> "$CALLS"
    [ -z "$PLAIN_NEEDS" ] && exit 1
    [ -n "$PLAIN_SIZE" ] && { echo "Downloading torch.whl ($PLAIN_SIZE)"; sleep 30; }
    while [ "$1" != --report ]; do shift; done
    echo '{"install":[{"metadata":{"requires_dist":["'$PLAIN_NEEDS'"]}}]}' > "$2"; exit 0 ;;
  "-m pip download"*)
    echo "pip $*" >> "$CALLS"
    [ -n "$PIP_SAYS" ] && { echo "$PIP_SAYS" >&2; exit 1; }
    case "$*" in *+cpu*) [ -n "$NO_CPU_WHEEL" ] && exit 1 ;; esac
    sleep "\${PIP_SLEEP:-0}"
    while [ $# -gt 0 ]; do [ "$1" = --dest ] && { mkdir -p "$2"; touch "$2/torch.whl"; exit 0; }; shift; done ;;
  "-c "*)
    for target; do :; done
    mkdir -p "$target/include/ATen" "$target/lib"
    echo "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcE" > "$target/lib/libc10.so"
    echo "library" > "$target/lib/libtorch_cpu.so"
    echo "__version__ = '2.13.0+cpu'" > "$target/version.py"; exit 0 ;;
esac
exit 1
`;

const fakes: Readonly<Record<string, string>> = { npm, 'g++': compiler, python3: python };

export interface Run {
  readonly code: number | null;
  readonly text: string;
  readonly stdout: string;
  readonly ms: number;
}

/** A checkout in a temporary folder with fake npm, g++ and Python on a PATH that holds nothing else. */
export class Checkout implements Disposable {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), 'vl set-up ')));
  readonly root: string = join(this.folder, 'project');
  readonly home: string = join(this.folder, 'home');
  readonly cache: string = join(this.home, '.cache', 'vl-rethinker');
  readonly #bin = join(this.folder, 'bin');
  readonly #log = join(this.folder, 'calls');

  constructor(without: readonly string[] = []) {
    for (const folder of [this.root, this.home, this.#bin]) mkdirSync(folder);
    mkdirSync(join(this.root, 'scripts'));
    for (const name of ['setup', 'setup.mjs'])
      cpSync(join(project, 'scripts', name), join(this.root, 'scripts', name), { recursive: true });
    this.write('package.json', '{"type":"module"}');
    this.write('package-lock.json', this.lockfile('1'));
    this.write('native/engine.cpp', 'first');
    for (const name of tools) symlinkSync(find(name), join(this.#bin, name));
    for (const [name, text] of Object.entries(fakes)) {
      if (without.includes(name)) continue;
      writeFileSync(join(this.#bin, name), text);
      chmodSync(join(this.#bin, name), 0o755);
    }
    writeFileSync(this.#log, '');
  }

  lockfile(mark: string): string {
    const packages = {
      '': { mark },
      'node_modules/node': { version: '24.21.0' },
      'node_modules/node-api-headers': { version: '1.9.0' },
      'node_modules/only-elsewhere': { version: '1.0.0', optional: true, os: ['darwin'] },
    };
    return JSON.stringify({ lockfileVersion: 3, packages });
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.root, name)), { recursive: true });
    writeFileSync(join(this.root, name), text);
  }

  /** A folder that counts as libtorch. */
  libtorch(name: string, files: Readonly<Record<string, string>> = {}): string {
    const folder = join(this.folder, name);
    const usual = {
      'lib/libtorch_cpu.so': 'library',
      'lib/libc10.so': '\0_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcE\0',
      'include/ATen/x.h': '',
      'version.py': "__version__ = '2.13.0'",
    };
    for (const [file, text] of Object.entries({ ...usual, ...files })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    return folder;
  }

  /** Lines written by the fakes since the last call of this. */
  calls(): readonly string[] {
    const lines = readFileSync(this.#log, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    writeFileSync(this.#log, '');
    return lines;
  }

  pointer(): { readonly addon: string; readonly key: string; readonly libtorch: string } {
    return JSON.parse(readFileSync(join(this.root, 'build/native/current.json'), 'utf8'));
  }

  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return {
      PATH: this.#bin,
      HOME: this.home,
      CALLS: this.#log,
      PINNED: `#!/bin/sh\nexec '${process.execPath}' "$@"`,
      ...more,
    };
  }

  start(
    more: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): ChildProcessByStdio<null, Readable, Readable> {
    return spawn(process.execPath, [join(this.root, 'scripts/setup.mjs'), ...args], {
      cwd: this.home,
      env: this.environment(more),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  setUp(more: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<Run> {
    return outcome(this.start(more, args));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** How a started set-up ended and what it printed. */
export function outcome(child: ReturnType<Checkout['start']>): Promise<Run> {
  const start = performance.now();
  let [text, stdout] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, text, stdout, ms: performance.now() - start }));
  });
}

function find(name: string): string {
  const folders = `${process.env['PATH'] ?? ''}${delimiter}/usr/bin${delimiter}/bin`.split(
    delimiter,
  );
  const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`this test needs the program ${name}`);
  return found;
}
