import { textRotary, type TextConfig } from '#model';
import { concat, type DType, noGrad, ops, outside, type Tensor } from '#tensor';

/** Cosines and sines of text positions, ready to be looked up: after a prompt all axes are equal. */
export class RotaryTable {
  readonly #config: TextConfig;
  readonly #like: { readonly dtype: DType; readonly device: string };
  /** [positions, d] */
  #cos: Tensor | undefined;
  #sin: Tensor | undefined;
  #length = 0;

  constructor(config: TextConfig, like: { readonly dtype: DType; readonly device: string }) {
    this.#config = config;
    this.#like = like;
  }

  /** Makes room for positions below `length`. */
  reserve(length: number): void {
    if (length <= this.#length) return;
    this.dispose();
    this.#length = Math.max(length, Math.min(this.#config.maxPositions, 2 * this.#length), 256);
    const axis = Int32Array.from({ length: this.#length }, (_, position) => position);
    const { cos, sin } = outside(() => {
      const table = noGrad(() => textRotary([axis, axis, axis], this.#config, this.#like));
      return { cos: table.cos.squeeze(1), sin: table.sin.squeeze(1) };
    });
    this.#cos = cos;
    this.#sin = sin;
  }

  /**
   * Tables for heads side by side: `turned` query heads and `kv` key heads turn, `kv` value heads do
   * not. [B, turned + 2 · kv, d] each.
   */
  rows(
    positions: Tensor,
    turned: number,
    kv: number,
  ): { readonly cos: Tensor; readonly sin: Tensor } {
    if (this.#cos === undefined || this.#sin === undefined) throw new Error('internal: no table');
    const { B } = positions.dims('B');
    const { d } = this.#cos.dims('_ d');
    const heads = (table: Tensor): Tensor =>
      table
        .indexSelect(0, positions)
        .unsqueeze(1)
        .expand([B, turned + kv, d]);
    const options = { dtype: this.#like.dtype, device: this.#like.device };
    return {
      cos: concat([heads(this.#cos), ops.ones([B, kv, d], options)], 1),
      sin: concat([heads(this.#sin), ops.zeros([B, kv, d], options)], 1),
    };
  }

  dispose(): void {
    this.#cos?.dispose();
    this.#sin?.dispose();
    this.#cos = undefined;
    this.#sin = undefined;
    this.#length = 0;
  }
}
