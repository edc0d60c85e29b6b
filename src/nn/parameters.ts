import { ops, outside, type Tensor } from '#tensor';

/** Gives the tensor of a parameter, or undefined when there is none. Shapes are checked by the caller. */
export type MakeParameter = (name: string, shape: readonly number[]) => Tensor | undefined;

interface Shared {
  readonly make: MakeParameter;
  readonly tensors: Map<string, Tensor>;
  readonly problems: string[];
  /** What layers hold where a parameter is missing. */
  readonly standIns: Tensor[];
}

/**
 * The parameters of a network by their checkpoint names. Layers take theirs while they are built:
 * `new Linear(parameters.at('q_proj'), 512, 512)`. What is missing or misshapen is collected, so that
 * one error can list all of it.
 */
export class Parameters {
  readonly #shared: Shared;
  readonly #prefix: string;

  constructor(source: MakeParameter | { readonly shared: Shared; readonly prefix: string }) {
    if (typeof source === 'function') {
      this.#shared = { make: source, tensors: new Map(), problems: [], standIns: [] };
      this.#prefix = '';
    } else {
      this.#shared = source.shared;
      this.#prefix = source.prefix;
    }
  }

  /** All parameters taken so far, in the order of taking. */
  get tensors(): ReadonlyMap<string, Tensor> {
    return this.#shared.tensors;
  }

  /** Sentences about what is missing or has another shape. */
  get problems(): readonly string[] {
    return this.#shared.problems;
  }

  /** The parameters below a name: `parameters.at('model').at('layers').at(0)`. */
  at(name: string | number): Parameters {
    return new Parameters({ shared: this.#shared, prefix: `${this.#prefix}${name}.` });
  }

  /** The tensor of one parameter; a stand-in of no size when there is a problem with it. */
  take(name: string, shape: readonly number[]): Tensor {
    const { make, tensors, problems, standIns } = this.#shared;
    const full = `${this.#prefix}${name}`;
    const found = outside(() => make(full, shape));
    if (found !== undefined && found.shape.join() === shape.join()) {
      tensors.set(full, found);
      return found;
    }
    problems.push(
      found === undefined
        ? `${full}: expected [${shape.join(', ')}], found nothing`
        : `${full}: expected [${shape.join(', ')}], found [${found.shape.join(', ')}]`,
    );
    found?.dispose();
    const standIn = outside(() => ops.empty([0]));
    standIns.push(standIn);
    return standIn;
  }

  /** Frees every parameter. */
  dispose(): void {
    const { tensors, standIns } = this.#shared;
    for (const tensor of [...tensors.values(), ...standIns]) tensor.dispose();
  }
}
