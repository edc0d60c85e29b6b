import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { child } from './child.mjs';
import { isWritable } from './machine.mjs';
import { SetupProblem, knownComplaint, lastLines } from './problem.mjs';

/** @param {string} root */
const stampOf = (root) => path.join(root, 'node_modules', '.vl-rethinker.json');

/** The Node that the project pins. @param {string} root */
export function pinnedNode(root) {
  return path.join(root, 'node_modules', 'node', 'bin', 'node');
}

/** @param {string} file @returns {any} */
function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string} root */
function lockHash(root) {
  try {
    const text = fs.readFileSync(path.join(root, 'package-lock.json'));
    return crypto.createHash('sha256').update(text).digest('hex');
  } catch {
    throw new SetupProblem(
      `${root} has no package-lock.json: the checkout is incomplete. Clone it again.`,
    );
  }
}

/** @param {string} root */
function hasPinnedNode(root) {
  try {
    fs.accessSync(pinnedNode(root), fs.constants.X_OK);
    return fs.statSync(pinnedNode(root)).size > 0;
  } catch {
    return false;
  }
}

/** Whether the packages of this lockfile are installed, by what the last set-up noted. @param {string} root */
export function packagesReady(root) {
  if (readJson(stampOf(root))?.lock !== lockHash(root) || !hasPinnedNode(root)) return false;
  return expectedPackages(root).every(
    ([name, { optional }]) => optional === true || fs.existsSync(path.join(root, name)),
  );
}

/** Whether npm would install this package on this machine. @param {any} entry */
function meantForHere({ os, cpu, libc }) {
  /** @param {unknown} list @param {string} here */
  const admits = (list, here) =>
    !Array.isArray(list) ||
    (!list.includes(`!${here}`) && (list.every((x) => x.startsWith('!')) || list.includes(here)));
  return admits(os, process.platform) && admits(cpu, process.arch) && admits(libc, 'glibc');
}

/** Folders below node_modules that the lockfile calls for on this machine. @param {string} root */
function expectedPackages(root) {
  /** @type {Record<string, any>} */
  const packages = readJson(path.join(root, 'package-lock.json'))?.packages ?? {};
  return Object.entries(packages).filter(([name, entry]) => name !== '' && meantForHere(entry));
}

/** @param {string} root */
function presentPackages(root) {
  return expectedPackages(root).filter(([name]) =>
    fs.existsSync(path.join(root, name, 'package.json')),
  );
}

/**
 * Whether npm itself finished an install of exactly this lockfile: somebody ran npm by hand. npm
 * writes its own record last, so a killed install has none.
 * @param {string} root
 */
function installedByHand(root) {
  const record = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (record === undefined) return false;
  return expectedPackages(root).every(
    ([name, { version, integrity, optional }]) =>
      (record[name] === undefined && optional === true) ||
      (record[name]?.version === version && record[name]?.integrity === integrity),
  );
}

/**
 * A Node that stays where it is while npm empties node_modules: npm may have started us with the
 * pinned one.
 * @param {string} root
 */
function lastingNode(root) {
  const inside = path.join(root, 'node_modules') + path.sep;
  const real = fs.realpathSync(process.execPath);
  if (!real.startsWith(inside)) return real;
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, 'node');
    if (!fs.existsSync(candidate)) continue;
    const found = fs.realpathSync(candidate);
    if (!found.startsWith(inside)) return found;
  }
  const copy = path.join(root, 'build', 'bootstrap', 'node');
  fs.mkdirSync(path.dirname(copy), { recursive: true });
  fs.rmSync(copy, { force: true });
  fs.copyFileSync(real, copy);
  return copy;
}

/** How npm is started: the one that runs this script, or the one on the PATH. @param {string} node */
function npmCommand(node) {
  const running = process.env.npm_execpath ?? '';
  const here =
    /npm-cli\.[cm]?js$/.test(running) &&
    !running.includes(`${path.sep}node_modules${path.sep}.bin`);
  return here && fs.existsSync(running) ? [node, running] : ['npm'];
}

/**
 * npm's cache and logs go to our folder, unless it is told to live off its own; with a cache that
 * cannot be written, into the project. Between its tries it
 * waits less than the 70 s of its defaults: without a network the answer should not take minutes.
 * @param {string} root @param {string} cache
 */
function npmEnvironment(root, cache) {
  const { env } = process;
  const offline = [env.npm_config_offline, env.npm_config_prefer_offline].includes('true');
  const own = path.join(isWritable(cache) ? cache : path.join(root, 'build'), 'npm');
  return {
    ...(offline ? {} : { npm_config_cache: own }),
    npm_config_fetch_retry_mintimeout: env.npm_config_fetch_retry_mintimeout ?? '2000',
    npm_config_fetch_retry_maxtimeout: env.npm_config_fetch_retry_maxtimeout ?? '10000',
  };
}

/**
 * Makes node_modules what package-lock.json says, with the binary of the pinned Node in place.
 * @param {string} root
 * @param {string} cache
 * @param {(text: string) => void} update
 * @returns {Promise<readonly [undefined, string]>}
 */
export async function installPackages(root, cache, update) {
  const lock = lockHash(root);
  let how = 'as npm left them';
  if (!installedByHand(root)) {
    await runNpm(root, cache, update);
    how = 'by npm ci';
  }
  if (!hasPinnedNode(root)) {
    await placePinnedNode(root, cache, update);
    how += ', Node placed by hand since install scripts are off';
  }
  const version = await child(pinnedNode(root), ['--version']);
  if (version.code !== 0)
    throw new SetupProblem(
      `the pinned Node does not start: ${version.stderr.trim().slice(0, 300)}. Remove node_modules and run this again; if that does not help, this system's C library is too old for it.`,
    );
  linkCommand(root);
  fs.writeFileSync(stampOf(root), `${JSON.stringify({ lock })}\n`);
  const count = presentPackages(root).length;
  return [undefined, `${count} packages ${how}, Node ${version.stdout.trim().replace('v', '')}`];
}

/** Lets `npx vl-rethinker` find the checkout's own command without asking npm. @param {string} root */
function linkCommand(root) {
  const link = path.join(root, 'node_modules', '.bin', 'vl-rethinker');
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.rmSync(link, { force: true });
  fs.symlinkSync(path.join('..', '..', 'bin', 'vl-rethinker'), link);
}

/** How far npm is. Optional packages may stay away, so only the others are counted. @param {string} root */
function progress(root) {
  const needed = expectedPackages(root).filter(([, { optional }]) => optional !== true);
  const there = needed.filter(([name]) => fs.existsSync(path.join(root, name, 'package.json')));
  if (there.length === 0) return 'asking the registry';
  if (there.length < needed.length) return `${there.length} of ${needed.length} packages`;
  return 'placing the pinned Node';
}

/** @param {string} root @param {string} cache @param {(text: string) => void} update */
async function runNpm(root, cache, update) {
  const timer = setInterval(() => update(`npm ci: ${progress(root)}`), 300);
  try {
    const node = lastingNode(root);
    const [program = 'npm', ...first] = npmCommand(node);
    const env = {
      ...npmEnvironment(root, cache),
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH ?? ''}`,
    };
    const args = [...first, 'ci', '--no-audit', '--no-fund', '--no-update-notifier'];
    const done = await child(program, [...args, '--loglevel=error'], { cwd: root, env });
    if (done.missing)
      throw new SetupProblem(
        `npm was not found on the PATH. Install it (on Debian and Ubuntu: apt install npm), then run this again.`,
      );
    if (done.code !== 0) throw npmProblem(root, done);
  } finally {
    clearInterval(timer);
  }
}

/** @param {string} root @param {import('./child.mjs').Outcome} done */
function npmProblem(root, done) {
  const text = done.stderr + done.stdout;
  const known = knownComplaint(text, root);
  if (known !== undefined) return new SetupProblem(known);
  const said = lastLines(text.split(/\n.*Clean install a project/)[0] ?? text);
  if (/code EUSAGE/.test(text))
    return new SetupProblem(
      `package.json and package-lock.json disagree, so npm ci refuses. Run npm install once, or undo the change to either file. It said:${said}`,
    );
  if (/ENOTFOUND|ETIMEDOUT|ECONNREFUSED|EAI_AGAIN|ECONNRESET|network/.test(text))
    return new SetupProblem(
      `npm could not reach its registry. Check the network, a proxy, or the registry named in .npmrc; then run this again. It said:${said}`,
    );
  return new SetupProblem(
    `npm ci ended with ${done.signal ?? `status ${done.code}`}. It said:${said}`,
  );
}

/** Runs the install script of the `node` package, which npm skips where install scripts are off. @param {string} root @param {string} cache @param {(text: string) => void} update */
async function placePinnedNode(root, cache, update) {
  update('fetching the pinned Node');
  const folder = path.join(root, 'node_modules', 'node');
  const env = { ...npmEnvironment(root, cache), npm_config_ignore_scripts: undefined };
  const done = await child(lastingNode(root), ['installArchSpecificPackage.js'], {
    cwd: folder,
    env,
  });
  if (hasPinnedNode(root)) return;
  const text = done.stderr + done.stdout;
  throw new SetupProblem(
    knownComplaint(text, root) ??
      `the npm package "node" did not bring its binary. Check the network and the registry, then run this again. It said:${lastLines(text)}`,
  );
}
