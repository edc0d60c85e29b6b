import { noGrad, ops, outside, stack, type Tensor, TensorScope } from '#tensor';

/** Settings of one step; every step may have its own. */
export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled: p ← p − learningRate · weightDecay · p. */
  readonly weightDecay: number;
}

interface Entry {
  /** What the network computes with. */
  readonly parameter: Tensor;
  /** f32: the parameter itself, or its master copy where the parameter has fewer bits. */
  readonly master: Tensor;
  readonly mean: Tensor;
  readonly square: Tensor;
  readonly steps: Tensor;
  /** f32: gradients of several microbatches added up. */
  gradient: Tensor | null;
}

function createEntry(parameter: Tensor): Entry {
  return outside(() => {
    const master = parameter.dtype === 'f32' ? parameter : noGrad(() => parameter.to('f32'));
    return {
      parameter,
      master,
      mean: noGrad(() => ops.zerosLike(master)),
      square: noGrad(() => ops.zerosLike(master)),
      steps: ops.zeros([], { device: parameter.device }),
      gradient: null,
    };
  });
}

type Active = Entry & { gradient: Tensor };

const portionBytes = 64 << 20;

/** Cuts entries into portions of about 64 MB of weights. */
function portions(active: readonly Active[]): readonly (readonly Active[])[] {
  const cut: Active[][] = [];
  let room = 0;
  for (const entry of active) {
    if (room <= 0) {
      cut.push([]);
      room = portionBytes;
    }
    cut.at(-1)?.push(entry);
    room -= entry.master.byteLength;
  }
  return cut;
}

function update(active: readonly Active[], settings: AdamWSettings): void {
  using _scope = new TensorScope('adamw');
  noGrad(() => {
    ops.foreachAdd_(
      active.map(({ steps }) => steps),
      1,
    );
    ops.fusedAdamw_(
      active.map(({ master }) => master),
      active.map(({ gradient }) => gradient),
      active.map(({ mean }) => mean),
      active.map(({ square }) => square),
      [],
      active.map(({ steps }) => steps),
      {
        lr: settings.learningRate,
        beta1: settings.beta1,
        beta2: settings.beta2,
        weightDecay: settings.weightDecay,
        eps: settings.epsilon,
        amsgrad: false,
        maximize: false,
      },
    );
    const copies = active.filter(({ parameter, master }) => parameter !== master);
    if (copies.length > 0) {
      ops.foreachCopy_(
        copies.map(({ parameter }) => parameter),
        copies.map(({ master }) => master),
      );
    }
  });
}

/**
 * AdamW (Loshchilov & Hutter 2019) by libtorch's fused kernel, one call for all parameters. Moments
 * and master weights are f32; parameters of another type are refreshed from their masters after each
 * step. Owns what it creates: call `dispose`.
 */
export class AdamW implements Disposable {
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(parameters: ReadonlyMap<string, Tensor>) {
    this.#entries = new Map(
      [...parameters].map(([name, parameter]) => [name, createEntry(parameter)]),
    );
  }

  /**
   * Moves the gradients that `backward` has left on the parameters into f32 sums and clears them
   * there. Call after every microbatch.
   */
  accumulate(): void {
    using _scope = new TensorScope('accumulate');
    noGrad(() => {
      for (const entry of this.#entries.values()) {
        const fresh = entry.parameter.grad;
        if (fresh === null) continue;
        entry.parameter.grad = null;
        if (entry.gradient !== null) entry.gradient.add_(fresh);
        else
          entry.gradient = outside(() => (fresh.dtype === 'f32' ? fresh.alias() : fresh.to('f32')));
      }
    });
  }

  /** The summed gradients, in the order of the parameters; those without one are left out. */
  gradients(): readonly Tensor[] {
    return this.#active().map(({ gradient }) => gradient);
  }

  /** Forgets the summed gradients. */
  clearGradients(): void {
    for (const entry of this.#entries.values()) {
      entry.gradient?.dispose();
      entry.gradient = null;
    }
  }

  /** Updates every parameter that has a gradient, then clears the gradients. */
  step(settings: AdamWSettings): void {
    const active = this.#active();
    if (active.length > 0) update(active, settings);
    this.clearGradients();
  }

  /**
   * The same, and returns the 2-norm of the change of all weights. Goes by portions, so that only few
   * weights are held twice.
   */
  measuredStep(settings: AdamWSettings): number {
    let squares = 0;
    for (const portion of portions(this.#active())) {
      using _scope = new TensorScope('measured step');
      const before = noGrad(() => portion.map(({ master }) => master.clone()));
      update(portion, settings);
      noGrad(() => {
        const masters = portion.map(({ master }) => master);
        for (const [index, old] of before.entries()) old.sub_(masters[index] ?? old);
        squares += stack(ops.foreachNorm(before)).square().sum().item();
      });
    }
    this.clearGradients();
    return Math.sqrt(squares);
  }

  #active(): readonly Active[] {
    return [...this.#entries.values()].filter((entry): entry is Active => entry.gradient !== null);
  }

  /** The f32 weights by parameter name. */
  masters(): ReadonlyMap<string, Tensor> {
    return new Map([...this.#entries].map(([name, { master }]) => [name, master]));
  }

  /** Everything a resumed run needs beside the masters: `<name>.mean`, `.square`, `.steps`. */
  state(): ReadonlyMap<string, Tensor> {
    return new Map(
      [...this.#entries].flatMap(([name, { mean, square, steps }]) => [
        [`${name}.mean`, mean],
        [`${name}.square`, square],
        [`${name}.steps`, steps],
      ]),
    );
  }

  /** Takes over masters and state as `masters` and `state` gave them. */
  restore(read: (name: string) => Tensor, readMaster: (name: string) => Tensor): void {
    using _scope = new TensorScope('restore');
    noGrad(() => {
      for (const [name, { parameter, master, mean, square, steps }] of this.#entries) {
        mean.copy_(read(`${name}.mean`));
        square.copy_(read(`${name}.square`));
        steps.copy_(read(`${name}.steps`));
        master.copy_(readMaster(name));
        if (parameter !== master) parameter.copy_(master);
      }
    });
  }

  [Symbol.dispose](): void {
    this.clearGradients();
    for (const { parameter, master, mean, square, steps } of this.#entries.values()) {
      if (parameter !== master) master.dispose();
      mean.dispose();
      square.dispose();
      steps.dispose();
    }
  }
}
