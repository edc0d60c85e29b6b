import process from 'node:process';
import { native } from './native.ts';
import { unscopedCount } from './scope.ts';

/** What this thread holds, in handles and bytes. */
export interface MemoryReport {
  /** Handles of this thread, and of all threads. */
  readonly live: number;
  readonly total: number;
  /** Tensors made while no scope was open. */
  readonly unscoped: number;
  /** Bytes behind this thread's handles, each storage once. Graphs hold more: see `resident`. */
  readonly bytes: number;
  readonly bytesByType: Readonly<Record<string, number>>;
  /** Resident bytes of the process, and their peak. */
  readonly resident: number;
  readonly residentPeak: number;
  /** Allocator figures such as `cuda:0 allocated`; empty without a GPU. */
  readonly devices: Readonly<Record<string, number>>;
}

export function memory(): MemoryReport {
  const [sizes, bytesByType, devices] = native.memory();
  return {
    live: sizes['live'] ?? 0,
    total: sizes['total'] ?? 0,
    bytes: sizes['bytes'] ?? 0,
    unscoped: unscopedCount(),
    bytesByType,
    devices,
    resident: process.memoryUsage.rss(),
    residentPeak: process.resourceUsage().maxRSS * 1024,
  };
}

/** Handles of this thread; cheap enough for every step. */
export function liveTensors(): number {
  return native.liveHandles();
}

/** Gives freed pages back to the system; the allocator otherwise keeps its peak for speed. */
export function trimMemory(): void {
  native.mallocTrim();
}
