import { native } from './native.ts';
import { TorchError } from './errors.ts';

/** What a scope needs to know of a tensor. */
export interface Owned {
  readonly handle: number;
  readonly disposed: boolean;
  /** The scope that will free it; null for tensors with an owner of their own (parameters, caches). */
  owner: Owner | null;
  /** Called instead of `dispose` when the handle is freed together with others. */
  forget(): void;
}

/** Something that frees tensors. */
export interface Owner {
  readonly name: string;
  /** Null where nobody frees: what `outside` creates has an owner of its own. */
  readonly owned: Owned[] | null;
  /** Tensors of `owned` that were freed early. */
  gone: number;
}

/** Sees births and deaths; where nobody watches, it costs nothing. */
export interface Watcher {
  created(tensor: Owned): void;
  freed(handle: number, by: string): void;
}

/** Who owns what is created now: the innermost of scopes, `outside` and `AsyncScope.run`. */
let current: Owner | undefined;
let watcher: Watcher | undefined;
let unscoped = 0;
const watchers = new Set<Watcher>();

/** Everyone who watches, as one. */
function together(): Watcher | undefined {
  const [only] = watchers;
  if (watchers.size < 2) return only;
  return {
    created: (tensor) => watchers.forEach((each) => each.created(tensor)),
    freed: (handle, by) => watchers.forEach((each) => each.freed(handle, by)),
  };
}

/** Watches every tensor of this thread from now on; the function returned ends it. */
export function watchTensors(added: Watcher): () => void {
  watchers.add(added);
  watcher = together();
  return () => {
    watchers.delete(added);
    watcher = together();
  };
}

/** Tensors of this thread created while no scope was open; training code expects zero. */
export function unscopedCount(): number {
  return unscoped;
}

/** Called by the constructor of every tensor. */
export function register(tensor: Owned): void {
  const owned = current?.owned;
  if (owned === undefined) unscoped++;
  else if (owned !== null) {
    tensor.owner = current ?? null;
    owned.push(tensor);
  }
  watcher?.created(tensor);
}

/** Frees one tensor early. */
export function release(tensor: Owned): void {
  tensor.forget();
  watcher?.freed(tensor.handle, 'dispose');
  const { owner } = tensor;
  if (owner !== null && ++owner.gone >= 1024) tidyUp(owner);
  native.free(tensor.handle);
}

/** A scope that lives long would otherwise remember every tensor that was freed before its end. */
function tidyUp(owner: Owner): void {
  const { owned } = owner;
  if (owned === null || owner.gone * 2 < owned.length) return;
  const alive = owned.filter((tensor) => tensor.owner === owner && !tensor.disposed);
  for (const [index, tensor] of alive.entries()) owned[index] = tensor;
  owned.length = alive.length;
  owner.gone = 0;
}

function releaseAll(owner: Owner & { readonly owned: Owned[] }): void {
  const handles: number[] = [];
  for (const tensor of owner.owned) {
    if (tensor.owner !== owner || tensor.disposed) continue;
    tensor.forget();
    handles.push(tensor.handle);
    watcher?.freed(tensor.handle, `scope '${owner.name}'`);
  }
  owner.owned.length = 0;
  owner.gone = 0;
  if (handles.length > 0) native.free(handles);
}

function move(tensor: Owned, owner: Owner | undefined): void {
  const kept = owner?.owned ?? null;
  tensor.owner = kept === null ? null : (owner ?? null);
  kept?.push(tensor);
}

/** Makes an owner the innermost one; returns the one around it. */
function enter(owner: Owner): Owner | undefined {
  const outer = current;
  current = owner;
  return outer;
}

/**
 * Owns every tensor created while it is open and frees them when it closes, on return and on throw:
 * `using _scope = new TensorScope()`. Scopes nest, and never span an `await`.
 */
export class TensorScope implements Disposable, Owner {
  readonly name: string;
  readonly owned: Owned[] = [];
  gone = 0;
  #outer: Owner | undefined;
  #open = true;

  constructor(name = 'scope') {
    this.name = name;
    this.#outer = enter(this);
  }

  /** Hands a tensor to the enclosing scope, or to nobody where this is the outermost one. */
  keep<T extends Owned>(tensor: T): T {
    if (tensor.owner === this) move(tensor, this.#outer);
    return tensor;
  }

  /** Throws `TorchError` when a scope opened inside this one is still open; that one stays usable. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    releaseAll(this);
    if (current === this) {
      current = this.#outer;
      return;
    }
    for (let inner = current; inner instanceof TensorScope; inner = inner.#outer) {
      if (inner.#outer === this) inner.#outer = this.#outer;
    }
    throw new TorchError(
      `scope '${this.name}' closed before a scope opened inside it; a scope must not span an await`,
    );
  }
}

function isPromise(value: unknown): boolean {
  return value instanceof Promise;
}

/** Calls `visit` for every tensor in a value made of arrays, maps and plain objects. */
function eachTensor(value: unknown, visit: (tensor: Owned) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if ('handle' in value && 'forget' in value) visit(value as unknown as Owned);
  else if (Array.isArray(value)) for (const item of value) eachTensor(item, visit);
  else if (value instanceof Map) for (const item of value.values()) eachTensor(item, visit);
  else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) eachTensor(item, visit);
  }
}

/**
 * Runs `body` in a scope and moves the tensors of its result (a tensor, arrays, maps, plain objects) to the
 * enclosing scope. Throws if `body` returns a promise.
 */
export function tidy<T>(body: () => T, name = 'tidy'): T {
  using scope = new TensorScope(name);
  const result = body();
  if (isPromise(result)) {
    throw new TorchError('tidy needs a synchronous function; use an AsyncScope around awaits');
  }
  eachTensor(result, (tensor) => scope.keep(tensor));
  return result;
}

function withOwner<T>(owner: Owner, body: () => T): T {
  const outer = enter(owner);
  try {
    const result = body();
    if (isPromise(result)) throw new TorchError('expected a synchronous function, got a promise');
    return result;
  } finally {
    current = outer;
  }
}

const nobody: Owner = { name: 'outside', owned: null, gone: 0 };

/**
 * Runs `body` so that the tensors of its result (a tensor, arrays, maps, plain objects) belong to no scope:
 * parameters, optimizer state, caches. What else it creates is freed.
 */
export function outside<T>(body: () => T): T {
  return withOwner(nobody, () => tidy(body, 'outside'));
}

/** A scope for code with awaits: only what `run` creates belongs to it. */
export class AsyncScope implements Disposable, Owner {
  readonly name: string;
  readonly owned: Owned[] = [];
  gone = 0;

  constructor(name = 'async scope') {
    this.name = name;
  }

  run<T>(body: () => T): T {
    return withOwner(this, body);
  }

  [Symbol.dispose](): void {
    releaseAll(this);
  }
}
