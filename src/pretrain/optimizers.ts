import { AdamW, clipGradNorm } from '#nn';
import type { Tensor } from '#tensor';

const settings = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8 };

/** AdamW with decay on matrices only, and one joint clipping of all gradients. */
export class Optimizers implements Disposable {
  readonly #matrices: AdamW;
  readonly #vectors: AdamW;
  readonly #decay: number;

  constructor(parameters: ReadonlyMap<string, Tensor>, decay: number) {
    const all = [...parameters];
    this.#matrices = new AdamW(new Map(all.filter(([, tensor]) => tensor.shape.length > 1)));
    this.#vectors = new AdamW(new Map(all.filter(([, tensor]) => tensor.shape.length <= 1)));
    this.#decay = decay;
  }

  /** Applies the gradients that backward has left; returns their joint norm before clipping. */
  step(learningRate: number): number {
    this.#matrices.accumulate();
    this.#vectors.accumulate();
    const grads = [...this.#matrices.gradients(), ...this.#vectors.gradients()];
    const norm = clipGradNorm(grads, 1);
    const value = norm.item();
    norm.dispose();
    this.#matrices.step({ ...settings, learningRate, weightDecay: this.#decay });
    this.#vectors.step({ ...settings, learningRate, weightDecay: 0 });
    return value;
  }

  /** Moments and step counts by parameter name. */
  state(): ReadonlyMap<string, Tensor> {
    return new Map([...this.#matrices.state(), ...this.#vectors.state()]);
  }

  /** Takes over a state; the weights are the network's own and are read elsewhere. */
  restore(read: (name: string) => Tensor, parameters: ReadonlyMap<string, Tensor>): void {
    const own = (name: string): Tensor => {
      const found = parameters.get(name);
      if (found === undefined) throw new Error(`internal: no parameter ${name}`);
      return found;
    };
    this.#matrices.restore(read, own);
    this.#vectors.restore(read, own);
  }

  [Symbol.dispose](): void {
    this.#matrices[Symbol.dispose]();
    this.#vectors[Symbol.dispose]();
  }
}
