import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { ListFileEntry } from '@huggingface/hub';

import {
  cachedSnapshot,
  exists,
  hubSettings,
  isCommit,
  repositoryFolder,
  writeRef,
} from './hub-cache.ts';
import type { HubSettings, Repository } from './hub-cache.ts';
import { downloadFile } from './hub-download.ts';
import type { FileProgress, HubProgress } from './hub-download.ts';
import { HubError } from './hub-error.ts';

export interface HubOptions {
  /** A branch, a tag or a commit. Default: what follows `@` in the name, else `main`. */
  readonly revision?: string;
  /** Uses the cache only. Default: what `HF_HUB_OFFLINE` says. */
  readonly offline?: boolean;
  /** Which files are wanted, by path. Default: all but weights in other formats than safetensors. */
  readonly include?: (path: string) => boolean;
  /** Told of every stretch that arrives. */
  readonly onProgress?: (progress: HubProgress) => void;
  readonly signal?: AbortSignal;
  /** Where the settings come from. Default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv;
}

const OTHER_WEIGHTS = /\.(bin|pt|pth|onnx|msgpack|h5|gguf|ckpt|ot|tflite)$/i;
const AT_ONCE = 4;

/**
 * The folder of a checkpoint: a folder is itself, a hub id (`owner/name`, `owner/name@revision`) is
 * fetched into the standard cache of the Hugging Face tools unless it is there.
 *
 * @throws HubError: expected, found, what to do.
 */
export function resolveCheckpoint(name: string, options: HubOptions = {}): Promise<string> {
  return resolveName('model', name, options);
}

/** The folder of a dataset, named like a checkpoint; `include` picks its files. */
export function resolveDataset(name: string, options: HubOptions = {}): Promise<string> {
  return resolveName('dataset', name, options);
}

async function resolveName(
  kind: Repository['kind'],
  name: string,
  options: HubOptions,
): Promise<string> {
  const folder = await stat(name).catch(() => undefined);
  if (folder?.isDirectory() === true) return resolve(name);
  const match = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(name);
  const [, id = '', pinned = 'main'] = match ?? [];
  const revision = options.revision ?? pinned;
  if (match === null || /^[./~]|\.\./.test(name) || /\.\.|^\//.test(revision)) {
    throw new HubError(
      'name',
      `expected a folder or a hub id such as owner/name, found ${name}, which is neither; ` +
        'check the path',
    );
  }
  return fetchSnapshot({ kind, name: id, revision }, options);
}

async function fetchSnapshot(repository: Repository, options: HubOptions): Promise<string> {
  const settings = await hubSettings(options.env ?? process.env);
  const cached = await cachedSnapshot(settings.cache, repository);
  if (options.offline ?? settings.offline) {
    if (cached !== undefined) return cached;
    throw new HubError(
      'offline',
      `expected ${label(repository)} in the cache ${settings.cache}, found nothing; fetch it once ` +
        'with the network on (unset HF_HUB_OFFLINE), or name a folder',
    );
  }
  try {
    return await download(repository, settings, options);
  } catch (error) {
    const told = explained(error, repository, settings);
    // What was fetched before is as good as the network, as long as it is only the network that fails.
    if (told instanceof HubError && told.fault === 'unreachable' && cached !== undefined) {
      return cached;
    }
    throw told;
  }
}

async function download(
  repository: Repository,
  settings: HubSettings,
  options: HubOptions,
): Promise<string> {
  if (settings.token !== undefined && !settings.token.startsWith('hf_')) {
    throw new HubError(
      'denied',
      'expected a token that begins with hf_, found another; set HF_TOKEN',
    );
  }
  const hub = await import('@huggingface/hub');
  const { kind, name, revision } = repository;
  const { signal, onProgress = () => {}, include = (path) => !OTHER_WEIGHTS.test(path) } = options;
  const access = {
    ...(settings.url === undefined ? {} : { hubUrl: settings.url }),
    ...(settings.token === undefined ? {} : { accessToken: settings.token }),
    fetch: ((input, init) =>
      fetch(input, { ...init, ...(signal ? { signal } : {}) })) as typeof fetch,
  };
  const about = { ...access, name, revision, additionalFields: ['sha' as const] };
  const commit = isCommit(revision)
    ? revision
    : (await (kind === 'model' ? hub.modelInfo(about) : hub.datasetInfo(about))).sha;
  const folder = repositoryFolder(settings.cache, repository);
  const repo = { type: kind, name };
  const wanted: ListFileEntry[] = [];
  for await (const entry of hub.listFiles({ ...access, repo, revision: commit, recursive: true })) {
    if (entry.type === 'file' && include(entry.path)) wanted.push(entry);
  }
  const open = ({ path }: ListFileEntry) =>
    hub.downloadFile({ ...access, repo, path, revision: commit });
  const count = await counter(folder, commit, wanted);
  const queue = [...wanted];
  const worker = async (): Promise<void> => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      const told = (progress: FileProgress) => onProgress({ ...progress, ...count(progress) });
      await downloadFile(entry, { folder, commit, onProgress: told, open }).catch((error) => {
        queue.length = 0;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  const failed = ended.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  // The reference comes last, so that a name in the cache means files that arrived.
  await writeRef(folder, revision, commit);
  return join(folder, 'snapshots', commit);
}

/** Adds up how far all files are; those that are in the snapshot already are done. */
async function counter(folder: string, commit: string, wanted: readonly ListFileEntry[]) {
  const allTotalBytes = wanted.reduce((sum, { size }) => sum + size, 0);
  const done = new Map<string, number>();
  for (const { path, size } of wanted) {
    if (await exists(join(folder, 'snapshots', commit, path))) done.set(path, size);
  }
  let allDoneBytes = [...done.values()].reduce((sum, size) => sum + size, 0);
  return ({ path, doneBytes }: FileProgress) => {
    allDoneBytes += doneBytes - (done.get(path) ?? 0);
    done.set(path, doneBytes);
    return { allDoneBytes, allTotalBytes };
  };
}

const label = ({ kind, name, revision }: Repository): string => `${kind} ${name}@${revision}`;

/** Errors of the network and of the hub, in our words. */
function explained(error: unknown, repository: Repository, settings: HubSettings): unknown {
  if (!(error instanceof Error) || error instanceof HubError) return error;
  if (error.name === 'AbortError') return error;
  const what = label(repository);
  const status: unknown = Reflect.get(error, 'statusCode');
  const told = { cause: error };
  if (status === 401 || status === 403) {
    const token = settings.token === undefined ? 'no token' : 'a token without access';
    return new HubError(
      'denied',
      `expected access to ${what}, found status ${status} with ${token}; check the spelling, accept ` +
        'its conditions on the hub, and put a token with access into HF_TOKEN',
      told,
    );
  }
  if (status === 404) {
    return new HubError(
      'not-found',
      `expected ${what} on the hub, found no such repository or revision; check the spelling`,
      told,
    );
  }
  const reason = error.cause instanceof Error ? error.cause.message : error.message;
  return new HubError(
    'unreachable',
    `expected ${what} from ${settings.url ?? 'the hub'}, found no answer (${reason}); check the ` +
      'network, or name a folder',
    told,
  );
}
