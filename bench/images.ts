import { join } from 'node:path';
import { openImage } from '#data';
import {
  cutPatches,
  cutPicture,
  imageGrid,
  type ImageLayout,
  resizeBicubic,
} from '#model/processor';
import type { Bench, BenchContext, PythonBaseline } from './bench.ts';

/** What the published checkpoints say. */
const layout: ImageLayout = {
  patchSize: 14,
  mergeSize: 2,
  temporalPatchSize: 2,
  minPixels: 3136,
  maxPixels: 12_845_056,
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** One megapixel, no side a multiple of 28; a photograph's proportions, which are. */
const sizes = [
  { width: 1000, height: 1000 },
  { width: 1176, height: 868 },
] as const;

/** Smooth noise, [height, width, 3]. */
function smooth(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    return 128 + 80 * Math.sin(x / 17 + (index % 3)) + 40 * Math.sin(y / 5);
  });
}

async function compareSize(
  context: BenchContext,
  python: PythonBaseline | undefined,
  { width, height, folder }: { width: number; height: number; folder: string },
): Promise<void> {
  const size = { width, height };
  const rgb = smooth(width, height);
  await python?.call('prepare', { width, height, folder });
  await context.compare({
    label: `${width} × ${height}: pixels to patches`,
    ours: () => {
      const grid = imageGrid(size, layout);
      const target = { height: grid.h * 14, width: grid.w * 14 };
      cutPatches(resizeBicubic(rgb, size, target), target, layout);
    },
    theirs: python?.timer('pixels'),
    bar: 1,
    work: { amount: (width * height) / 1e6, unit: 'Mpx' },
  });
  if (python === undefined) return;
  for (const kind of ['png', 'jpg'] as const) {
    const image = await openImage(join(folder, `picture.${kind}`));
    await context.compare({
      label: `${width} × ${height}: ${kind} file to patches`,
      ours: async () => {
        await cutPicture(image, layout);
      },
      theirs: python.timer('file', { kind }),
      bar: 1,
    });
  }
}

export const bench: Bench = {
  name: 'images',
  summary: "a picture of one megapixel becomes patches, against transformers' processor",
  async run(context) {
    const folder = context.folder();
    const python = await context.python('images.py', {
      modules: ['torch', 'transformers', 'PIL'],
    });
    for (const size of sizes) await compareSize(context, python, { ...size, folder });
  },
};
