import {
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';

import { DatasetError } from './dataset-error.ts';
import { imageFormat } from './image-format.ts';
import type { ImageRef, Problem } from './problem.ts';

/**
 * Writes a folder of problems in the plain format: JSON lines, and `images/` with every picture once.
 * All goes into a folder beside, which takes the name at the end; a folder that was there stays whole
 * until then.
 */
export class DatasetWriter implements AsyncDisposable {
  readonly #target: string;
  readonly #aside: string;
  readonly #files = new Map<string, { readonly handle: FileHandle; pending: string[] }>();
  readonly #pictures = new Map<string, string>();
  #finished = false;

  private constructor(target: string, aside: string) {
    this.#target = target;
    this.#aside = aside;
  }

  /** @throws DatasetError if the folder holds anything and `force` is not set. */
  static async create(target: string, force = false): Promise<DatasetWriter> {
    const path = resolve(target);
    const there = await readdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw new DatasetError(
        'missing',
        `${target}: expected a folder to write, found ${error.message}`,
        {
          cause: error,
        },
      );
    });
    if (there.length > 0 && !force) {
      throw new DatasetError(
        'rows',
        `${target}: expected no folder or an empty one, found ${there.length} entries; ` +
          'name another, or replace it with --force',
      );
    }
    const aside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { recursive: true });
    return new DatasetWriter(path, aside);
  }

  /**
   * Adds a problem to a file of the folder, with further columns.
   *
   * @param picture The names of its pictures in `images/`; their hashes otherwise.
   */
  async add(
    file: string,
    problem: Problem,
    { extra = {}, picture }: { extra?: Record<string, unknown>; picture?: string } = {},
  ): Promise<void> {
    const images: string[] = [];
    for (const image of problem.images) images.push(await this.#addPicture(image, picture));
    const { id, question, options, answer, category, source, passRates, response } = problem;
    await this.addLine(file, {
      id,
      question,
      ...(images.length === 1 ? { image: images[0] } : { images }),
      ...(options === undefined ? {} : { options }),
      answer,
      category,
      ...(source === undefined ? {} : { source }),
      ...(passRates === undefined ? {} : { passRates }),
      ...(response === undefined ? {} : { response }),
      ...extra,
    });
  }

  /** Adds a line of JSON to a file of the folder. */
  async addLine(file: string, value: unknown): Promise<void> {
    let writing = this.#files.get(file);
    if (writing === undefined) {
      writing = { handle: await open(join(this.#aside, file), 'w'), pending: [] };
      this.#files.set(file, writing);
    }
    writing.pending.push(`${JSON.stringify(value)}\n`);
    if (writing.pending.length >= 256) await flush(writing);
  }

  /** Writes a file of the folder whole. */
  async addText(file: string, text: string): Promise<void> {
    await writeFile(join(this.#aside, file), text);
  }

  /** Gives the folder its name. Nothing can be added afterwards. */
  async finish(): Promise<void> {
    await this.#close();
    const old = `${this.#aside}.old`;
    await rm(old, { recursive: true, force: true });
    await rename(this.#target, old).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(this.#aside, this.#target);
    await rm(old, { recursive: true, force: true });
    this.#finished = true;
  }

  /** Without `finish`, removes what was written. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    await this.#close();
    await rm(this.#aside, { recursive: true, force: true });
  }

  async #close(): Promise<void> {
    for (const file of this.#files.values()) {
      await flush(file);
      await file.handle.sync();
      await file.handle.close();
    }
    this.#files.clear();
  }

  async #addPicture({ source, hash }: ImageRef, name = hash): Promise<string> {
    const known = this.#pictures.get(hash);
    if (known !== undefined) return known;
    const ending =
      typeof source === 'string' ? extname(source) || '.bin' : `.${imageFormat(source) ?? 'bin'}`;
    const path = `images/${name}${ending}`;
    const target = join(this.#aside, path);
    if (this.#pictures.size === 0) await mkdir(join(this.#aside, 'images'), { recursive: true });
    if (typeof source !== 'string') await writeFile(target, source);
    else {
      // A link to a link would point to nothing from here, and caches are made of links.
      const file = await realpath(source);
      await link(file, target).catch(() => copyFile(file, target));
    }
    this.#pictures.set(hash, path);
    return path;
  }
}

async function flush(file: { readonly handle: FileHandle; pending: string[] }): Promise<void> {
  const { pending } = file;
  file.pending = [];
  if (pending.length > 0) await file.handle.write(pending.join(''));
}
