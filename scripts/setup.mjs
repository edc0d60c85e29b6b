#!/usr/bin/env node
/**
 * Makes a checkout ready: npm packages with the pinned Node, libtorch, the compiled engine, its
 * self-test. Plain JavaScript without dependencies, for whatever Node from 20 on the machine has. It
 * returns at once when nothing has changed, waits when another one runs, and continues where a killed
 * one stopped. It changes the project folder and one cache folder, nothing else.
 */
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  buildAddon,
  currentAddon,
  freshAddon,
  libtorchInUse,
  withdrawAddon,
} from './setup/addon.mjs';
import { endChildren } from './setup/child.mjs';
import { findLibtorch } from './setup/libtorch.mjs';
import { releaseAll, withLock } from './setup/lock.mjs';
import { checkMachine, checkWritable } from './setup/machine.mjs';
import { installPackages, packagesReady, pinnedNode } from './setup/packages.mjs';
import { SetupProblem, knownComplaint } from './setup/problem.mjs';
import { phase, say } from './setup/report.mjs';
import { selfTest, selfTestFile, selfTestLine } from './setup/self-test.mjs';

const usage = `usage: npm run setup [-- --fresh | --check]

Installs the npm packages, finds or fetches libtorch, compiles native/*.cpp and tests it.
  --fresh   look for libtorch again and compile again, whatever is there
  --check   change nothing; print what is in place as JSON, status 1 when something is missing

environment:
  LIBTORCH            a folder with include/ and lib/ to use
  VL_PYTHON           the Python to ask for an installed torch and for pip
  CXX                 the C++ compiler (g++ unless set)
  VL_RETHINKER_CACHE  where fetched files go (XDG_CACHE_HOME or ~/.cache, vl-rethinker/)`;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function cacheFolder() {
  const { VL_RETHINKER_CACHE, XDG_CACHE_HOME } = process.env;
  if (VL_RETHINKER_CACHE) return path.resolve(VL_RETHINKER_CACHE);
  return path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'vl-rethinker');
}

/** A checkout brings its own Node; a published package lives with the one it was installed by. */
const published = path.basename(path.dirname(root)) === 'node_modules';
const node = published ? process.execPath : pinnedNode(root);

/** @param {number} start */
async function upToDate(start) {
  if (!published && !packagesReady(root)) return false;
  const current = await freshAddon(root);
  if (current === undefined) return false;
  if (selfTestLine(current) === undefined && selfTestFile(root) !== undefined) return false;
  const seconds = ((Date.now() - start) / 1000).toFixed(2);
  say(`set-up is up to date: libtorch ${current.version}, engine ${current.key} (${seconds} s)`);
  return true;
}

/**
 * Compiles and tests. An addon from an earlier compilation that fails may be damaged, so it gets one
 * more chance from its source.
 * @param {import('./setup/libtorch.mjs').Libtorch} libtorch
 * @param {boolean} anew compile even what was compiled before
 */
async function makeEngine(libtorch, anew) {
  const { current, compiled } = await phase('engine', (update) =>
    buildAddon(root, libtorch, { anew, update }),
  );
  try {
    await phase('self-test', (update) => {
      update('running');
      return selfTest(root, current, node);
    });
  } catch (error) {
    withdrawAddon(root, current);
    if (compiled || !(error instanceof SetupProblem)) throw error;
    await makeEngine(libtorch, true);
  }
}

/** @param {{ fresh: boolean, start: number }} options */
async function setUp({ fresh, start }) {
  checkMachine(published ? 24 : 20);
  checkWritable(
    path.join(root, 'build'),
    'the project',
    'Run this as its owner, or clone the project into a folder of yours.',
  );
  const cache = cacheFolder();
  await withLock(
    path.join(root, 'build', 'setup.lock'),
    async () => {
      if (!fresh && (await upToDate(start))) return; // the one we waited for did it
      say(`setting up ${root}; fetched files go to ${cache}`);
      if (!published && !packagesReady(root))
        await phase('packages', (update) => installPackages(root, cache, update));
      const inUse = fresh ? undefined : libtorchInUse(root);
      const libtorch = inUse ?? (await phase('libtorch', (update) => findLibtorch(cache, update)));
      await makeEngine(libtorch, fresh);
      say(`set up in ${Math.round((Date.now() - start) / 1000)} s`);
    },
    ({ pid }) => say(`another set-up is running (process ${pid}); waiting for it`),
  );
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof SetupProblem) return error.message;
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  const where = 'path' in error ? String(error.path) : root;
  return knownComplaint(code, where) ?? error.stack ?? error.message;
}

/** What `vl-rethinker doctor` asks for: one JSON document on stdout. */
async function check() {
  const packages = published || packagesReady(root);
  const current = currentAddon(root);
  const fresh = packages && (await freshAddon(root)) !== undefined;
  const selfTest = current === undefined ? undefined : selfTestLine(current);
  process.exitCode = packages && fresh ? 0 : 1;
  process.stdout.write(`${JSON.stringify({ packages, fresh, current, selfTest })}\n`);
}

async function main() {
  const start = Date.now();
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) return say(usage);
  const unknown = args.find((arg) => arg !== '--fresh' && arg !== '--check');
  if (unknown !== undefined) {
    say(`set-up: unknown option ${unknown}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (args.includes('--check')) return check();
  const fresh = args.includes('--fresh');
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      endChildren();
      releaseAll();
      say(`\nset-up interrupted; what was finished is kept, run it again to go on`);
      process.exit(code);
    });
  }
  try {
    if (!fresh && (await upToDate(start))) return;
    await setUp({ fresh, start });
  } catch (error) {
    say(`set-up: ${explain(error)}`);
    process.exitCode = 1;
  }
}

await main();
