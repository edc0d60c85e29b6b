import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import sharp from 'sharp';
import type { PictureRow } from '#run';

/** A picture inside the page, or the words for one that cannot be shown. */
export interface ShownPicture {
  /** A data URL; null where the picture cannot be read. */
  readonly url: string | null;
  readonly width: number;
  readonly height: number;
  readonly name: string;
}

/** Files up to this size stand in the page as they are, when browsers know their format. */
const keptBytes = 24_000;
const longestSide = 448;
const largestFile = 64 * 2 ** 20;
const formats = ['png', 'jpeg', 'webp', 'gif'];

/** Reads pictures once each, however often they are shown. */
export class Pictures {
  readonly #folder: string;
  readonly #known = new Map<string, Promise<ShownPicture>>();

  /** `folder` is the run's: a drawn picture is found there when the run was moved. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async all(rows: readonly PictureRow[]): Promise<readonly ShownPicture[]> {
    return Promise.all(rows.map((row) => this.#one(row)));
  }

  #one(row: PictureRow): Promise<ShownPicture> {
    const key = `${row.hash} ${row.path ?? ''}`;
    const known = this.#known.get(key) ?? read(row, this.#folder);
    this.#known.set(key, known);
    return known;
  }
}

async function read(row: PictureRow, folder: string): Promise<ShownPicture> {
  const { width, height } = row;
  const name = row.path ?? row.hash.slice(0, 12);
  for (const path of places(row, folder)) {
    try {
      if ((await stat(path)).size > largestFile) continue;
      return { url: await dataUrl(await readFile(path)), width, height, name };
    } catch {
      // Told by the null below: a report shows what can be shown.
    }
  }
  return { url: null, width, height, name };
}

function places({ path, hash }: PictureRow, folder: string): readonly string[] {
  const moved = ['png', 'jpg', 'webp'].map((kind) =>
    join(folder, 'pictures', hash.slice(0, 2), `${hash}.${kind}`),
  );
  if (path === null) return moved;
  return [isAbsolute(path) ? path : join(folder, path), ...moved];
}

async function dataUrl(bytes: Buffer): Promise<string> {
  const picture = sharp(bytes, { limitInputPixels: 2 ** 28, pages: 1 });
  const { format, width, height } = await picture.metadata();
  if (bytes.length <= keptBytes && formats.includes(format)) {
    await picture.stats();
    return `data:image/${format};base64,${bytes.toString('base64')}`;
  }
  const large = Math.max(width, height) > longestSide;
  const smaller = large ? picture.resize(longestSide, longestSide, { fit: 'inside' }) : picture;
  const webp = await smaller.rotate().webp({ quality: 82 }).toBuffer();
  return `data:image/webp;base64,${webp.toString('base64')}`;
}
