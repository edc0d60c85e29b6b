import fs from 'node:fs';
import path from 'node:path';
import { SetupProblem } from './problem.mjs';

/** The C library that the fetched libtorch and the pinned Node are built against. */
const oldestGlibc = [2, 28];

/**
 * Ends with a sentence on a machine that the engine cannot run on.
 * @param {number} oldestNode first part of the version: a checkout brings its own Node for the rest
 */
export function checkMachine(oldestNode) {
  const node = Number(process.versions.node.split('.')[0]);
  if (node < oldestNode)
    throw new SetupProblem(
      `the set-up needs Node ${oldestNode} or newer and runs on ${process.version}. Install a newer one, then run this again.`,
    );
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupProblem(
      `the engine runs on Linux x86-64 and this is ${process.platform} ${process.arch}. Use such a machine, or a container or virtual machine of that kind.`,
    );
  const glibc = glibcVersion();
  if (glibc === undefined)
    throw new SetupProblem(
      `the engine needs the GNU C library and this system has another one (Alpine's musl?). Use Debian 10, Ubuntu 20.04, RHEL 8 or newer, for instance in a container.`,
    );
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = oldestGlibc;
  if (major < needMajor || (major === needMajor && minor < needMinor))
    throw new SetupProblem(
      `the engine needs glibc ${oldestGlibc.join('.')} or newer and this system has ${glibc}. Use Debian 10, Ubuntu 20.04, RHEL 8 or newer.`,
    );
}

/** @returns {string | undefined} */
function glibcVersion() {
  const { report } = process;
  if (report === undefined) return undefined;
  Object.assign(report, { excludeNetwork: true }); // collecting interfaces can take seconds
  /** @type {any} */
  const found = report.getReport();
  return found.header?.glibcVersionRuntime;
}

/** The folder itself, or the nearest one above it that is there. @param {string} folder */
function existing(folder) {
  let there = folder;
  while (!fs.existsSync(there)) there = path.dirname(there);
  return there;
}

/** Whether files can be made in `folder`, or the folder itself. @param {string} folder */
export function isWritable(folder) {
  const there = existing(folder);
  try {
    fs.accessSync(there, fs.constants.W_OK);
    return fs.statSync(there).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Ends with a sentence when nothing can be written in `folder`.
 * @param {string} folder @param {string} what names it for people @param {string} advice
 */
export function checkWritable(folder, what, advice) {
  if (isWritable(folder)) return;
  const there = existing(folder);
  const found = fs.statSync(there).isDirectory() ? 'one that is read-only' : 'a file';
  throw new SetupProblem(
    `${what} has to be a folder that can be written and ${there} is ${found}. ${advice}`,
  );
}

/**
 * Ends with a sentence when the disk of `folder` has less than `bytes` left.
 * @param {string} folder @param {number} bytes @param {string} purpose
 */
export function checkSpace(folder, bytes, purpose) {
  const { bavail, bsize } = fs.statfsSync(existing(folder));
  if (bavail * bsize >= bytes) return;
  const gigabytes = (/** @type {number} */ n) => (n / 2 ** 30).toFixed(1);
  throw new SetupProblem(
    `${purpose} needs ${gigabytes(bytes)} GiB in ${folder} and ${gigabytes(bavail * bsize)} GiB are free. Make room there, or point VL_RETHINKER_CACHE at another disk, then run this again.`,
  );
}
