import process from 'node:process';
import { describeOriginsWith, type Origins, TorchError } from './errors.ts';
import { dtypeName } from './dtype.ts';
import { native } from './native.ts';
import { callersPlace, countByPlace } from './place.ts';
import { type Owned, watchTensors } from './scope.ts';

interface Origin {
  /** `f32[4, 128]` */
  readonly what: string;
  readonly created: string;
  freed?: string;
}

/** Freed handles that are still remembered, so that messages can say who freed them. */
const remembered = 100_000;

/** What debug mode watches for. */
export interface DebugOptions {
  /** Throw at the first floating result that is not finite. */
  readonly checkFinite?: boolean;
  /** Called for a tensor that was collected as garbage without having been freed. */
  readonly onLeak?: (message: string) => void;
}

/**
 * Remembers where every tensor was made and freed, so that errors and leaks name places, and warns when
 * two threads compute at once; slow. Returns the function that switches it off and tells how many tensors
 * were made by each line and live on.
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
  const checkThreads = threadAlarm();
  const created = (tensor: Owned): void => {
    checkThreads();
    const [dtype, , , ...shape] = native.meta(tensor.handle);
    const what = `${dtypeName(dtype)}[${shape.join(', ')}]`;
    origins.set(tensor.handle, { what, created: callersPlace() });
    collected.register(tensor, tensor.handle);
    if (options.checkFinite === true) checkFinite(tensor.handle);
  };
  const freed = (handle: number, by: string): void => {
    const origin = origins.get(handle);
    if (origin === undefined) return;
    origin.freed = `${by} at ${callersPlace()}`;
    dead.add(handle);
    const [oldest] = dead;
    if (oldest === undefined || dead.size <= remembered) return;
    dead.delete(oldest);
    origins.delete(oldest);
  };
  const stopWatching = watchTensors({ created, freed });
  describeOriginsWith({ describe: (handle) => describe(origins.get(handle)) });
  return () => {
    stopWatching();
    native.watchThreads(false);
    describeOriginsWith(undefined);
    const alive = [...origins.values()].filter((origin) => origin.freed === undefined);
    return countByPlace(alive.map((origin) => origin.created));
  };
}

function describe(origin: Origin | undefined): ReturnType<Origins['describe']> {
  if (origin === undefined) return undefined;
  const { what, created, freed } = origin;
  const end = freed === undefined ? '' : `, freed by ${freed}`;
  return { what, created, story: `created at ${created}${end}` };
}

/** Tells once when another thread has computed while this one did. */
function threadAlarm(): () => void {
  let told = false;
  native.watchThreads(true);
  return () => {
    if (told || !native.watchThreads(true)) return;
    told = true;
    process.emitWarning(
      'two threads have computed at the same time: each brings a thread per core, and they wait for ' +
        'each other; let one thread compute, or give both fewer threads',
      { type: 'TensorWarning', code: 'TWO_THREADS' },
    );
  };
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
