import type { Patches } from '#model/processor';
import { concat, fromArray, type Tensor } from '#tensor';
import { type FeatureEntry, owned } from './prompt-cache.ts';
import { pictureKey } from './prompt-parts.ts';
import type { Published } from './published.ts';

/** Patches of a picture. */
export function patchesOf({ grid }: Patches): number {
  return grid.t * grid.h * grid.w;
}

/** The embeddings of pictures, all in one pass of the vision tower; they belong to no scope. */
export function encodePictures(
  pictures: readonly Patches[],
  published: Published,
): readonly FeatureEntry[] {
  const rows = pictures.map(patchesOf);
  const pixels = concat(
    pictures.map(({ pixels: values }, index): Tensor => {
      const count = rows[index] ?? 1;
      const { channels, temporalPatchSize, patchSize } = published.config.vision;
      const expected = count * channels * temporalPatchSize * patchSize ** 2;
      if (values.length !== expected) {
        const name = pictures[index]?.hash.slice(0, 12) ?? '';
        throw new Error(`picture ${name}: expected ${expected} values, found ${values.length}`);
      }
      return fromArray(values, [count, values.length / count]);
    }),
  ).to(published.device);
  const unit = published.config.vision.mergeSize ** 2;
  const merged = published.vision.forward(
    pixels,
    pictures.map(({ grid }) => grid),
  );
  return merged.splitWithSizes(rows.map((count) => count / unit)).map((part, index) => {
    const { hash = '', grid = { t: 1, h: 0, w: 0 } } = pictures[index] ?? {};
    return {
      key: pictureKey(hash, grid),
      features: owned(() => part.to(published.dtype).clone()),
    };
  });
}
