import type { ImageRef } from '#data';

import type { Patches } from './prompt.ts';

/**
 * Patches by content hash, those used longest ago dropped first when they exceed `maxBytes`. Pictures
 * asked for while they are being cut wait for the same cut; a failure is not remembered.
 */
export class PatchCache {
  readonly #maxBytes: number;
  readonly #cut: (image: ImageRef) => Promise<Patches>;
  readonly #kept = new Map<string, Patches>();
  readonly #underway = new Map<string, Promise<Patches>>();
  #bytes = 0;

  constructor(maxBytes: number, cut: (image: ImageRef) => Promise<Patches>) {
    this.#maxBytes = maxBytes;
    this.#cut = cut;
  }

  get(image: ImageRef): Promise<Patches> {
    const { hash } = image;
    const kept = this.#kept.get(hash);
    if (kept !== undefined) {
      this.#kept.delete(hash);
      this.#kept.set(hash, kept);
      return Promise.resolve(kept);
    }
    const underway = this.#underway.get(hash);
    if (underway !== undefined) return underway;
    const cut = this.#cut(image)
      .then((patches) => this.#keep(patches))
      .finally(() => this.#underway.delete(hash));
    this.#underway.set(hash, cut);
    return cut;
  }

  #keep(patches: Patches): Patches {
    this.#kept.set(patches.hash, patches);
    this.#bytes += patches.pixels.byteLength;
    for (const [hash, oldest] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#kept.delete(hash);
      this.#bytes -= oldest.pixels.byteLength;
    }
    return patches;
  }
}
