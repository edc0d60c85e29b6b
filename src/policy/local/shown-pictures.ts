import type { Prompt, PromptChunk } from '#model/processor';

export type ImageChunk = Extract<PromptChunk, { kind: 'image' }>;

/** Every picture of some prompts, as often as it is shown. */
export function imagesOf(prompts: readonly Prompt[]): readonly ImageChunk[] {
  return prompts.flatMap(({ chunks }) =>
    chunks.flatMap((chunk) => (chunk.kind === 'image' ? [chunk] : [])),
  );
}

/**
 * Pictures that the sampler has been shown under the present weights. As long as their embeddings fit
 * into what it keeps, it has all of them and asks for no pixels again.
 */
export class ShownPictures {
  readonly #bytesPerPlace: number;
  readonly #maxBytes: number;
  readonly #keys = new Set<string>();
  #bytes = 0;

  constructor(bytesPerPlace: number, maxBytes: number) {
    this.#bytesPerPlace = bytesPerPlace;
    this.#maxBytes = maxBytes;
  }

  /** Whether the sampler still knows a picture; never once they are too many. */
  has(chunk: ImageChunk): boolean {
    return this.#bytes <= this.#maxBytes && this.#keys.has(keyOf(chunk));
  }

  add(chunk: ImageChunk): void {
    if (this.#keys.has(keyOf(chunk))) return;
    this.#keys.add(keyOf(chunk));
    this.#bytes += chunk.length * this.#bytesPerPlace;
  }

  /** Other weights: everything is encoded anew. */
  clear(): void {
    this.#keys.clear();
    this.#bytes = 0;
  }
}

/** A picture at another size has other embeddings. */
function keyOf({ image, grid }: ImageChunk): string {
  return `${image.hash} ${grid.t} ${grid.h} ${grid.w}`;
}
