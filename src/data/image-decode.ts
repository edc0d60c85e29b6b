import type { default as sharpLibrary, Sharp, SharpOptions } from 'sharp';

import { cmykToRgb, onWhite } from './image-colour.ts';
import { ImageError } from './image-error.ts';
import { imageFormat } from './image-format.ts';

/** Decoded pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] bytes: red, green, blue. */
  readonly rgb: Uint8Array;
}

/** Larger pictures are refused before a pixel is decoded. */
const MAX_PIXELS = 100_000_000;

const OPTIONS = {
  // Colour profiles are ignored, because the model was trained on pixels as they are stored.
  ignoreIcc: true,
  failOn: 'error',
} satisfies SharpOptions;

export interface DecodeOptions {
  /** Default: 100 million. */
  readonly maxPixels?: number;
  /** Turns the picture as its EXIF entry says. Default: yes. */
  readonly upright?: boolean;
}

let decoder: Promise<typeof sharpLibrary> | undefined;

/** Loads libvips when the first picture is read: no cache, one thread each, the four readers only. */
async function loadDecoder(): Promise<typeof sharpLibrary> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  const readers = ['Png', 'Jpeg', 'Webp', 'Nsgif'];
  sharp.unblock({ operation: readers.map((reader) => `VipsForeignLoad${reader}`) });
  return sharp;
}

interface Opened {
  readonly image: Sharp;
  readonly cmyk: boolean;
  /** Pixels, after turning upright. */
  readonly width: number;
  readonly height: number;
}

/** Reads the header of an encoded picture. */
async function openHeader(bytes: Uint8Array, options: DecodeOptions): Promise<Opened> {
  const { maxPixels = MAX_PIXELS, upright = true } = options;
  if (imageFormat(bytes) === undefined) {
    const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
    throw new ImageError(
      'format',
      `expected a PNG, JPEG, WebP or GIF file, found ${bytes.length} bytes that begin with ` +
        `${start || 'nothing'}; convert the picture to one of these`,
    );
  }
  const sharp = await (decoder ??= loadDecoder());
  // The limit is checked here, with a message of our own; the library's would be hit first.
  const image = sharp(bytes, { ...OPTIONS, autoOrient: upright, limitInputPixels: false });
  const header = await image.metadata().catch((error: unknown) => {
    throw corrupt(error);
  });
  const { width, height } = header.autoOrient;
  if (width * height > maxPixels) {
    throw new ImageError(
      'too-large',
      `expected at most ${maxPixels} pixels, found ${width} × ${height}; shrink the picture first`,
    );
  }
  return { image, cmyk: header.space === 'cmyk', width, height };
}

/** Width and height in pixels after turning upright, without decoding. */
export async function measurePicture(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<{ readonly width: number; readonly height: number }> {
  const { width, height } = await openHeader(bytes, options);
  return { width, height };
}

/**
 * Decodes a PNG, JPEG, WebP or GIF file: turned upright as its EXIF entry says, first frame, eight
 * bits a channel (of sixteen, the upper eight), grey and palettes spread to three channels, CMYK by
 * Pillow's formula, alpha laid on white.
 *
 * @throws ImageError `format`, `corrupt`, or `too-large` before a pixel is decoded.
 */
export async function decodePicture(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<Picture> {
  const { image, cmyk } = await openHeader(bytes, options);
  const pixels = cmyk
    ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
    : image.toColourspace('srgb');
  const { data, info } = await pixels
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw corrupt(error);
    });
  const { width, height, channels } = info;
  if (channels === 3) return { width, height, rgb: data };
  if (channels === 4) return { width, height, rgb: cmyk ? cmykToRgb(data) : onWhite(data) };
  throw corrupt(new Error(`${channels} channels`));
}

function corrupt(cause: unknown): ImageError {
  const reason = cause instanceof Error ? cause.message.trim().split('\n').at(-1) : String(cause);
  return new ImageError(
    'corrupt',
    `expected a picture that decodes, found a damaged file (${reason}); fetch it again or leave it out`,
    { cause },
  );
}
