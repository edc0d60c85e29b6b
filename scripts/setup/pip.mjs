import fs from 'node:fs';
import path from 'node:path';
import { child } from './child.mjs';
import { mebibytes } from './report.mjs';

/**
 * One attempt at getting a wheel.
 * @typedef {object} Fetch
 * @property {string} python
 * @property {string} work a folder of this attempt alone
 * @property {(text: string) => void} update
 */

/** The first Python that has pip, and whether there was any. @param {readonly string[]} pythons */
export async function findPip(pythons) {
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

const units = { kB: 1e3, MB: 1e6, GB: 1e9 };

/** Bytes that pip says it is about to pull: `Downloading torch-….whl (899.8 MB)`. @param {string} text */
function announced(text) {
  const [, number, unit] = /Downloading \S+ \(([\d.]+) (kB|MB|GB)\)/.exec(text) ?? [];
  return unit === 'kB' || unit === 'MB' || unit === 'GB' ? Number(number) * units[unit] : 0;
}

/**
 * Runs pip on one package without what it depends on, its files in `work`. Ends it, with `tooMuch`,
 * when it pulls, or is about to pull, more than `most` bytes: a wheel that nobody asked for.
 * @param {Fetch} fetch
 * @param {readonly string[]} args
 * @param {{ most: number }} limit
 */
export async function pip({ python, work, update }, args, { most }) {
  const env = { TMPDIR: work, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' };
  const enough = new AbortController();
  const before = sizeOf(work);
  const timer = setInterval(() => {
    const bytes = sizeOf(work) - before;
    if (bytes > 0) update(`pip: ${mebibytes(bytes)} so far`);
    if (bytes > most) enough.abort();
  }, 300);
  try {
    const onText = (/** @type {string} */ text) => {
      if (announced(text) > most) enough.abort();
      if (/connection broken|Retrying/i.test(text)) update('pip: no connection, trying again');
    };
    const command = ['-m', 'pip', ...args, '--no-deps', '--no-cache-dir'];
    const done = await child(python, command, { cwd: work, env, onText, signal: enough.signal });
    if (done.code !== 0) fs.rmSync(path.join(work, 'wheel'), { recursive: true, force: true });
    return { ...done, tooMuch: enough.signal.aborted };
  } finally {
    clearInterval(timer);
  }
}
