import { fromArray, ops, outside, type Tensor } from '#tensor';
import type { PromptLayer } from './prompt-slots.ts';
import type { Attend, RowAttention, Rows } from './row-attention.ts';

/** Head widths that `native/decode.cpp` is compiled for. */
const widths = new Set([32, 64, 128]);

/** Whether the kernel computes such rows. */
export function kernelFits({
  config,
  dtype,
  device,
}: Pick<Rows, 'config' | 'dtype' | 'device'>): boolean {
  return device === 'cpu' && widths.has(config.headDim) && (dtype === 'f32' || dtype === 'bf16');
}

/** Attention in one call per layer: every row reads its prompt and its own columns, nothing is masked. */
export class KernelAttention implements RowAttention {
  readonly #rows: Rows;
  /** i32 [B, 3]: prompt slot, tokens of the prompt, first column. */
  readonly #places: Tensor;
  readonly #prompts: readonly PromptLayer[];

  constructor(rows: Rows) {
    this.#rows = rows;
    const { slots, prompts, cache } = rows;
    const places = slots.flatMap((slot, row) => [
      slot,
      prompts.lengths[slot] ?? 0,
      cache.entries[row] ?? 0,
    ]);
    // Both outlive the step.
    this.#places = outside(() => fromArray(Int32Array.from(places), [slots.length, 3], 'i32'));
    this.#prompts = outside(() => prompts.layers());
  }

  step(positions: readonly number[]): Attend {
    const { cache, rotary } = this.#rows;
    const { cos, sin } = rotary.rows(positions, 1, 0);
    const own = cache.layers();
    return (qkv, layer) => {
      const [prompt, written] = [this.#prompts[layer], own[layer]];
      if (prompt === undefined || written === undefined) throw new Error('internal: no such layer');
      const { keys, values } = prompt;
      return ops.decodeAttention(qkv, cos, sin, written, keys, values, this.#places, cache.now);
    };
  }

  dispose(): void {
    this.#places.dispose();
    for (const { keys, values } of this.#prompts) {
      keys.dispose();
      values.dispose();
    }
  }
}
