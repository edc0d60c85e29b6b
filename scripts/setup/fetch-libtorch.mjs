import fs from 'node:fs';
import path from 'node:path';
import { child } from './child.mjs';
import { withLock } from './lock.mjs';
import { checkSpace } from './machine.mjs';
import { SetupProblem, knownComplaint, lastLines } from './problem.mjs';
import { mebibytes } from './report.mjs';

/** The version that everything is tested with; fetched exactly. */
export const libtorchVersion = '2.13.0';

/** Where PyTorch publishes the builds without CUDA; PyPI's Linux wheel is a CUDA build. */
const cpuIndex = 'https://download.pytorch.org/whl/cpu';

/** Wheel, unpacked library and headers, with room to spare. */
const bytesNeeded = 1_100_000_000;

/** Only the C++ parts of a wheel are used, so its Python version does not matter. */
const pythonTags = ['3.11', '3.12', '3.13', '3.10', '3.14'];

/** Unpacks lib, include and the version out of a wheel; says how far it is on stdout. */
const unpack = `
import os, shutil, sys, zipfile
wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    entries = [e for e in archive.infolist() if not e.is_dir() and
        (e.filename.startswith(('torch/lib/', 'torch/include/')) or e.filename == 'torch/version.py')]
    total, done, told = sum(e.file_size for e in entries), 0, -1
    for entry in entries:
        path = os.path.normpath(os.path.join(target, entry.filename[len('torch/'):]))
        if not path.startswith(target + os.sep): raise SystemExit('unsafe path in wheel: ' + entry.filename)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(entry) as source, open(path, 'wb') as out: shutil.copyfileobj(source, out, 1 << 20)
        done += entry.file_size
        percent = 100 * done // max(total, 1)
        if percent != told: print(percent, flush=True); told = percent
`;

/** @param {string} tag e.g. `3.11` */
function platformOf(tag) {
  const abi = `cp${tag.replace('.', '')}`;
  const platforms = [
    'manylinux_2_28_x86_64',
    'manylinux_2_17_x86_64',
    'manylinux2014_x86_64',
    'linux_x86_64',
  ];
  return [
    '--only-binary=:all:',
    '--implementation',
    'cp',
    '--python-version',
    tag,
    '--abi',
    abi,
    ...platforms.flatMap((platform) => ['--platform', platform]),
  ];
}

/** The first Python that has pip, as the beginning of a command line. @param {readonly string[]} pythons */
async function findPip(pythons) {
  let anyPython = false;
  for (const python of pythons) {
    const asked = await child(python, ['-m', 'pip', '--version'], { cwd: '/' });
    anyPython ||= !asked.missing;
    if (asked.code === 0) return { python, anyPython };
  }
  return { python: undefined, anyPython };
}

/** @param {string} folder @returns {number} bytes of the files below, as far as they can be read */
function sizeOf(folder) {
  let sum = 0;
  try {
    for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
      const there = path.join(folder, entry.name);
      sum += entry.isDirectory() ? sizeOf(there) : fs.statSync(there).size;
    }
  } catch {
    // pip moved it meanwhile
  }
  return sum;
}

/**
 * @typedef {object} Fetch
 * @property {string} python
 * @property {string} work a folder of this attempt alone
 * @property {(text: string) => void} update
 */

/** @param {Fetch} fetch @param {readonly string[]} args */
function pip({ python, work }, args) {
  const env = { TMPDIR: work, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' };
  return child(python, ['-m', 'pip', ...args, '--no-deps', '--no-cache-dir'], { cwd: work, env });
}

/** Downloads a wheel; the outcome says whether. @param {Fetch} fetch @param {readonly string[]} spec */
async function download(fetch, spec) {
  const timer = setInterval(
    () => fetch.update(`pip: ${mebibytes(sizeOf(fetch.work))} so far`),
    300,
  );
  try {
    return await pip(fetch, ['download', ...spec, '--dest', path.join(fetch.work, 'wheel')]);
  } finally {
    clearInterval(timer);
  }
}

/**
 * Whether a plain `torch==2.13.0` would be a build without CUDA, judged by what it depends on before
 * gigabytes are pulled. A pip too old to tell counts as no.
 * @param {Fetch} fetch @param {readonly string[]} spec
 */
async function withoutCuda(fetch, spec) {
  const target = ['--target', path.join(fetch.work, 'never')];
  const asked = await pip(fetch, [
    'install',
    '--dry-run',
    '--quiet',
    '--report',
    '-',
    ...target,
    ...spec,
  ]);
  if (asked.code !== 0) return undefined;
  try {
    const report = JSON.parse(asked.stdout);
    /** @type {string[]} */
    const needs = report.install[0].metadata.requires_dist ?? [];
    return !needs.some((need) => /^(nvidia|cuda|triton|pytorch-triton)/i.test(need));
  } catch {
    return false;
  }
}

/** Tries the offers in turn; resolves to undefined when a wheel lies in `work/wheel`, else why none does. @param {Fetch} fetch */
async function anyWheel(fetch) {
  const [first = '3.11'] = pythonTags;
  const exact = `torch==${libtorchVersion}+cpu`;
  const offers = [
    [exact, ...platformOf(first)],
    [
      exact,
      ...platformOf(first),
      '--extra-index-url',
      cpuIndex,
      '--timeout',
      '20',
      '--retries',
      '2',
    ],
    ...pythonTags.slice(1).map((tag) => [exact, ...platformOf(tag)]),
  ];
  let said = '';
  for (const offer of offers) {
    fetch.update(`pip: looking for torch ${libtorchVersion}+cpu`);
    const done = await download(fetch, offer);
    if (done.code === 0) return undefined;
    said ||= done.stderr;
    const known = knownComplaint(done.stderr, fetch.work);
    if (known !== undefined) throw new SetupProblem(known);
  }
  for (const tag of pythonTags) {
    const plain = [`torch==${libtorchVersion}`, ...platformOf(tag)];
    const light = await withoutCuda(fetch, plain);
    if (light === false)
      return `pip offers torch ${libtorchVersion} only as a CUDA build of several gigabytes. Name an index or a folder that has ${libtorchVersion}+cpu, e.g. PIP_EXTRA_INDEX_URL=${cpuIndex} or PIP_FIND_LINKS=/folder/with/wheel`;
    if (light === true && (await download(fetch, plain)).code === 0) return undefined;
  }
  return `pip found no torch ${libtorchVersion}; check the network and pip's index, or name a folder with its wheel in PIP_FIND_LINKS. pip said:${lastLines(said, 4)}\n   `;
}

/** @param {Fetch} fetch @param {string} target */
async function unpackWheel(fetch, target) {
  const folder = path.join(fetch.work, 'wheel');
  const wheel = fs.readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new SetupProblem(`internal: pip left no wheel in ${folder}`);
  const unpacked = path.join(fetch.work, 'libtorch');
  const onText = (/** @type {string} */ text) =>
    fetch.update(`unpacking ${wheel}: ${text.trim().split(/\s+/).at(-1)} %`);
  const done = await child(fetch.python, ['-c', unpack, path.join(folder, wheel), unpacked], {
    onText,
  });
  if (done.code !== 0)
    throw new SetupProblem(
      knownComplaint(done.stderr, fetch.work) ??
        `the wheel ${wheel} could not be unpacked; run this again to fetch it anew. Python said:${lastLines(done.stderr, 4)}`,
    );
  fs.rmSync(target, { recursive: true, force: true });
  fs.renameSync(unpacked, target);
}

/**
 * Fills `target` with the C++ parts of the pinned torch wheel, CPU build. Everything happens in a folder
 * beside it that is renamed at the end, so `target` is whole or absent.
 * @param {string} cache
 * @param {string} target
 * @param {{ pythons: readonly string[], update: (text: string) => void }} options
 * @returns {Promise<string | undefined>} why there was nothing to fetch, or undefined when it is there
 */
export async function fetchLibtorch(cache, target, { pythons, update }) {
  const { python, anyPython } = await findPip(pythons);
  if (python === undefined)
    return anyPython
      ? `empty, and Python has no pip to fill it. Install pip (on Debian and Ubuntu: apt install python3-pip; elsewhere: python3 -m ensurepip), then run this again`
      : `empty, and there is no Python with pip to fill it. Install both (on Debian and Ubuntu: apt install python3-pip), or unpack libtorch and name its folder in LIBTORCH, then run this again`;
  checkSpace(cache, bytesNeeded, 'fetching libtorch');
  return withLock(
    path.join(cache, 'setup.lock'),
    async () => {
      if (fs.existsSync(target)) return undefined; // somebody else filled it while we waited
      for (const name of fs.readdirSync(cache))
        if (name.startsWith('fetch-'))
          fs.rmSync(path.join(cache, name), { recursive: true, force: true });
      const work = fs.mkdtempSync(path.join(cache, 'fetch-'));
      try {
        const fetch = { python, work, update };
        const failure = await anyWheel(fetch);
        if (failure !== undefined) return failure;
        await unpackWheel(fetch, target);
        return undefined;
      } finally {
        fs.rmSync(work, { recursive: true, force: true });
      }
    },
    ({ pid }) => update(`waiting for process ${pid}, which fills the cache`),
  );
}
