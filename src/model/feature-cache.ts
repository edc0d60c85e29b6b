import { noGrad, outside, type Tensor } from '#tensor';
import type { Patches } from '#model/processor';

/** Where embeddings come from: `QwenVL.encodeImages`, under some version of the tower's weights. */
export interface FeatureSource {
  /** Stays the same as long as the tower's weights do: constant for a frozen tower. */
  readonly version: number;
  encodeImages(pictures: readonly Patches[]): readonly Tensor[];
}

/**
 * Embeddings of pictures by content hash, so that a tower whose weights stand still sees every picture
 * once. Kept without gradient; another version of the weights empties the cache; when it is full, the
 * pictures that were asked for longest ago go first.
 */
export class FeatureCache implements Disposable {
  readonly #maxBytes: number;
  /** Least recently asked for first. */
  readonly #kept = new Map<string, Tensor>();
  #bytes = 0;
  #version = Number.NaN;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the embeddings that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Pictures that are kept. */
  get size(): number {
    return this.#kept.size;
  }

  /** Whether the embedding of a picture is kept: then its pixels are not looked at. */
  has(hash: string): boolean {
    return this.#kept.has(hash);
  }

  /**
   * Embeddings of all given pictures by hash; those unknown are encoded together, each once. The
   * tensors belong to the open scope and outlive their place in the cache.
   */
  features(pictures: readonly Patches[], source: FeatureSource): ReadonlyMap<string, Tensor> {
    if (source.version !== this.#version) this.clear();
    this.#version = source.version;
    const wanted = new Map(pictures.map((picture) => [picture.hash, picture]));
    const missing = [...wanted.values()].filter(({ hash }) => !this.#kept.has(hash));
    return noGrad(() => {
      const encoded = missing.length === 0 ? [] : source.encodeImages(missing);
      const found = new Map(missing.map(({ hash }, index) => [hash, encoded[index]]));
      const all = new Map<string, Tensor>();
      for (const hash of wanted.keys()) {
        const feature = this.#kept.get(hash) ?? found.get(hash);
        if (feature === undefined) throw new Error(`internal: picture ${hash} was not encoded`);
        all.set(hash, feature.detach());
      }
      for (const [hash, feature] of all) this.#keep(hash, feature);
      return all;
    });
  }

  #keep(hash: string, feature: Tensor): void {
    const known = this.#kept.get(hash);
    this.#kept.delete(hash);
    // A copy: what the tower returns is a view of all pictures of its pass.
    const kept = known ?? outside(() => feature.clone());
    this.#kept.set(hash, kept);
    if (known === undefined) this.#bytes += kept.byteLength;
    for (const [oldest, tensor] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= tensor.byteLength;
      tensor.dispose();
    }
  }

  /** Forgets and frees everything. */
  clear(): void {
    for (const tensor of this.#kept.values()) tensor.dispose();
    this.#kept.clear();
    this.#bytes = 0;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
