import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder: the one with package.json, from src/cli and dist/cli alike. */
export const projectRoot: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Version {
  readonly version: string;
  /** Short hash, with `+` when files differ from it; null outside a checkout. */
  readonly commit: string | null;
  readonly node: string;
}

/** What runs here. */
export function versionOf(root: string = projectRoot): Version {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return { version, commit: commitOf(root), node: process.versions.node };
}

/** Asked only of a checkout's own repository, never of one that happens to surround it. */
function commitOf(root: string): string | null {
  if (!existsSync(join(root, '.git'))) return null;
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', root, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return null; // no git on this machine, or not one's own repository
  }
}
