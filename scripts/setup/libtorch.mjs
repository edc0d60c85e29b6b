import fs from 'node:fs';
import path from 'node:path';
import { child } from './child.mjs';
import { fetchLibtorch, libtorchVersion } from './fetch-libtorch.mjs';
import { SetupProblem } from './problem.mjs';

/**
 * A libtorch to compile and link against.
 * @typedef {object} Libtorch
 * @property {'LIBTORCH' | 'python' | 'cache' | 'system'} source which of the four places it is from
 * @property {string} root the folder that was named or found
 * @property {readonly string[]} include
 * @property {string} lib holds libtorch_cpu.so
 * @property {string} version e.g. `2.13.0+cpu`
 * @property {boolean} cuda whether libtorch_cuda.so lies beside the CPU library
 */

const systemLib = '/usr/lib/x86_64-linux-gnu';

/** @param {string} include @param {string} lib */
function holdsLibtorch(include, lib) {
  return (
    fs.existsSync(path.join(include, 'ATen')) && fs.existsSync(path.join(lib, 'libtorch_cpu.so'))
  );
}

/** @param {string} root @param {string} include */
function versionOf(root, include) {
  /** @param {string} file @param {RegExp} pattern */
  const inFile = (file, pattern) => {
    try {
      return pattern.exec(fs.readFileSync(file, 'utf8'))?.[1];
    } catch {
      return undefined;
    }
  };
  const header = path.join(include, 'torch/csrc/api/include/torch/version.h');
  const part = (/** @type {string} */ name) =>
    inFile(header, new RegExp(`#define TORCH_VERSION_${name} (\\d+)`));
  const [major, minor, patch] = [part('MAJOR'), part('MINOR'), part('PATCH')];
  return (
    inFile(path.join(root, 'version.py'), /__version__ = '([^']+)'/) ??
    inFile(path.join(root, 'build-version'), /(\S+)/) ??
    (major === undefined ? 'of unknown version' : `${major}.${minor}.${patch}`)
  );
}

/**
 * Describes the libtorch in a folder with `include/` and `lib/`, or undefined when it is none.
 * @param {Libtorch['source']} source @param {string} root
 * @param {{ include: string, lib: string }} [places]
 * @returns {Libtorch | undefined}
 */
export function libtorchAt(source, root, places) {
  const { include, lib } = places ?? {
    include: path.join(root, 'include'),
    lib: path.join(root, 'lib'),
  };
  if (!holdsLibtorch(include, lib)) return undefined;
  return {
    source,
    root,
    include: [include, path.join(include, 'torch/csrc/api/include')],
    lib,
    version: versionOf(root, include),
    cuda: fs.existsSync(path.join(lib, 'libtorch_cuda.so')),
  };
}

/** The Pythons to ask, in order. */
export function pythons() {
  const named = process.env.VL_PYTHON ?? '';
  return [...(named === '' ? [] : [named]), 'python3', 'python'];
}

/** Ends with a sentence when VL_PYTHON names what cannot be started. */
async function checkNamedPython() {
  const named = process.env.VL_PYTHON ?? '';
  if (named === '') return;
  const asked = await child(named, ['--version'], { cwd: '/' });
  if (asked.code !== 0)
    throw new SetupProblem(
      `VL_PYTHON names ${named}, which does not start as a Python${asked.missing ? ': there is no such program' : ''}. Point it at one, e.g. /folder/of/venv/bin/python, or unset it and python3 is asked.`,
    );
}

/** Asks each Python where its torch lies, without importing it. @returns {Promise<Libtorch | undefined>} */
async function ofPython() {
  const code =
    "import importlib.util as u; s = u.find_spec('torch'); print(list(s.submodule_search_locations or [''])[0] if s else '')";
  for (const python of pythons()) {
    const asked = await child(python, ['-c', code], { cwd: '/' });
    const folder = asked.code === 0 ? asked.stdout.trim() : '';
    const found = folder === '' ? undefined : libtorchAt('python', folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param {string} cache */
export function cachedFolder(cache) {
  return path.join(cache, `libtorch-${libtorchVersion}-cpu`);
}

const places = {
  LIBTORCH: 'named by LIBTORCH',
  python: 'of the installed Python torch',
  cache: 'in the cache',
  system: 'of the system',
};

/** @param {Libtorch} found @param {string} [how] @returns {readonly [Libtorch, string]} */
function chosen(found, how) {
  const other = found.version.startsWith(libtorchVersion)
    ? ''
    : `, not the ${libtorchVersion} we test`;
  return [found, `libtorch ${found.version} ${how ?? places[found.source]}${other}: ${found.root}`];
}

/**
 * Finds libtorch: LIBTORCH, an installed Python torch, the cache (filled by pip where it is empty), the
 * system's packages. The first that holds include/ATen and lib/libtorch_cpu.so is taken.
 * @param {string} cache
 * @param {(text: string) => void} update
 * @returns {Promise<readonly [Libtorch, string]>}
 */
export async function findLibtorch(cache, update) {
  const named = process.env.LIBTORCH ?? '';
  if (named !== '') {
    const found = libtorchAt('LIBTORCH', path.resolve(named));
    if (found !== undefined) return chosen(found);
    throw new SetupProblem(
      `LIBTORCH names ${named}, which does not hold both include/ATen and lib/libtorch_cpu.so. Point it at an unpacked libtorch or at the torch folder of a Python installation, or unset it and the set-up will look elsewhere.`,
    );
  }
  await checkNamedPython();
  update('asking Python for torch');
  const found = (await ofPython()) ?? libtorchAt('cache', cachedFolder(cache));
  if (found !== undefined) return chosen(found);

  const failure = await fetchLibtorch(cache, cachedFolder(cache), { pythons: pythons(), update });
  const fetched = libtorchAt('cache', cachedFolder(cache));
  if (fetched !== undefined) return chosen(fetched, 'fetched by pip into the cache');
  const system = libtorchAt('system', '/usr', { include: '/usr/include', lib: systemLib });
  if (system !== undefined) return chosen(system);
  throw new SetupProblem(
    [
      `no libtorch was found. Looked for in four places:`,
      `LIBTORCH: not set; it may name an unpacked libtorch`,
      `torch installed in Python: none in ${pythons().join(', ')}`,
      `the cache ${cachedFolder(cache)}: ${failure}`,
      `the system: libtorch-dev is not installed`,
    ].join('\n  - '),
  );
}
