import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Checkout, outcome } from './setup/checkout.ts';

const compilations = (calls: readonly string[]) =>
  calls.filter((call) => /^g\+\+.* -c /.test(call));
const links = (calls: readonly string[]) => calls.filter((call) => /^g\+\+.* -shared/.test(call));

/** Waits until a line of the fakes shows that something has begun. */
async function until(checkout: Checkout, begun: RegExp): Promise<void> {
  const log = checkout.environment()['CALLS'] ?? '';
  for (let tries = 0; tries < 200; tries++) {
    if (begun.test(readFileSync(log, 'utf8'))) return;
    await sleep(25);
  }
  throw new Error(`never saw ${begun}`);
}

describe('from a bare clone', () => {
  test('packages, libtorch, engine and self-test follow each other, one line each', async () => {
    using checkout = new Checkout();
    const { code, text } = await checkout.setUp();
    expect(text).toMatch(/✓ packages .*by npm ci/);
    expect(text).toMatch(/✓ libtorch .*2\.13\.0\+cpu fetched by pip/);
    expect(text).toMatch(/✓ engine .*compiled by g\+\+ 12\.2\.0/);
    expect(text).toMatch(/✓ self-test .*skipped/);
    expect(code).toBe(0);
    expect(text).toContain(checkout.cache);
    expect(readFileSync(checkout.pointer().addon, 'utf8')).toBe('compiled\n');
  });

  test('nothing is changed outside the project and the cache folder', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    expect(
      readdirSync(checkout.home, { recursive: true }).filter(
        (name) => !name.toString().startsWith('.cache'),
      ),
    ).toEqual([]);
    expect(readdirSync(join(checkout.home, '.cache'))).toEqual(['vl-rethinker']);
    expect(readdirSync(checkout.cache)).toEqual(['libtorch-2.13.0-cpu']);
    expect(checkout.calls()[0]).toContain(`cache=${join(checkout.cache, 'npm')}`);
  });

  test('the compiler gets the ABI, the Node-API level and the place of libtorch', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    const calls = checkout.calls();
    const [line, link] = [compilations(calls)[0] ?? '', links(calls)[0] ?? ''];
    const lib = join(checkout.cache, 'libtorch-2.13.0-cpu', 'lib');
    for (const part of ['-std=c++20', '-DNAPI_VERSION=8', '-D_GLIBCXX_USE_CXX11_ABI=1'])
      expect(line).toContain(part);
    expect(link).toContain(`-rpath -Xlinker ${lib}`);
    expect(link).not.toContain('cuda');
  });

  test('every source is compiled, and linked without an OpenMP beside libtorch’s', async () => {
    using checkout = new Checkout();
    checkout.write('native/more.cpp', 'more');
    await checkout.setUp();
    const calls = checkout.calls();
    expect(compilations(calls)).toHaveLength(2);
    expect(compilations(calls).every((call) => call.includes('-fopenmp'))).toBe(true);
    expect(links(calls)).toHaveLength(1);
    expect(links(calls)[0]).toMatch(/engine\.cpp\.o .*more\.cpp\.o/);
    expect(links(calls)[0]).not.toContain('-fopenmp');
  });

  test('npx finds the checkout’s own command', async () => {
    using checkout = new Checkout();
    checkout.write('bin/vl-rethinker', 'the command');
    await checkout.setUp();
    const link = join(checkout.root, 'node_modules/.bin/vl-rethinker');
    expect(readFileSync(link, 'utf8')).toBe('the command');
  });

  test('where install scripts are off, the pinned Node is placed by hand', async () => {
    using checkout = new Checkout();
    const { code, text } = await checkout.setUp({ NPM_WITHOUT_SCRIPTS: '1' });
    expect(text).toMatch(/✓ packages .*placed by hand/);
    expect(code).toBe(0);
  });
});

describe('a second set-up', () => {
  test('calls nothing and returns in under two seconds', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    checkout.calls();
    const { code, text, ms } = await checkout.setUp();
    expect(code).toBe(0);
    expect(text).toMatch(/^set-up is up to date: libtorch 2\.13\.0\+cpu.*\n$/);
    expect(checkout.calls()).toEqual([]);
    expect(ms).toBeLessThan(2000);
  });

  test('installs again when the lockfile changed', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    checkout.write('package-lock.json', checkout.lockfile('2').replace('"1.9.0"', '"1.10.0"'));
    checkout.calls();
    await checkout.setUp();
    expect(checkout.calls()[0]).toMatch(/^npm ci/);
  });

  test('accepts what npm itself finished by hand', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    checkout.write('package-lock.json', checkout.lockfile('2'));
    checkout.calls();
    const { text } = await checkout.setUp();
    expect(text).toMatch(/as npm left them/);
    expect(checkout.calls()).toEqual([]);
  });

  test('compiles a changed source, and nothing when the source is changed back', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    const first = checkout.pointer();
    checkout.write('native/engine.cpp', 'second');
    checkout.calls();
    await checkout.setUp();
    expect(compilations(checkout.calls())).toHaveLength(1);
    expect(checkout.pointer().key).not.toBe(first.key);
    checkout.write('native/engine.cpp', 'first');
    const { text } = await checkout.setUp();
    expect(text).toMatch(/compiled before/);
    expect(checkout.calls()).toEqual([]);
    expect(checkout.pointer()).toEqual(first);
  });

  test.for([
    ['another compiler', { GXX_VERSION: '13.1.0' }, ''],
    ['another header', {}, 'native/engine.h'],
  ] as const)('compiles again for %s', async ([, environment, header]) => {
    using checkout = new Checkout();
    await checkout.setUp();
    const before = checkout.pointer().key;
    if (header !== '') checkout.write(header, 'new');
    await checkout.setUp(environment);
    expect(checkout.pointer().key).not.toBe(before);
  });

  test('compiles again when the library changed under the same name', async () => {
    using checkout = new Checkout();
    const libtorch = checkout.libtorch('torch');
    await checkout.setUp({ LIBTORCH: libtorch });
    const before = checkout.pointer().key;
    checkout.libtorch('torch', { 'lib/libtorch_cpu.so': 'a longer library' });
    await checkout.setUp({ LIBTORCH: libtorch });
    expect(checkout.pointer().key).not.toBe(before);
  });

  test('a project that was moved points at its own addon', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    const moved = join(checkout.folder, 'elsewhere');
    renameSync(checkout.root, moved);
    mkdirSync(join(checkout.root, 'scripts'), { recursive: true });
    writeFileSync(
      join(checkout.root, 'scripts/setup.mjs'),
      `await import('${moved}/scripts/setup.mjs')`,
    );
    const { text } = await checkout.setUp();
    expect(text).toMatch(/compiled before/);
    const pointer = readFileSync(join(moved, 'build/native/current.json'), 'utf8');
    expect((JSON.parse(pointer) as { addon: string }).addon.startsWith(moved)).toBe(true);
  });

  test('--check changes nothing and tells what is in place', async () => {
    using checkout = new Checkout();
    expect((await checkout.setUp({}, ['--check'])).code).toBe(1);
    expect(checkout.calls()).toEqual([]);
    await checkout.setUp();
    const { code, stdout } = await checkout.setUp({}, ['--check']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ packages: true, fresh: true });
  });
});

describe('libtorch is looked for', () => {
  test('in LIBTORCH before Python, and in Python before the cache', async () => {
    using checkout = new Checkout();
    const [named, installed] = [checkout.libtorch('named'), checkout.libtorch('installed')];
    await checkout.setUp({ PYTHON_TORCH: installed });
    expect(checkout.pointer().libtorch).toBe(installed);
    await checkout.setUp({ PYTHON_TORCH: installed, LIBTORCH: named });
    expect(checkout.pointer().libtorch).toBe(named);
    expect(checkout.calls().filter((call) => call.startsWith('pip'))).toEqual([]);
  });

  test('only where both headers and library lie', async () => {
    using checkout = new Checkout();
    const half = checkout.libtorch('half');
    renameSync(join(half, 'include/ATen'), join(half, 'include/other'));
    const { code, text } = await checkout.setUp({ LIBTORCH: half });
    expect(code).toBe(1);
    expect(text).toMatch(/does not hold both include\/ATen and lib\/libtorch_cpu\.so/);
    await checkout.setUp({ PYTHON_TORCH: half });
    expect(checkout.pointer().libtorch).toBe(join(checkout.cache, 'libtorch-2.13.0-cpu'));
  });

  test('again only when asked: what is in use stays in use', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    const installed = checkout.libtorch('installed');
    expect((await checkout.setUp({ PYTHON_TORCH: installed })).text).toMatch(/up to date/);
    await checkout.setUp({ PYTHON_TORCH: installed }, ['--fresh']);
    expect(checkout.pointer().libtorch).toBe(installed);
  });

  test('and a filled cache needs no pip', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    using other = new Checkout();
    const { code } = await other.setUp({ VL_RETHINKER_CACHE: checkout.cache, NO_PIP: '1' });
    expect(code).toBe(0);
  });

  test('with CUDA beside it, CUDA is linked', async () => {
    using checkout = new Checkout();
    const libtorch = checkout.libtorch('gpu', { 'lib/libtorch_cuda.so': '' });
    await checkout.setUp({ LIBTORCH: libtorch });
    expect(links(checkout.calls())[0]).toMatch(/--no-as-needed .*-lc10_cuda -ltorch_cuda/);
  });

  test('and its strings decide the ABI', async () => {
    using checkout = new Checkout();
    const old = '\0_ZN3c106detail14torchCheckFailEPKcS2_jRKSs\0';
    const libtorch = checkout.libtorch('old', { 'lib/libc10.so': old });
    await checkout.setUp({ LIBTORCH: libtorch });
    expect(compilations(checkout.calls())[0]).toContain('-D_GLIBCXX_USE_CXX11_ABI=0');
  });

  test('a CUDA wheel of gigabytes is refused before it is pulled', async () => {
    using checkout = new Checkout();
    const { code, text } = await checkout.setUp({
      NO_CPU_WHEEL: '1',
      PLAIN_NEEDS: 'nvidia-cublas==13',
    });
    expect(code).toBe(1);
    expect(text).toMatch(/only as a CUDA build/);
    const downloads = checkout.calls().filter((call) => call.startsWith('pip -m pip download'));
    expect(downloads.length).toBeGreaterThan(1);
    expect(downloads.filter((call) => !call.includes('2.13.0+cpu'))).toEqual([]);
  });

  test('a pip that would pull gigabytes to find out is stopped where it announces them', async () => {
    using checkout = new Checkout();
    const { code, text, ms } = await checkout.setUp({
      NO_CPU_WHEEL: '1',
      PLAIN_NEEDS: 'filelock',
      PLAIN_SIZE: '899.8 MB',
    });
    expect(code).toBe(1);
    expect(text).toMatch(/only as a CUDA build/);
    expect(ms).toBeLessThan(15_000); // the fake pulls for half a minute
  });

  test('the user’s own index is asked before PyTorch’s, which is added to it', async () => {
    using checkout = new Checkout();
    await checkout.setUp({ NO_CPU_WHEEL: '1', PLAIN_NEEDS: 'filelock' });
    const [own, theirs, ...others] = checkout.calls().filter((call) => call.startsWith('pip -m'));
    expect(own).not.toMatch(/index-url|https:/);
    expect(theirs).toMatch(/--extra-index-url https:\/\/download\.pytorch\.org\/whl\/cpu /);
    expect(others.join('\n')).not.toMatch(/index-url/);
  });

  test('without a network two questions are enough', async () => {
    using checkout = new Checkout();
    const { text } = await checkout.setUp({
      PIP_SAYS: 'WARNING: connection broken by x\nERROR: (from versions: none)',
    });
    expect(text).toMatch(/pip could not reach its index\. Check the network.*PIP_FIND_LINKS/);
    expect(text).not.toContain('WARNING');
    expect(checkout.calls().filter((call) => call.startsWith('pip'))).toHaveLength(2);
  });

  test('a plain wheel without CUDA is taken where no +cpu one is offered', async () => {
    using checkout = new Checkout();
    expect((await checkout.setUp({ NO_CPU_WHEEL: '1', PLAIN_NEEDS: 'filelock' })).code).toBe(0);
  });
});

test('CXX may hold words behind the program', async () => {
  using checkout = new Checkout();
  const old = await checkout.setUp({ CXX: 'g++ -m64', GXX_VERSION: '9.4.0' });
  expect(old.text).toMatch(/g\+\+ 11 or newer.*g\+\+ -m64 9\.4\.0/);
  expect((await checkout.setUp({ CXX: 'g++ -m64' })).code).toBe(0);
  expect(compilations(checkout.calls())[0]).toMatch(/^g\+\+ -m64 -std/);
});

describe('what is missing is said with what to install', () => {
  test.for([
    ['no Python', ['python3'], {}, /apt install python3-pip/],
    ['no pip', [], { NO_PIP: '1' }, /Python has no pip.*apt install python3-pip/s],
    [
      'no such VL_PYTHON',
      [],
      { VL_PYTHON: '/no/python' },
      /VL_PYTHON names \/no\/python.*no such program/,
    ],
    ['no compiler', ['g++'], {}, /no C\+\+ compiler.*apt install g\+\+/s],
    ['an old compiler', [], { GXX_VERSION: '9.4.0' }, /g\+\+ 11 or newer/],
    ['no npm', ['npm'], {}, /npm was not found.*apt install npm/],
    [
      'a full disk under pip',
      [],
      { PIP_SAYS: 'OSError: [Errno 28] No space left on device' },
      /no space left on the disk/,
    ],
    [
      'a full disk under npm',
      [],
      { NPM_SAYS: 'npm error code ENOSPC' },
      /no space left on the disk/,
    ],
    ['no registry', [], { NPM_SAYS: 'npm error code ENOTFOUND' }, /could not reach its registry/],
    [
      'a lockfile out of step',
      [],
      { NPM_SAYS: 'npm error code EUSAGE' },
      /package-lock\.json disagree/,
    ],
    [
      'an error in the source',
      [],
      { GXX_SAYS: 'engine.cpp:1: error: x' },
      /did not compile.*engine\.cpp:1: error: x/s,
    ],
    [
      'no memory',
      [],
      { GXX_SAYS: 'g++: fatal error: Killed signal terminated program cc1plus' },
      /2 GiB/,
    ],
    [
      'no linker',
      [],
      { GXX_SAYS: "collect2: fatal error: cannot find 'ld'" },
      /apt install binutils/,
    ],
  ] as const)('%s', async ([, without, environment, sentence]) => {
    using checkout = new Checkout(without);
    const { code, text } = await checkout.setUp(environment);
    expect(text).toMatch(sentence);
    expect(text).not.toMatch(/\n\s+at .*\.mjs/);
    expect(code).toBe(1);
  });

  test.for([
    [
      'another processor',
      "Object.defineProperty(process, 'arch', { value: 'arm64' })",
      /Linux x86-64 and this is linux arm64/,
    ],
    [
      'another system',
      "Object.defineProperty(process, 'platform', { value: 'darwin' })",
      /this is darwin/,
    ],
    [
      'an old Node',
      "Object.defineProperty(process.versions, 'node', { value: '18.1.0' })",
      /needs Node 20 or newer/,
    ],
    ['musl', 'process.report.getReport = () => ({ header: {} })', /needs the GNU C library/],
    [
      'an old C library',
      "process.report.getReport = () => ({ header: { glibcVersionRuntime: '2.17' } })",
      /glibc 2\.28 or newer and this system has 2\.17/,
    ],
  ] as const)('%s', async ([, patch, sentence]) => {
    using checkout = new Checkout();
    const script = join(checkout.folder, 'patch.mjs');
    writeFileSync(script, patch);
    const { code, text } = await checkout.setUp({ NODE_OPTIONS: `--import="${script}"` });
    expect(text).toMatch(sentence);
    expect(code).toBe(1);
    expect(checkout.calls()).toEqual([]);
  });

  test('a disk without room is noticed before anything is fetched', async () => {
    using checkout = new Checkout();
    const script = join(checkout.folder, 'patch.mjs');
    writeFileSync(
      script,
      "import fs from 'node:fs'; fs.statfsSync = () => ({ bavail: 1000, bsize: 4096 });",
    );
    const { text } = await checkout.setUp({ NODE_OPTIONS: `--import="${script}"` });
    expect(text).toMatch(/fetching libtorch needs 1\.0 GiB in .* and 0\.0 GiB are free/);
    expect(checkout.calls().filter((call) => call.startsWith('pip'))).toEqual([]);
  });

  test('a cache that cannot be written', async () => {
    using checkout = new Checkout();
    writeFileSync(join(checkout.folder, 'file'), '');
    const inFile = join(checkout.folder, 'file', 'cache');
    const { code, text } = await checkout.setUp({ VL_RETHINKER_CACHE: inFile });
    expect(text).toMatch(
      /the cache for libtorch has to be a folder .*file is a file.*VL_RETHINKER_CACHE/,
    );
    expect(text).not.toMatch(/\n\s+at /);
    expect(checkout.calls()[0]).toContain(`cache=${join(checkout.root, 'build/npm')}`);
    expect(code).toBe(1);
  });

  test('a project that cannot be written', async () => {
    using checkout = new Checkout();
    const script = join(checkout.folder, 'patch.mjs');
    writeFileSync(
      script,
      `import fs from 'node:fs';
      fs.accessSync = () => { throw Object.assign(new Error('read-only'), { code: 'EROFS' }); };`,
    );
    const { code, text } = await checkout.setUp({ NODE_OPTIONS: `--import="${script}"` });
    expect(text).toMatch(
      /the project has to be a folder that can be written and .* is one that is read-only/,
    );
    expect(code).toBe(1);
  });

  test('an option that does not exist is used wrongly', async () => {
    using checkout = new Checkout();
    const { code, text } = await checkout.setUp({}, ['--frsh']);
    expect(code).toBe(2);
    expect(text).toMatch(/unknown option --frsh/);
  });
});

describe('the self-test', () => {
  test('must pass before the addon counts, and its line is printed', async () => {
    using checkout = new Checkout();
    checkout.write('src/tensor/self-test.ts', 'console.error("wrong gradient"); process.exit(1)');
    const failed = await checkout.setUp();
    expect(failed.code).toBe(1);
    expect(failed.text).toMatch(/failed its self-test.*wrong gradient/s);
    expect(existsSync(join(checkout.root, 'build/native/current.json'))).toBe(false);
    checkout.write('src/tensor/self-test.ts', 'console.log("engine ok")');
    const passed = await checkout.setUp();
    expect(passed.text).toMatch(/✓ self-test .*engine ok/);
    expect((await checkout.setUp()).text).toMatch(/up to date/);
  });
});

describe('an addon that was damaged since', () => {
  test('is compiled again when it fails the self-test', async () => {
    using checkout = new Checkout();
    checkout.write(
      'src/tensor/self-test.ts',
      `import { readFileSync } from 'node:fs';
      const { addon } = JSON.parse(readFileSync('build/native/current.json', 'utf8'));
      if (readFileSync(addon, 'utf8') !== 'compiled\\n') throw new Error('broken');
      console.log('engine ok');`,
    );
    await checkout.setUp();
    const { addon } = checkout.pointer();
    writeFileSync(addon, 'COMPILED\n'); // as long as before
    rmSync(join(dirname(addon), 'self-test.txt'));
    const { code, text } = await checkout.setUp();
    expect(text).toMatch(/compiled before.*✗ self-test.*compiled by.*✓ self-test .*engine ok/s);
    expect(code).toBe(0);
  });

  test('is compiled again by --fresh', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    writeFileSync(checkout.pointer().addon, '');
    await checkout.setUp({}, ['--fresh']);
    expect(readFileSync(checkout.pointer().addon, 'utf8')).toBe('compiled\n');
  });

  test('is noticed by its size without loading it', async () => {
    using checkout = new Checkout();
    await checkout.setUp();
    writeFileSync(checkout.pointer().addon, 'x');
    expect((await checkout.setUp()).text).toMatch(/compiled by/);
  });
});

describe('two at once', () => {
  test('the second waits and finds everything done', async () => {
    using checkout = new Checkout();
    const first = outcome(checkout.start({ NPM_SLEEP: '0.6' }));
    await until(checkout, /npm ci/);
    const second = await checkout.setUp();
    expect((await first).code).toBe(0);
    expect(second.code).toBe(0);
    expect(second.text).toMatch(/another set-up is running \(process \d+\).*up to date/s);
    expect(checkout.calls().filter((call) => call.startsWith('npm ci'))).toHaveLength(1);
  });

  test('five at once install once and leave no lock behind', async () => {
    using checkout = new Checkout();
    const runs = await Promise.all(Array.from({ length: 5 }, () => checkout.setUp()));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    const calls = checkout.calls();
    expect(calls.filter((call) => call.startsWith('npm'))).toHaveLength(1);
    expect(compilations(calls)).toHaveLength(1);
    expect(
      readdirSync(join(checkout.root, 'build')).filter((name) => name.includes('lock')),
    ).toEqual([]);
  });

  test('two checkouts that share a cache fetch libtorch once', async () => {
    using first = new Checkout();
    using second = new Checkout();
    const environment = { VL_RETHINKER_CACHE: first.cache };
    const begun = outcome(first.start({ ...environment, PIP_SLEEP: '0.6' }));
    await until(first, /pip -m pip download/);
    expect((await second.setUp(environment)).code).toBe(0);
    expect((await begun).code).toBe(0);
    expect(second.calls().filter((call) => call.startsWith('pip'))).toEqual([]);
  });
});

describe('one that was killed', () => {
  test.for([
    ['while npm ran', 'NPM_SLEEP', /npm ci/],
    ['while pip ran', 'PIP_SLEEP', /pip -m pip download/],
    ['while the compiler ran', 'GXX_SLEEP', /g\+\+ -std/],
  ] as const)('%s is repaired by the next', async ([, slow, begun]) => {
    using checkout = new Checkout();
    const child = checkout.start({ [slow]: '2' });
    const dead = outcome(child);
    await until(checkout, begun);
    child.kill('SIGKILL');
    await dead;
    const { code, text } = await checkout.setUp();
    expect(text).not.toMatch(/another set-up/);
    expect(code).toBe(0);
    expect(existsSync(checkout.pointer().addon)).toBe(true);
    expect(readdirSync(checkout.cache).filter((name) => name.startsWith('fetch-'))).toEqual([]);
    expect(readdirSync(dirname(checkout.pointer().addon)).sort()).toEqual(['engine.node', 'size']);
  });

  test('leaves no npm behind that goes on emptying node_modules', async () => {
    using checkout = new Checkout();
    const child = checkout.start({ NPM_SLEEP: '20' });
    const dead = outcome(child);
    await until(checkout, /npm ci/);
    const pid = Number(/pid=(\d+)/.exec(checkout.calls().join(''))?.[1]);
    await expect
      .poll(() => existsSync(join(checkout.root, `build/setup.lock/child.${pid}`)))
      .toBe(true);
    child.kill('SIGKILL');
    const working = () =>
      existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    expect(working()).toBe(true);
    expect((await checkout.setUp()).code).toBe(0);
    await dead;
    expect(working()).toBe(false);
  });

  test('does not hold the lock through a later process with its number', async () => {
    using checkout = new Checkout();
    const lock = join(checkout.root, 'build/setup.lock');
    const owner = { pid: process.pid, started: '1', host: 'filled in below', mark: 'old' };
    const script = join(checkout.folder, 'host.mjs');
    writeFileSync(
      script,
      `import os from 'node:os'; import fs from 'node:fs';
      console.log(os.hostname() + ' ' + fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())`,
    );
    const { execFileSync } = await import('node:child_process');
    owner.host = execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim();
    mkdirSync(lock, { recursive: true });
    writeFileSync(join(lock, 'owner.json'), JSON.stringify(owner));
    const { code, text } = await checkout.setUp();
    expect(code).toBe(0);
    expect(text).not.toMatch(/another set-up/);
  });

  test('by Ctrl-C ends its children, gives the lock back and says how to go on', async () => {
    using checkout = new Checkout();
    const child = checkout.start({ GXX_SLEEP: '5' });
    const ended = outcome(child);
    await until(checkout, /g\+\+ -std/);
    child.kill('SIGINT');
    const { code, text, ms } = await ended;
    expect(code).toBe(130);
    expect(text).toMatch(/interrupted.*run it again to go on/);
    expect(ms).toBeLessThan(4000);
    expect(existsSync(join(checkout.root, 'build/setup.lock'))).toBe(false);
  });
});

test('the lockfile names every optional package, or npm ci would refuse it', () => {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string>; version?: string }>;
  };
  const absent = Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        !(`node_modules/${name}` in packages) && !(`${parent}/node_modules/${name}` in packages),
    ),
  );
  expect(absent).toEqual([]);
});
