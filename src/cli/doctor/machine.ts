import { existsSync, readFileSync, statfsSync } from 'node:fs';
import os from 'node:os';
import type { Check } from './check.ts';

const gibibyte = 2 ** 30;
const gib = (bytes: number): string => `${(bytes / gibibyte).toFixed(1)} GiB`;

/** Below the first bound a run of the tiny model fails, below the second a small one may. */
const memoryBounds = { fail: 1 * gibibyte, warn: 4 * gibibyte };
const diskBounds = { fail: 0.5 * gibibyte, warn: 5 * gibibyte };

function against(bytes: number, { fail, warn }: typeof memoryBounds): Check['status'] {
  if (bytes < fail) return 'fail';
  return bytes < warn ? 'warn' : 'ok';
}

/** Node's version against the one that runs the source. */
export function checkNode(version: string = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const fine = major > 24 || (major === 24 && minor >= 12);
  return {
    name: 'node',
    status: fine ? 'ok' : 'fail',
    measured: version,
    advice: fine ? '' : 'needs 24.12 or newer; start it as vl-rethinker, which brings its own',
    values: { version, path: process.execPath },
  };
}

/** Operating system and processor. */
export function checkPlatform(): Check {
  const { platform, arch } = process;
  const fine = platform === 'linux' && arch === 'x64';
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  return {
    name: 'platform',
    status: fine ? 'ok' : 'fail',
    measured: `${platform} ${arch}, ${os.release()}, ${cpu}`,
    advice: fine ? '' : 'the engine runs on Linux x86-64 only',
    values: { platform, arch, release: os.release(), cpu },
  };
}

/** Memory that this process may still take, container limits included. */
export function checkMemory(): Check {
  const limit = process.constrainedMemory();
  const total = limit > 0 && limit < os.totalmem() ? limit : os.totalmem();
  const available = Math.min(process.availableMemory(), availableOfKernel() ?? Infinity);
  const status = against(available, memoryBounds);
  return {
    name: 'memory',
    status,
    measured: `${gib(available)} available of ${gib(total)}`,
    advice: status === 'ok' ? '' : 'end other programs, add swap, or raise the container’s limit',
    values: { availableBytes: available, totalBytes: total },
  };
}

/** What the kernel would give without swapping; caches count as free. */
function availableOfKernel(): number | undefined {
  if (!existsSync('/proc/meminfo')) return undefined;
  const line = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return line?.[1] === undefined ? undefined : Number(line[1]) * 1024;
}

/** Room for runs and checkpoints where the command was started. */
export function checkDisk(folder: string): Check {
  const { bavail, bsize, blocks } = statfsSync(folder);
  const [free, total] = [bavail * bsize, blocks * bsize];
  const status = against(free, diskBounds);
  return {
    name: 'disk',
    status,
    measured: `${gib(free)} free of ${gib(total)} at ${folder}`,
    advice: status === 'ok' ? '' : 'make room, or put runs on another disk',
    values: { freeBytes: free, totalBytes: total, folder },
  };
}
