import { imageFormat } from './image-format.ts';

/** Pixels across and down, after turning upright. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size that the header of a PNG, JPEG, WebP or GIF file states, turned upright as its EXIF entry
 * says; undefined where the header is not understood. Decodes nothing: microseconds, not milliseconds.
 */
export function pictureSize(bytes: Uint8Array): PictureSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    switch (imageFormat(bytes)) {
      case 'png':
        // An EXIF chunk may turn the picture; those few go to the decoder.
        return holds(bytes, 'eXIf') ? undefined : sized(view.getUint32(16), view.getUint32(20));
      case 'gif':
        return sized(view.getUint16(6, true), view.getUint16(8, true));
      case 'jpeg':
        return jpegSize(view);
      case 'webp':
        return webpSize(view);
      case undefined:
        return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined; // the file ends within its header
    throw error;
  }
}

const sized = (width: number, height: number): PictureSize | undefined =>
  width > 0 && height > 0 ? { width, height } : undefined;

const holds = (bytes: Uint8Array, word: string): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(word, 8, 'latin1');

function webpSize(view: DataView): PictureSize | undefined {
  const kind = String.fromCharCode(...[12, 13, 14, 15].map((at) => view.getUint8(at)));
  if (kind === 'VP8 ') {
    return sized(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  }
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true);
    return sized((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  }
  if (kind !== 'VP8X' || (view.getUint8(20) & 0x08) !== 0) return undefined; // 8: there is EXIF
  const three = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65536;
  return sized(three(24) + 1, three(27) + 1);
}

/** Segments up to the frame header; of EXIF only the orientation counts. */
function jpegSize(view: DataView): PictureSize | undefined {
  let turned = false;
  for (let at = 2; at + 4 <= view.byteLength;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return turned ? sized(height, width) : sized(width, height);
    }
    if (marker === 0xe1 && view.getUint32(at + 4) === 0x45786966) {
      const orientation = exifOrientation(view, at + 10);
      turned = orientation >= 5 && orientation <= 8;
    }
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** The orientation of the TIFF header at an offset, 1 where there is none. */
function exifOrientation(view: DataView, start: number): number {
  const little = view.getUint16(start) === 0x4949;
  const directory = start + view.getUint32(start + 4, little);
  const entries = view.getUint16(directory, little);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    if (view.getUint16(at, little) === 0x0112) return view.getUint16(at + 8, little);
  }
  return 1;
}
