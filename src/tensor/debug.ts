import { describeOriginsWith, TorchError } from './errors.ts';
import { dtypeName } from './dtype.ts';
import { native } from './native.ts';
import { isOwnFrame } from './own-frames.ts';
import { type Owned, watchTensors } from './scope.ts';

interface Origin {
  /** `f32[4, 128]` */
  readonly what: string;
  readonly created: string;
  freed?: string;
}

/** Freed handles that are still remembered, so that messages can say who freed them. */
const remembered = 100_000;

/** The first frame outside this room: `loss.ts:41`. */
function place(): string {
  const frames = (new Error('place').stack ?? '').split('\n').slice(1);
  const frame = frames.find((line) => !isOwnFrame(line));
  return /([^/\\()\s]+:\d+):\d+\)?$/.exec(frame ?? '')?.[1] ?? 'unknown place';
}

/** What debug mode watches for. */
export interface DebugOptions {
  /** Throw at the first floating result that is not finite. */
  readonly checkFinite?: boolean;
  /** Called for a tensor that was collected as garbage without having been freed. */
  readonly onLeak?: (message: string) => void;
}

/**
 * Remembers where every tensor was made and freed, so that errors and leaks name places; slow. Returns
 * the function that switches it off and tells how many tensors were made by each line and live on.
 */
export function debugTensors(options: DebugOptions = {}): () => ReadonlyMap<string, number> {
  const origins = new Map<number, Origin>();
  const dead = new Set<number>();
  const collected = new FinalizationRegistry<number>((handle) => {
    const origin = origins.get(handle);
    if (origin !== undefined && origin.freed === undefined) {
      options.onLeak?.(`leaked tensor ${origin.what} created at ${origin.created}`);
    }
  });
  const created = (tensor: Owned): void => {
    const [dtype, , , ...shape] = native.meta(tensor.handle);
    const what = `${dtypeName(dtype)}[${shape.join(', ')}]`;
    origins.set(tensor.handle, { what, created: place() });
    collected.register(tensor, tensor.handle);
    if (options.checkFinite === true) checkFinite(tensor.handle);
  };
  const freed = (handle: number, by: string): void => {
    const origin = origins.get(handle);
    if (origin === undefined) return;
    origin.freed = `${by} at ${place()}`;
    dead.add(handle);
    const [oldest] = dead;
    if (oldest === undefined || dead.size <= remembered) return;
    dead.delete(oldest);
    origins.delete(oldest);
  };
  watchTensors({ created, freed });
  describeOriginsWith({ describe: (handle) => describe(origins.get(handle)) });
  return () => {
    watchTensors(undefined);
    describeOriginsWith(undefined);
    return countByPlace(origins.values());
  };
}

function describe(origin: Origin | undefined): { what: string; story: string } | undefined {
  if (origin === undefined) return undefined;
  const end = origin.freed === undefined ? '' : `, freed by ${origin.freed}`;
  return { what: origin.what, story: `created at ${origin.created}${end}` };
}

function countByPlace(origins: Iterable<Origin>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { created, freed } of origins) {
    if (freed === undefined) counts.set(created, (counts.get(created) ?? 0) + 1);
  }
  return new Map([...counts].sort((a, b) => b[1] - a[1]));
}

const floating = new Set([5, 6, 7, 15]);

function checkFinite(handle: number): void {
  if (!floating.has(native.meta(handle)[0])) return;
  const finite = native.call(native.resolve('aten::isfinite', ''), handle) as number;
  const all = native.call(native.resolve('aten::all', ''), finite) as number;
  const ok = native.item(all) === true;
  native.free([finite, all]);
  if (!ok) throw new TorchError('a result is not finite', { kind: 'other' });
}
