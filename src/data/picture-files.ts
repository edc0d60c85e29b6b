import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * Finds the picture files that rows name. Paths count from the folder that was given, or the dataset's,
 * or the `images` folder in either, since archives unpack to `images/` as well as `images/images/`.
 */
export class PictureFiles {
  /** Replaced, never changed: searches run side by side. */
  #bases: readonly string[];

  constructor(root: string, images?: string, archives: readonly string[] = []) {
    const roots = [...(images === undefined ? [] : [resolve(images)]), root, ...archives];
    this.#bases = roots.flatMap((base) => [base, join(base, 'images'), join(base, '..')]);
  }

  /** The path of a file that exists, no folder, or undefined. Windows writes paths with backslashes. */
  async find(name: string): Promise<string | undefined> {
    const path = name.replace(/^file:\/\//, '');
    return (await this.#found(path)) ?? this.#found(path.replaceAll('\\', '/'));
  }

  async #found(path: string): Promise<string | undefined> {
    if (isAbsolute(path)) return (await exists(path)) ? path : undefined;
    for (const base of this.#bases) {
      const candidate = join(base, path);
      if (!(await exists(candidate))) continue;
      this.#prefer(base);
      return candidate;
    }
    return undefined;
  }

  /** Where one picture lies, the others lie: the next search begins there. */
  #prefer(base: string): void {
    if (this.#bases[0] === base) return;
    this.#bases = [base, ...this.#bases.filter((other) => other !== base)];
  }

  /** Folders that were searched. */
  get bases(): readonly string[] {
    return this.#bases;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
