/**
 * What a Python literal means here: whole numbers beyond 2⁵³ are bigints, tuples are frozen
 * arrays, dicts are
 * maps (a key such as `__proto__` is a key like others), bytes are `Uint8Array`.
 */
export type PythonValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | Complex
  | readonly PythonValue[]
  | Set<PythonValue>
  | Map<PythonValue, PythonValue>;

export interface Complex {
  readonly real: number;
  readonly imaginary: number;
}

/** Not a Python literal: what was expected where. */
export class PythonLiteralError extends Error {
  override readonly name = 'PythonLiteralError';
  /** Character at which reading stopped, from 0. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(`${message} at character ${at}`);
    this.at = at;
  }
}
