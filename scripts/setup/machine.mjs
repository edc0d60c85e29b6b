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

/**
 * Ends with a sentence when the disk of `folder` has less than `bytes` left.
 * @param {string} folder @param {number} bytes @param {string} purpose
 */
export function checkSpace(folder, bytes, purpose) {
  let existing = folder;
  while (!fs.existsSync(existing)) existing = path.dirname(existing);
  const { bavail, bsize } = fs.statfsSync(existing);
  if (bavail * bsize >= bytes) return;
  const gigabytes = (/** @type {number} */ n) => (n / 2 ** 30).toFixed(1);
  throw new SetupProblem(
    `${purpose} needs ${gigabytes(bytes)} GiB in ${folder} and ${gigabytes(bavail * bsize)} GiB are free. Make room there, or point VL_RETHINKER_CACHE at another disk, then run this again.`,
  );
}
