import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { decodePicture, ImageError } from '#data';
import type { Picture } from '#data';
import { cutPatches, imageGrid, resizeBicubic } from '#model/processor';
import type { ImageLayout, Size } from '#model/processor';

import { compared, failure } from './parity-check.ts';
import type { ParityResult } from './parity-check.ts';
import { readSafetensors } from './read-safetensors.ts';
import type { StoredTensor } from './read-safetensors.ts';

const tensorEntry = z.looseObject({
  dtype: z.string(),
  shape: z.array(z.int()),
  role: z.enum(['input', 'expected', 'reference']),
  tolerance: z.number().optional(),
});
const bounds = { name: z.string(), image: z.string(), minPixels: z.int(), maxPixels: z.int() };
const imageCase = z.looseObject({
  ...bounds,
  kind: z.literal('image'),
  variant: z.string(),
  optional: z.boolean().default(false),
  note: z.string().default(''),
  file: z.string(),
  tensors: z.record(z.string(), tensorEntry),
});
const rejectedCase = z.looseObject({ ...bounds, kind: z.literal('image-rejected') });
const manifestSchema = z.looseObject({
  format: z.literal(1),
  imageMean: z.array(z.number()).length(3),
  imageStd: z.array(z.number()).length(3),
  patchSize: z.int(),
  mergeSize: z.int(),
  temporalPatchSize: z.int(),
  cases: z.array(z.looseObject({ name: z.string(), kind: z.string() })),
});
type ImageCase = z.output<typeof imageCase>;
type Manifest = z.output<typeof manifestSchema>;

/** Checks a fixture of kind `image-processor`, each step from the stored result of the one before. */
export async function* checkImages(folder: string, manifest: unknown): AsyncIterable<ParityResult> {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) {
    yield failure(folder, 'manifest', z.prettifyError(parsed.error));
    return;
  }
  const images = parsed.data.cases.flatMap((found) => imageCase.safeParse(found).data ?? []);
  for (const found of parsed.data.cases) {
    try {
      if (found.kind === 'image') {
        yield* checkImage({ folder, manifest: parsed.data, images }, imageCase.parse(found));
      } else if (found.kind === 'image-rejected') {
        yield await checkRejected(folder, parsed.data, rejectedCase.parse(found));
      } else {
        yield failure(found.name, 'kind', `unknown kind of case ${found.kind}`);
      }
    } catch (error) {
      yield failure(found.name, 'case', error instanceof Error ? error.message : String(error));
    }
  }
}

interface Fixture {
  readonly folder: string;
  readonly manifest: Manifest;
  /** All cases, since a picture may equal another variant of the same file. */
  readonly images: readonly ImageCase[];
}

function layoutOf(
  manifest: Manifest,
  pixels: { minPixels: number; maxPixels: number },
): ImageLayout {
  const { patchSize, mergeSize, temporalPatchSize, imageMean: mean, imageStd: std } = manifest;
  const { minPixels, maxPixels } = pixels;
  return { patchSize, mergeSize, temporalPatchSize, minPixels, maxPixels, mean, std };
}

async function* checkImage(fixture: Fixture, found: ImageCase): AsyncIterable<ParityResult> {
  const { folder, manifest } = fixture;
  const tensors = await readSafetensors(join(folder, found.file));
  const layout = layoutOf(manifest, found);
  for (const [quantity, { role, tolerance = 0 }] of Object.entries(found.tensors)) {
    const name = { case: found.name, quantity };
    const expected = tensors.get(quantity);
    if (expected === undefined) {
      yield failure(found.name, quantity, `the manifest names it, ${found.file} lacks it`);
    } else if (quantity === 'rgb') {
      yield await checkRgb(fixture, found, { name, role, tolerance, expected });
    } else if (role === 'expected') {
      const ours = computed(quantity, tensors, layout);
      if (ours === undefined) yield failure(found.name, quantity, 'unknown tensor');
      else yield compared(name, ours, expected.values, tolerance);
    } else if (quantity !== 'pixel_rows') {
      yield failure(found.name, quantity, `unknown ${role} tensor`);
    }
  }
  for (const quantity of tensors.keys()) {
    if (!(quantity in found.tensors)) yield failure(found.name, quantity, 'not in the manifest');
  }
}

/** What we make of the stored earlier steps; undefined for a quantity we do not know. */
function computed(
  quantity: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  layout: ImageLayout,
): ArrayLike<number> | undefined {
  const rgb = needed(tensors, 'rgb');
  switch (quantity) {
    case 'image_grid_thw': {
      const { t, h, w } = imageGrid(sizeOf(rgb), layout);
      return [t, h, w];
    }
    case 'resized':
      return resizeBicubic(bytesOf(rgb), sizeOf(rgb), sizeOf(needed(tensors, 'resized')));
    case 'pixel_values': {
      const resized = needed(tensors, 'resized');
      const pixels = cutPatches(bytesOf(resized), sizeOf(resized), layout);
      const rows = tensors.get('pixel_rows')?.values;
      const [, width = 0] = needed(tensors, 'pixel_values').shape;
      return rows === undefined ? pixels : pickedRows(pixels, width, Array.from(rows, Number));
    }
    default:
      return undefined;
  }
}

function pickedRows(pixels: Float32Array, width: number, rows: readonly number[]): number[] {
  return rows.flatMap((row) => Array.from(pixels.subarray(row * width, (row + 1) * width)));
}

interface RgbCheck {
  readonly name: { readonly case: string; readonly quantity: string };
  readonly role: string;
  readonly tolerance: number;
  readonly expected: StoredTensor;
}

/** Our decoded picture passes if it equals one of the variants that the fixture has of its file. */
async function checkRgb(
  { folder, images }: Fixture,
  found: ImageCase,
  { name, role, tolerance, expected }: RgbCheck,
): Promise<ParityResult> {
  const file = await readFile(join(folder, found.image));
  const picture = await decodePicture(file);
  const own = comparedPicture(name, picture, expected, tolerance);
  if (own.pass) return { ...own, note: `as variant ${found.variant}` };
  // Laid on white and turned upright: what no variant does with a picture that needs both.
  const lying = await decodePicture(file, { upright: false });
  const before = comparedPicture(name, lying, expected, tolerance);
  if (before.pass) return { ...before, note: `as variant ${found.variant}, then turned upright` };
  for (const other of images) {
    if (other.image !== found.image || other.variant === found.variant) continue;
    const rgb = (await readSafetensors(join(folder, other.file))).get('rgb');
    if (rgb === undefined) continue;
    const result = comparedPicture(name, picture, rgb, tolerance);
    if (result.pass) return { ...result, note: `as variant ${other.variant}` };
    const turned = comparedPicture(name, lying, rgb, tolerance);
    if (turned.pass) {
      return { ...turned, note: `as variant ${other.variant}, then turned upright` };
    }
  }
  if (role === 'reference') return { ...own, pass: true, note: 'not compared: decoders differ' };
  if (found.optional) return { ...own, pass: true, note: `a quirk we do not share: ${found.note}` };
  return own;
}

function comparedPicture(
  name: RgbCheck['name'],
  picture: Picture,
  expected: StoredTensor,
  tolerance: number,
): ParityResult {
  const [height, width] = expected.shape;
  if (picture.height !== height || picture.width !== width) {
    const sizes = `expected ${width} × ${height}, found ${picture.width} × ${picture.height}`;
    return failure(name.case, name.quantity, sizes);
  }
  return compared(name, picture.rgb, expected.values, tolerance);
}

async function checkRejected(
  folder: string,
  manifest: Manifest,
  found: z.output<typeof rejectedCase>,
): Promise<ParityResult> {
  const name = { case: found.name, quantity: 'rejected' };
  const picture = await decodePicture(await readFile(join(folder, found.image)));
  try {
    const { h, w } = imageGrid(picture, layoutOf(manifest, found));
    return failure(name.case, name.quantity, `expected an error, found a grid of ${h} × ${w}`);
  } catch (error) {
    if (!(error instanceof ImageError) || error.fault !== 'extreme') throw error;
    return { ...name, maxAbs: 0, maxRel: 0, tolerance: 0, pass: true };
  }
}

function needed(tensors: ReadonlyMap<string, StoredTensor>, name: string): StoredTensor {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`expected a tensor ${name}, found none`);
  return found;
}

function sizeOf({ shape: [height = 0, width = 0] }: StoredTensor): Size {
  return { height, width };
}

function bytesOf({ dtype, values }: StoredTensor): Uint8Array {
  if (values instanceof Uint8Array) return values;
  throw new Error(`expected a tensor of bytes, found ${dtype}`);
}
