import { textRotary, type TextConfig } from '#model';
import { type DType, fromArray, noGrad, outside, type Tensor } from '#tensor';
import { onDevice } from './on-device.ts';

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
   * Tables [B · (turned + still), d] for heads side by side, of which the first `turned` turn. Position
   * 0 turns nothing, so it is the one that the others are given.
   */
  rows(
    positions: readonly number[],
    turned: number,
    still: number,
  ): { readonly cos: Tensor; readonly sin: Tensor } {
    if (this.#cos === undefined || this.#sin === undefined) throw new Error('internal: no table');
    const all = turned + still;
    const places = new Int32Array(positions.length * all);
    for (const [row, position] of positions.entries()) {
      places.fill(position, row * all, row * all + turned);
    }
    const index = onDevice(fromArray(places), this.#like.device);
    return { cos: this.#cos.indexSelect(0, index), sin: this.#sin.indexSelect(0, index) };
  }

  dispose(): void {
    this.#cos?.dispose();
    this.#sin?.dispose();
    this.#cos = undefined;
    this.#sin = undefined;
    this.#length = 0;
  }
}
