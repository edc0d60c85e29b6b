import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * A lock is a folder with a file `owner.json` inside. Both of its moves are renames of folders, which
 * the file system does at once or not at all, and which fail when the target holds something:
 * taking it renames a prepared folder to the lock's name; breaking the lock of a dead process renames
 * it to a name made of that owner's mark, which only one of several rivals can do.
 */

const heartbeatMs = 5_000;
const silentMs = 60_000;

/** @typedef {{ pid: number, started: string, host: string, mark: string }} Owner */

/** When a process started, in clock ticks since boot: tells a process from a later one of the same number. @param {number} pid */
function startOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? ''); // a zombie does nothing any more
  } catch {
    return '';
  }
}

function thisHost() {
  let boot = '';
  try {
    boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // without /proc the name has to do
  }
  return `${os.hostname()} ${boot}`;
}

/** Undefined when the lock was given back this moment. @param {string} lock @returns {Owner | undefined} */
function ownerOf(lock) {
  try {
    return JSON.parse(fs.readFileSync(path.join(lock, 'owner.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** A lock without a readable owner was made by nobody we know. @param {string} lock @returns {Owner | undefined} */
function unknownOwner(lock) {
  try {
    const old = Date.now() - fs.statSync(lock).mtimeMs > silentMs;
    return old ? { pid: 0, started: 'never', host: thisHost(), mark: 'unknown' } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Processes of this machine are looked up; those of another one (a shared disk, another container)
 * count as alive while they touch their file.
 * @param {Owner} owner @param {string} lock
 */
function alive(owner, lock) {
  if (owner.host === thisHost()) return startOf(owner.pid) === owner.started;
  try {
    return Date.now() - fs.statSync(path.join(lock, 'owner.json')).mtimeMs < silentMs;
  } catch {
    return false;
  }
}

/** @param {string} lock @param {Owner} owner @returns {boolean} */
function take(lock, owner) {
  const mine = `${lock}.${owner.mark}`;
  fs.mkdirSync(mine, { recursive: true });
  fs.writeFileSync(path.join(mine, 'owner.json'), JSON.stringify(owner));
  try {
    fs.renameSync(mine, lock);
    return true;
  } catch (error) {
    fs.rmSync(mine, { recursive: true, force: true });
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} lock @param {Owner} owner */
function breakLock(lock, owner) {
  const dead = `${lock}.dead.${owner.mark}`;
  try {
    fs.renameSync(lock, dead);
  } catch {
    return; // somebody else broke it first
  }
  if (owner.host !== thisHost()) return;
  endOrphans(dead);
  fs.rmSync(dead, { recursive: true, force: true });
}

/** Ends programs that a killed set-up left running: npm would go on emptying node_modules. @param {string} folder */
function endOrphans(folder) {
  for (const name of fs.readdirSync(folder)) {
    const pid = Number(/^child\.(\d+)$/.exec(name)?.[1]);
    if (!(pid > 1) || startOf(pid) !== fs.readFileSync(path.join(folder, name), 'utf8')) continue;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // it has ended by itself meanwhile
    }
  }
}

/** Writes into every lock we hold that this child is ours. @param {number} pid */
export function noteChild(pid) {
  for (const { lock } of held) fs.writeFileSync(path.join(lock, `child.${pid}`), startOf(pid));
}

/** @param {number} pid */
export function forgetChild(pid) {
  for (const { lock } of held) fs.rmSync(path.join(lock, `child.${pid}`), { force: true });
}

/** Folders that killed processes left behind, once nobody can be in the middle of using them. @param {string} lock */
function sweep(lock) {
  const folder = path.dirname(lock);
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(`${path.basename(lock)}.`)) continue;
    const leftover = path.join(folder, name);
    try {
      if (Date.now() - fs.statSync(leftover).mtimeMs > 3_600_000)
        fs.rmSync(leftover, { recursive: true, force: true });
    } catch {
      // gone already
    }
  }
}

/** @type {Set<{ readonly lock: string, readonly release: () => void }>} */
const held = new Set();

/** Gives back whatever is held; for an interrupted set-up. */
export function releaseAll() {
  for (const { release } of held) release();
}

/**
 * Runs `work` while no other process holds `lock`. Waits for a living owner, replaces a dead one.
 * @template Result
 * @param {string} lock
 * @param {() => Promise<Result>} work
 * @param {(owner: Owner) => void} onWait told once, with whom it waits for
 * @returns {Promise<Result>}
 */
export async function withLock(lock, work, onWait) {
  fs.mkdirSync(path.dirname(lock), { recursive: true });
  const mark = `${process.pid}-${randomUUID().slice(0, 8)}`;
  /** @type {Owner} */
  const me = { pid: process.pid, started: startOf(process.pid), host: thisHost(), mark };
  for (let told = false; !take(lock, me);) {
    const owner = ownerOf(lock) ?? unknownOwner(lock);
    if (owner !== undefined && !alive(owner, lock)) {
      breakLock(lock, owner);
      continue;
    }
    if (!told && owner !== undefined) {
      onWait(owner);
      told = true;
    }
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    fs.utimes(path.join(lock, 'owner.json'), now, now, () => {});
  }, heartbeatMs);
  const release = () => {
    clearInterval(heartbeat);
    held.delete(mine);
    if (ownerOf(lock)?.mark !== mark) return;
    fs.renameSync(lock, `${lock}.${mark}`); // emptied under another name: nobody can step in between
    fs.rmSync(`${lock}.${mark}`, { recursive: true, force: true });
  };
  const mine = { lock, release };
  held.add(mine);
  try {
    sweep(lock);
    return await work();
  } finally {
    release();
  }
}
