import fs from 'node:fs';
import path from 'node:path';
import { child } from './child.mjs';
import { withLock } from './lock.mjs';
import { checkSpace, checkWritable } from './machine.mjs';
import { findPip, pip } from './pip.mjs';
import { SetupProblem, knownComplaint, lastLines } from './problem.mjs';

/** @typedef {import('./pip.mjs').Fetch} Fetch */

/** The version that everything is tested with; fetched exactly. */
export const libtorchVersion = '2.13.0';

/** Where PyTorch publishes the builds without CUDA; PyPI's Linux wheel is a CUDA build. */
const cpuIndex = 'https://download.pytorch.org/whl/cpu';

/** Wheel, unpacked library and headers, with room to spare. */
const bytesNeeded = 1_100_000_000;

/** The CPU wheel has 190 MB; one for CUDA has several times that. */
const largestWheel = 300_000_000;

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

/**
 * Whether a plain `torch==2.13.0` would be a build without CUDA, judged by what it depends on before
 * gigabytes are pulled. A pip too old to tell counts as no; undefined where there is none at all.
 * @param {Fetch} fetch @param {readonly string[]} spec
 */
async function withoutCuda(fetch, spec) {
  const target = ['--target', path.join(fetch.work, 'never')];
  const file = path.join(fetch.work, 'report.json');
  const command = ['install', '--dry-run', '--report', file, ...target, ...spec];
  // A pip before 24 pulls the wheel to read what it depends on; its size is announced first.
  const asked = await pip(fetch, command, { most: largestWheel });
  if (asked.tooMuch) return false;
  if (asked.code !== 0) return undefined;
  try {
    const report = JSON.parse(fs.readFileSync(file, 'utf8'));
    /** @type {string[]} */
    const needs = report.install[0].metadata.requires_dist ?? [];
    return !needs.some((need) => /^(nvidia|cuda|triton|pytorch-triton)/i.test(need));
  } catch {
    return false;
  }
}

/**
 * Downloads a wheel into `work/wheel`; the outcome says whether.
 * @param {Fetch} fetch @param {readonly string[]} spec
 */
async function download(fetch, spec) {
  const to = ['--dest', path.join(fetch.work, 'wheel')];
  const done = await pip(fetch, ['download', ...spec, ...to], { most: largestWheel });
  const known = done.code === 0 ? undefined : knownComplaint(done.stderr, fetch.work);
  if (known !== undefined) throw new SetupProblem(known);
  return done;
}

/** Whether pip saw no offer at all, and that for want of a connection. @param {string} stderr */
function unreachable(stderr) {
  return (
    /\(from versions: none\)/.test(stderr) &&
    /connection broken|ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError/i.test(stderr)
  );
}

/**
 * Tries the offers in turn: the user's own index and folders, then also PyTorch's, then wheels of other
 * Pythons, then a plain `torch` if it is none for CUDA. Resolves to undefined when a wheel lies in
 * `work/wheel`, else to why none does.
 * @param {Fetch} fetch
 */
async function anyWheel(fetch) {
  const [first = '3.11', ...others] = pythonTags;
  const exact = `torch==${libtorchVersion}+cpu`;
  const own = await download(fetch, [exact, ...platformOf(first)]);
  if (own.code === 0) return undefined;
  const patience = ['--timeout', '20', '--retries', '2'];
  const upstream = ['--extra-index-url', cpuIndex, ...patience];
  const theirs = await download(fetch, [exact, ...platformOf(first), ...upstream]);
  if (theirs.code === 0) return undefined;
  const said = lastLines(own.stderr.replace(/^WARNING: .*\n/gm, ''), 3);
  if (unreachable(own.stderr) && unreachable(theirs.stderr))
    return `pip could not reach its index. Check the network or a proxy, then run this again; without a network, name a folder that holds the wheel in PIP_FIND_LINKS. pip said:${said}`;
  for (const tag of others)
    if ((await download(fetch, [exact, ...platformOf(tag)])).code === 0) return undefined;
  for (const tag of pythonTags) {
    const plain = [`torch==${libtorchVersion}`, ...platformOf(tag)];
    const light = await withoutCuda(fetch, plain);
    const done = light === true ? await download(fetch, plain) : undefined;
    if (done?.code === 0) return undefined;
    if (light === false || done?.tooMuch === true)
      return `pip offers torch ${libtorchVersion} only as a CUDA build of several gigabytes, and ${cpuIndex} could not be reached. Name an index or a folder that has ${libtorchVersion}+cpu, e.g. PIP_EXTRA_INDEX_URL=${cpuIndex} or PIP_FIND_LINKS=/folder/with/wheel`;
  }
  return `pip found no torch ${libtorchVersion}. Check pip's index, or name a folder with its wheel in PIP_FIND_LINKS. pip said:${said}`;
}

/** @param {Fetch} fetch @param {string} target */
async function unpackWheel(fetch, target) {
  const folder = path.join(fetch.work, 'wheel');
  const wheel = fs.readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new SetupProblem(`internal: pip left no wheel in ${folder}`);
  const unpacked = path.join(fetch.work, 'libtorch');
  const onText = (/** @type {string} */ text) => {
    const percent = /(\d+)\s*$/.exec(text)?.[1];
    if (percent !== undefined) fetch.update(`unpacking ${wheel}: ${percent} %`);
  };
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
      ? `Python has no pip to fill it. Install pip (on Debian and Ubuntu: apt install python3-pip; elsewhere: python3 -m ensurepip), then run this again`
      : `there is no Python with pip to fill it. Install both (on Debian and Ubuntu: apt install python3-pip), then run this again`;
  checkWritable(
    cache,
    'the cache for libtorch',
    'Make it writable, or point VL_RETHINKER_CACHE at another folder, then run this again.',
  );
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
        update(`pip: looking for torch ${libtorchVersion}+cpu`);
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
