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
  readonly owned: Owned[];
}

/** Debug mode watches births and deaths; undefined costs nothing. */
export interface Watcher {
  created(tensor: Owned): void;
  freed(handle: number, by: string): void;
}

let current: TensorScope | undefined;
/** Inside `outside` or an `AsyncScope`: who owns what is created now. */
let override: { readonly owner: Owner | null } | undefined;
let watcher: Watcher | undefined;
let unscoped = 0;

export function watchTensors(next: Watcher | undefined): void {
  watcher = next;
}

/** Tensors of this thread created while no scope was open; training code expects zero. */
export function unscopedCount(): number {
  return unscoped;
}

/** Called by the constructor of every tensor. */
export function register(tensor: Owned): void {
  const owner = override === undefined ? (current ?? null) : override.owner;
  tensor.owner = owner;
  if (owner === null) {
    if (override === undefined) unscoped++;
  } else {
    owner.owned.push(tensor);
  }
  watcher?.created(tensor);
}

/** Frees one tensor early. */
export function release(tensor: Owned): void {
  tensor.forget();
  watcher?.freed(tensor.handle, 'dispose');
  native.free(tensor.handle);
}

function releaseAll(owner: Owner): void {
  const handles: number[] = [];
  for (const tensor of owner.owned) {
    if (tensor.owner !== owner || tensor.disposed) continue;
    tensor.forget();
    handles.push(tensor.handle);
    watcher?.freed(tensor.handle, `scope '${owner.name}'`);
  }
  owner.owned.length = 0;
  if (handles.length > 0) native.free(handles);
}

function move(tensor: Owned, owner: Owner | null): void {
  tensor.owner = owner;
  owner?.owned.push(tensor);
}

/** Makes a scope the innermost one; returns the one around it. */
function enter(scope: TensorScope): TensorScope | undefined {
  const outer = current;
  current = scope;
  return outer;
}

/**
 * Owns every tensor created while it is open and frees them when it closes, on return and on throw:
 * `using _scope = new TensorScope()`. Scopes nest, and never span an `await`.
 */
export class TensorScope implements Disposable, Owner {
  readonly name: string;
  readonly owned: Owned[] = [];
  readonly #outer: TensorScope | undefined;
  #open = true;

  constructor(name = 'scope') {
    this.name = name;
    this.#outer = enter(this);
  }

  /** Hands a tensor to the enclosing scope, or to nobody where this is the outermost one. */
  keep<T extends Owned>(tensor: T): T {
    if (tensor.owner === this) move(tensor, this.#outer ?? null);
    return tensor;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    releaseAll(this);
    if (current === this) {
      current = this.#outer;
      return;
    }
    for (let inner = current; inner !== undefined; inner = inner.#outer) {
      if (inner.#outer === this) current = this.#outer;
    }
    throw new TorchError(
      `scope '${this.name}' closed before a scope opened inside it; a scope must not span an await`,
    );
  }
}

function isPromise(value: unknown): boolean {
  return value instanceof Promise;
}

/** Calls `visit` for every tensor in a value made of arrays and plain objects. */
function eachTensor(value: unknown, visit: (tensor: Owned) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if ('handle' in value && 'forget' in value) visit(value as unknown as Owned);
  else if (Array.isArray(value)) for (const item of value) eachTensor(item, visit);
  else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) eachTensor(item, visit);
  }
}

/**
 * Runs `body` in a scope and moves the tensors of its result (a tensor, arrays, plain objects) to the
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

function withOwner<T>(owner: Owner | null, body: () => T): T {
  const before = override;
  const scopeBefore = current;
  override = { owner };
  try {
    const result = body();
    if (isPromise(result)) throw new TorchError('expected a synchronous function, got a promise');
    return result;
  } finally {
    override = before;
    current = scopeBefore;
  }
}

/** Runs `body` so that what it creates belongs to no scope: parameters, optimizer state, caches. */
export function outside<T>(body: () => T): T {
  return withOwner(null, body);
}

/** A scope for code with awaits: only what `run` creates belongs to it. */
export class AsyncScope implements Disposable, Owner {
  readonly name: string;
  readonly owned: Owned[] = [];

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
