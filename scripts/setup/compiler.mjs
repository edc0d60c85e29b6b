import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { child } from './child.mjs';
import { checkSpace } from './machine.mjs';
import { SetupProblem, knownComplaint, lastLines } from './problem.mjs';

/** @typedef {import('./libtorch.mjs').Libtorch} Libtorch */

const napiVersion = 8;
export const flags = [
  '-std=c++20',
  '-O2',
  '-fPIC',
  '-pipe',
  '-fopenmp',
  '-Wno-psabi',
  `-DNAPI_VERSION=${napiVersion}`,
];
const oldestCompiler = 11;

const compiler = () => (process.env.CXX ?? '').trim() || 'g++';

/**
 * Runs the compiler. CXX may hold words behind the program, as make takes it (`ccache g++`), or a path
 * with spaces in it.
 * @param {readonly string[]} args @param {import('./child.mjs').Options} [options]
 */
function runCompiler(args, options) {
  const whole = compiler();
  const [program = whole, ...words] = fs.existsSync(whole) ? [whole] : whole.split(/\s+/);
  return child(program, [...words, ...args], options);
}

/** @returns {Promise<string | undefined>} name and version, or undefined where there is none */
export async function compilerVersion() {
  const asked = await runCompiler(['-dumpfullversion', '-dumpversion']); // clang knows the second
  return asked.code === 0 ? `${compiler()} ${asked.stdout.trim()}` : undefined;
}

/** Name and version of a compiler that will do; ends with a sentence where there is none. */
export async function usableCompiler() {
  const found = await compilerVersion();
  if (found === undefined) throw noCompiler();
  const [, major] = /(?:^| )g\+\+ .*?(\d+)[\d.]*$/.exec(found) ?? [];
  if (major !== undefined && Number(major) < oldestCompiler)
    throw new SetupProblem(
      `the engine needs g++ ${oldestCompiler} or newer (C++20) and the PATH has ${found}. Install a newer one and name it in CXX, e.g. CXX=g++-12 npm run setup.`,
    );
  return found;
}

/** @param {string} root */
export function headersOf(root) {
  try {
    const here = createRequire(path.join(root, 'package.json')); // npm may have put it further up
    const folder = path.dirname(here.resolve('node-api-headers/package.json'));
    const { version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return { include: path.join(folder, 'include'), version: String(version) };
  } catch {
    throw new SetupProblem(
      `the npm package node-api-headers is missing. Remove node_modules and run this again.`,
    );
  }
}

/** The C++ files, which make one addon. @param {string} root */
function sourcesOf(root) {
  const folder = path.join(root, 'native');
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.cpp'));
  return names.sort().map((name) => path.join(folder, name));
}

/**
 * What turns one source into an object.
 * @param {string} root @param {Libtorch} libtorch @param {0 | 1} abi
 */
function compileFlags(root, { include }, abi) {
  return [
    ...flags,
    `-D_GLIBCXX_USE_CXX11_ABI=${abi}`,
    `-I${headersOf(root).include}`,
    ...include.map((folder) => `-I${folder}`),
  ];
}

/**
 * What makes the addon of the objects. Without `-fopenmp`: parallel loops run in the OpenMP that libtorch
 * brings, another one would be a second pool of threads.
 * @param {Libtorch} libtorch
 */
function linkFlags({ lib, cuda }) {
  const libraries = [
    '-ltorch',
    '-ltorch_cpu',
    '-lc10',
    ...(cuda ? ['-lc10_cuda', '-ltorch_cuda'] : []),
  ];
  const path = ['-Xlinker', '-rpath', '-Xlinker', lib];
  return ['-shared', `-L${lib}`, ...path, '-Wl,--no-as-needed', ...libraries];
}

function noCompiler() {
  return new SetupProblem(
    `no C++ compiler: ${compiler()} is not on the PATH. Install one (on Debian and Ubuntu: apt install g++; on Fedora and RHEL: dnf install gcc-c++) or name yours in CXX, then run this again.`,
  );
}

/**
 * Makes `addon`, which appears whole or not at all.
 * @param {{ root: string, libtorch: Libtorch, folder: string, addon: string, abi: 0 | 1, update: (text: string) => void }} job
 */
export async function compile({ root, libtorch, folder, addon, abi, update }) {
  checkSpace(root, 100_000_000, 'compiling the engine');
  fs.rmSync(folder, { recursive: true, force: true }); // what a killed compilation left
  const temporary = path.join(folder, 'tmp');
  fs.mkdirSync(temporary, { recursive: true });
  update(`${compiler()} native/*.cpp, about 20 s`);
  const output = path.join(temporary, 'engine.node');
  const options = { cwd: root, env: { TMPDIR: temporary } };
  /** @param {readonly string[]} args */
  const run = async (args) => {
    const done = await runCompiler(args, options);
    if (done.code === 0) return;
    throw compilerProblem(root, done, args);
  };
  const objects = sourcesOf(root).map((source) => ({
    source,
    object: path.join(temporary, `${path.basename(source)}.o`),
  }));
  try {
    const how = compileFlags(root, libtorch, abi);
    await Promise.all(
      objects.map(({ source, object }) => run([...how, '-c', source, '-o', object])),
    );
    const linked = objects.map(({ object }) => object);
    await run([...linked, '-o', output, ...linkFlags(libtorch)]);
  } catch (cause) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw cause;
  }
  fs.renameSync(output, addon);
  fs.rmSync(temporary, { recursive: true, force: true });
}

/** @param {string} root @param {import('./child.mjs').Outcome} done @param {readonly string[]} args */
function compilerProblem(root, done, args) {
  if (done.missing) return noCompiler();
  const known = knownComplaint(done.stderr, root);
  if (known !== undefined) return new SetupProblem(known);
  if (
    done.signal !== null ||
    /Killed signal|out of memory|virtual memory exhausted/.test(done.stderr)
  )
    return new SetupProblem(
      `the compiler was ended by the system, most likely for memory: compiling takes about 2 GiB. Close other programs or add swap, then run this again.`,
    );
  if (/cannot find 'ld'|cannot execute .*\bas\b|installation problem/.test(done.stderr))
    return new SetupProblem(
      `the compiler has no assembler or linker. Install binutils (on Debian and Ubuntu: apt install binutils), then run this again.`,
    );
  const errors = done.stderr
    .split('\n')
    .filter((line) => /error|undefined reference|cannot find/.test(line));
  return new SetupProblem(
    `native/*.cpp did not compile. ${compiler()} said:${lastLines(errors.slice(0, 12).join('\n') || done.stderr)}\n  the command was: ${compiler()} ${args.join(' ')}`,
  );
}
