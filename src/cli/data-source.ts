import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { z } from 'zod';

import { locateDataset } from '#data';
import type { DatasetFiles, FoundFault, Problem } from '#data';
import { checkGold, verify } from '#verify';
import type { Io } from './command.ts';
import { UsageError } from './command.ts';
import type { Progress } from './progress.ts';

/** Options of every command that reads a dataset. */
export const sourceOptions = {
  format: z
    .string()
    .optional()
    .describe('source of the rows: virl39k, geometry3k, puzzlevqa, plain'),
  split: z.string().optional().describe('only files whose name holds this word'),
  images: z.string().optional().describe("folder from which the pictures' paths count"),
  offline: z.boolean().default(false).describe('uses the cache of the hub only'),
} as const;

export interface SourceOptions {
  readonly format?: string | undefined;
  readonly split?: string | undefined;
  readonly images?: string | undefined;
  readonly offline: boolean;
}

/** The files behind the one positional: a file, a folder, or a hub id. */
export async function sourceOf(
  name: string | undefined,
  { split, offline, images }: Pick<SourceOptions, 'split' | 'offline' | 'images'>,
  io: Io,
): Promise<DatasetFiles> {
  if (name === undefined) throw new UsageError('expected a dataset: a file, a folder, or a hub id');
  const path = resolve(io.cwd, name);
  const exists = (await stat(path).catch(() => undefined)) !== undefined;
  const hub = {
    // Archives other than the pictures' hold the same again, or what no row names.
    include: (file: string) =>
      /(^|\/)images?\.zip$/i.test(file) || !/\.(zip|tar|tar\.gz|tgz)$/i.test(file),
    signal: io.signal,
    ...(offline ? { offline } : {}),
  };
  return locateDataset(exists ? path : name, {
    hub,
    signal: io.signal,
    ...(split === undefined ? {} : { split }),
    ...(images === undefined ? {} : { images: resolve(io.cwd, images) }),
  });
}

/** What reading needs of the options, and a display of its progress. */
export function readingOptions(given: SourceOptions, io: Io, progress: Progress) {
  return {
    ...(given.format === undefined ? {} : { format: given.format }),
    ...(given.images === undefined ? {} : { images: resolve(io.cwd, given.images) }),
    signal: io.signal,
    onProgress: (rows: number) => progress.update(rows),
  };
}

/** Why the verifier could never judge a response to a problem, if so. */
export function answerFault({ answer, options, question }: Problem): FoundFault | undefined {
  const check = checkGold(answer);
  if (!check.usable) {
    const code = check.reason === 'gold-empty' ? 'gold_empty' : 'gold_unparsable';
    return {
      code,
      message: `expected an answer that can be judged, found ${answer} (${check.reason})`,
    };
  }
  const { correct, reason } = verify({
    gold: answer,
    prediction: answer,
    source: 'auto',
    question,
    ...(options === undefined ? {} : { choices: options }),
  });
  if (correct) return undefined;
  return {
    code: 'gold_not_self_equal',
    message: `expected ${answer} to be judged equal to itself, found ${reason}`,
  };
}
