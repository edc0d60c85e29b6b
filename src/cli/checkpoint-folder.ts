import { type HubOptions, type HubProgress, resolveCheckpoint } from '#data';
import type { Io } from './command.ts';
import { Progress } from './progress.ts';

/**
 * The folder of a checkpoint that a user named by folder or hub id. What has to be downloaded is shown
 * as one bar over all files; what the cache has is silent.
 *
 * @throws HubError
 */
export async function checkpointFolder(
  name: string,
  io: Io,
  options: Pick<HubOptions, 'offline' | 'env' | 'include'> = {},
): Promise<string> {
  let progress: Progress | undefined;
  const onProgress = ({ path, allDoneBytes, allTotalBytes }: HubProgress): void => {
    progress ??= new Progress(io, { label: `fetching ${name}`, total: allTotalBytes, unit: 'B' });
    progress.update(allDoneBytes, path);
  };
  try {
    return await resolveCheckpoint(name, { ...options, signal: io.signal, onProgress });
  } finally {
    progress?.end();
  }
}
