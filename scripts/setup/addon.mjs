import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { compile, compilerVersion, flags, headersOf, usableCompiler } from './compiler.mjs';
import { libtorchAt } from './libtorch.mjs';
import { SetupProblem } from './problem.mjs';
import { writeWhole } from './write-whole.mjs';

/** @typedef {import('./libtorch.mjs').Libtorch} Libtorch */

/**
 * What `build/native/current.json` says: the one addon that may be loaded, and what it was made from.
 * @typedef {object} CurrentAddon
 * @property {string} addon absolute path of engine.node
 * @property {string} key names its folder; a hash of `inputs`
 * @property {string} libtorch root folder of the library
 * @property {string} version of libtorch
 * @property {Libtorch['source']} source
 * @property {Inputs} inputs
 */

/**
 * Everything that could make another addon.
 * @typedef {object} Inputs
 * @property {string} sources hash of the files in native/
 * @property {readonly string[]} flags
 * @property {string} compiler name and version
 * @property {string} headers version of node-api-headers
 * @property {string} lib folder of libtorch_cpu.so
 * @property {string} version of libtorch
 * @property {string} library size and time of libtorch_cpu.so
 * @property {0 | 1} abi
 * @property {boolean} cuda
 */

/** Folders of earlier addons that are kept, so that going back to another libtorch compiles nothing. */
const kept = 4;

/** @param {string} root */
const nativeFolder = (root) => path.join(root, 'build', 'native');
/** @param {string} root */
const pointerOf = (root) => path.join(nativeFolder(root), 'current.json');

/** @param {string} root @returns {CurrentAddon | undefined} */
export function currentAddon(root) {
  try {
    return JSON.parse(fs.readFileSync(pointerOf(root), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {readonly (string | Buffer)[]} parts */
function hash(...parts) {
  const sum = crypto.createHash('sha256');
  for (const part of parts) sum.update(part).update('\0');
  return sum.digest('hex').slice(0, 16);
}

/** @param {string} addon */
const sizeNote = (addon) => path.join(path.dirname(addon), 'size');

/** Whether an addon has the size that it was compiled with: a full disk or a power cut leaves less. @param {string} addon */
function isWhole(addon) {
  try {
    return fs.statSync(addon).size === Number(fs.readFileSync(sizeNote(addon), 'utf8'));
  } catch {
    return false;
  }
}

/** Hash of names and contents of the C++ files. @param {string} root */
function hashSources(root) {
  const folder = path.join(root, 'native');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
  const sources = names.filter((name) => /\.(cpp|h|hpp)$/.test(name));
  if (!sources.includes('engine.cpp'))
    throw new SetupProblem(
      `${folder} has no engine.cpp: the checkout is incomplete. Clone it again.`,
    );
  return hash(...sources.flatMap((name) => [name, fs.readFileSync(path.join(folder, name))]));
}

/** @param {string} lib */
function libraryStamp(lib) {
  const { size, mtimeMs } = fs.statSync(path.join(lib, 'libtorch_cpu.so'));
  return `${size} ${Math.round(mtimeMs)}`;
}

/** Which std::string libtorch was built with, from the symbol of a function that takes one. @param {string} lib @returns {0 | 1} */
function abiOf(lib) {
  const file = path.join(lib, 'libc10.so');
  if (!fs.existsSync(file))
    throw new SetupProblem(
      `${lib} holds libtorch_cpu.so but no libc10.so: this libtorch is incomplete. Unpack it again, or name another in LIBTORCH.`,
    );
  const library = fs.readFileSync(file);
  for (let at = -1; (at = library.indexOf('torchCheckFail', at + 1)) !== -1;) {
    const symbol = library.toString('latin1', at, at + 200).split('\0')[0] ?? '';
    if (symbol.includes('St7__cxx1112basic_string')) return 1;
    if (symbol.endsWith('Ss')) return 0;
  }
  return 1;
}

/** @param {string} root @param {Libtorch} libtorch @param {string} compilerFound @returns {Inputs} */
function inputsOf(root, { lib, version, cuda }, compilerFound) {
  return {
    sources: hashSources(root),
    flags,
    compiler: compilerFound,
    headers: headersOf(root).version,
    lib,
    version,
    library: libraryStamp(lib),
    abi: abiOf(lib),
    cuda,
  };
}

/**
 * The addon in use, if it is what a new build would give: same sources, compiler and library, and
 * LIBTORCH does not name another one. A compiler that is gone since counts as unchanged.
 * @param {string} root
 * @returns {Promise<CurrentAddon | undefined>}
 */
export async function freshAddon(root) {
  const current = currentAddon(root);
  if (current === undefined || !isWhole(current.addon)) return undefined;
  if (!current.addon.startsWith(nativeFolder(root) + path.sep)) return undefined;
  const named = process.env.LIBTORCH ?? '';
  if (named !== '' && path.resolve(named) !== current.libtorch) return undefined;
  const compilerFound = (await compilerVersion()) ?? current.inputs.compiler;
  try {
    const { lib, version, cuda } = current.inputs;
    const libtorch = {
      source: current.source,
      root: current.libtorch,
      include: [],
      lib,
      version,
      cuda,
    };
    const now = inputsOf(root, libtorch, compilerFound);
    return keyOf(now) === current.key ? current : undefined;
  } catch {
    return undefined; // the library is gone
  }
}

/** @param {Inputs} inputs */
function keyOf(inputs) {
  return hash(JSON.stringify(inputs));
}

/** The libtorch of the addon in use, as long as it is there and LIBTORCH does not say otherwise. @param {string} root @returns {Libtorch | undefined} */
export function libtorchInUse(root) {
  const current = currentAddon(root);
  const named = process.env.LIBTORCH ?? '';
  if (current === undefined || (named !== '' && path.resolve(named) !== current.libtorch))
    return undefined;
  const lasting = ['LIBTORCH', 'python', 'cache']; // the system's, a last resort, is asked for anew
  return lasting.includes(current.source)
    ? libtorchAt(current.source, current.libtorch)
    : undefined;
}

/**
 * Compiles native/*.cpp against a libtorch, unless the same was compiled before, and points
 * build/native/current.json at it.
 * @param {string} root
 * @param {Libtorch} libtorch
 * @param {{ anew: boolean, update: (text: string) => void }} options anew: compile in any case
 * @returns {Promise<readonly [{ current: CurrentAddon, compiled: boolean }, string]>}
 */
export async function buildAddon(root, libtorch, { anew, update }) {
  const found = await usableCompiler();
  const inputs = inputsOf(root, libtorch, found);
  const key = keyOf(inputs);
  const folder = path.join(nativeFolder(root), key);
  const addon = path.join(folder, 'engine.node');
  const compiled = anew || !isWhole(addon);
  if (compiled) {
    await compile({ root, libtorch, folder, addon, abi: inputs.abi, update });
    writeWhole(sizeNote(addon), `${fs.statSync(addon).size}\n`);
  }
  /** @type {CurrentAddon} */
  const current = {
    addon,
    key,
    libtorch: libtorch.root,
    version: libtorch.version,
    source: libtorch.source,
    inputs,
  };
  writeWhole(pointerOf(root), `${JSON.stringify(current, null, 2)}\n`);
  removeOld(root, key);
  const how = compiled ? `compiled by ${found}` : 'compiled before';
  const cuda = libtorch.cuda ? ', with CUDA' : '';
  return [{ current, compiled }, `native/*.cpp ${how}${cuda}: build/native/${key}`];
}

/** Takes back an addon that does not work: nobody loads it, and the next set-up compiles. @param {string} root @param {CurrentAddon} current */
export function withdrawAddon(root, current) {
  fs.rmSync(pointerOf(root), { force: true });
  fs.rmSync(path.dirname(current.addon), { recursive: true, force: true });
}

/** @param {string} root @param {string} key */
function removeOld(root, key) {
  const folder = nativeFolder(root);
  const others = fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== key)
    .map(({ name }) => ({ name, time: fs.statSync(path.join(folder, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { name } of others.slice(kept - 1))
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
}
