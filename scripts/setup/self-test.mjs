import fs from 'node:fs';
import path from 'node:path';
import { child } from './child.mjs';
import { SetupProblem, lastLines } from './problem.mjs';
import { writeWhole } from './write-whole.mjs';

/** @typedef {import('./addon.mjs').CurrentAddon} CurrentAddon */

/** @param {CurrentAddon} current */
const testedMark = (current) => path.join(path.dirname(current.addon), 'self-test.txt');

/** The line that this addon's self-test ended with, if it has passed. @param {CurrentAddon} current */
export function selfTestLine(current) {
  try {
    return fs.readFileSync(testedMark(current), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Where the self-test lies, if this checkout has one. @param {string} root */
export function selfTestFile(root) {
  return [
    path.join(root, 'src/tensor/self-test.ts'),
    path.join(root, 'dist/tensor/self-test.js'),
  ].find((file) => fs.existsSync(file));
}

/**
 * Runs the self-test in a process of the pinned Node; an addon that fails it is not used.
 * @param {string} root
 * @param {CurrentAddon} current
 * @param {string} node
 * @returns {Promise<readonly [undefined, string]>}
 */
export async function selfTest(root, current, node) {
  const file = selfTestFile(root);
  if (file === undefined) return [undefined, 'skipped: src/tensor/self-test.ts is not there'];
  const done = await child(node, ['--conditions=source', file], { cwd: root });
  const line = done.stdout.trim().split('\n').at(-1) ?? '';
  if (done.code !== 0 || line === '')
    throw new SetupProblem(
      `the engine compiled but failed its self-test (${done.signal ?? `status ${done.code}`}), so it will not be used. Try another libtorch by naming it in LIBTORCH. It said:${lastLines(done.stderr + done.stdout)}`,
    );
  writeWhole(testedMark(current), `${line}\n`);
  return [undefined, line];
}
