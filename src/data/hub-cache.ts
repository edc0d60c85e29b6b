import { mkdir, readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** A repository of the hub. */
export interface Repository {
  readonly kind: 'model' | 'dataset';
  /** `owner/name`. */
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** Settings of the Hugging Face tools, from environment variables and the token file. */
export interface HubSettings {
  readonly cache: string;
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly offline: boolean;
}

const isSet = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? '');

/** The first of some variables that is set and not empty. */
function first(env: NodeJS.ProcessEnv, ...names: readonly string[]): string | undefined {
  return names
    .map((name) => env[name]?.trim())
    .find((value) => value !== undefined && value !== '');
}

const expanded = (path: string): string => path.replace(/^~(?=\/|$)/, homedir());

/**
 * Reads `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_HUB_OFFLINE`, `HF_TOKEN` and the token file, with
 * the meaning the Hugging Face tools give them; their older names count where the newer are unset.
 */
export async function hubSettings(env: NodeJS.ProcessEnv): Promise<HubSettings> {
  const caches = first(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  const home = expanded(first(env, 'HF_HOME') ?? join(caches, 'huggingface'));
  const tokenFile = expanded(first(env, 'HF_TOKEN_PATH') ?? join(home, 'token'));
  const stored = async () => (await readFile(tokenFile, 'utf8').catch(() => '')).trim();
  const token = first(env, 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN') ?? (await stored());
  const cache = first(env, 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub');
  return {
    cache: expanded(cache),
    url: first(env, 'HF_ENDPOINT')?.replace(/\/+$/, ''),
    token: token === '' ? undefined : token,
    offline: isSet(first(env, 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE')),
  };
}

/** The folder of one repository in the cache: `blobs`, `refs`, `snapshots`. */
export function repositoryFolder(cache: string, { kind, name }: Repository): string {
  return join(cache, [`${kind}s`, ...name.split('/')].join('--'));
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** The folder of a revision that was fetched before, undefined if there is none. */
export async function cachedSnapshot(
  cache: string,
  repository: Repository,
): Promise<string | undefined> {
  const folder = repositoryFolder(cache, repository);
  const { revision } = repository;
  const commit = isCommit(revision)
    ? revision
    : await readFile(join(folder, 'refs', revision), 'utf8').catch(() => undefined);
  if (commit === undefined) return undefined;
  const snapshot = join(folder, 'snapshots', commit.trim());
  return (await exists(snapshot)) ? snapshot : undefined;
}

/** Notes which commit a branch or tag meant when it was last asked for. */
export async function writeRef(folder: string, revision: string, commit: string): Promise<void> {
  if (isCommit(revision)) return;
  const ref = join(folder, 'refs', revision);
  await mkdir(dirname(ref), { recursive: true });
  const aside = `${ref}.${process.pid}`;
  await writeFile(aside, commit);
  await rename(aside, ref);
}

/** Makes `pointer` a link to a file of `blobs`, in one step. */
export async function linkBlob(blob: string, pointer: string): Promise<void> {
  const target = relative(dirname(pointer), blob);
  if ((await readlink(pointer).catch(() => undefined)) === target) return;
  await mkdir(dirname(pointer), { recursive: true });
  const aside = `${pointer}.${process.pid}`;
  await symlink(target, aside);
  await rename(aside, pointer);
}

export async function exists(path: string): Promise<boolean> {
  return (await sizeOf(path)) !== undefined;
}

/** Bytes of a file, undefined if there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}
