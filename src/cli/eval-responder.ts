import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { endpointResponder, localResponder } from '#eval';
import type { Responder } from '#eval';
import { readProcessorFiles } from '#model/processor';
import { z } from 'zod';
import { checkpointFolder } from './checkpoint-folder.ts';
import { UsageError } from './command.ts';
import type { Io } from './command.ts';

/** Options of every command that asks a model. */
export const responderOptions = {
  model: z
    .string()
    .describe('checkpoint folder or hub id; with --endpoint the name the server knows'),
  endpoint: z
    .string()
    .optional()
    .describe('address of an OpenAI-compatible server, such as http://localhost:8000/v1'),
  concurrency: z
    .number()
    .int()
    .min(1)
    .max(4096)
    .optional()
    .describe('requests under way at once; 16 for a server, 512 in process'),
  retries: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(5)
    .describe('further tries of a request that may pass'),
  timeout: z.number().positive().default(1800).describe('seconds for one try'),
  backoff: z
    .number()
    .min(0)
    .default(0.5)
    .describe('seconds before the second try; doubles with each'),
  maxTokens: z
    .number()
    .int()
    .min(1)
    .default(8192)
    .describe('tokens of a response; 2048 is what the paper’s code allows'),
  temperature: z.number().min(0).optional().describe('0 is greedy'),
  topP: z.number().gt(0).max(1).optional().describe('keeps the likeliest tokens of this share'),
  seed: z.number().int().min(0).default(0).describe('of draws; greedy needs none'),
  minPixels: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'area of a picture after resizing, at least; 200704 as in the paper, or the model’s own where it knows smaller pictures only',
    ),
  maxPixels: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('the same, at most; 1003520 as in the paper'),
  threads: z.number().int().min(0).default(0).describe('compute threads; 0 is one per core'),
  device: z.string().default('cpu').describe('cpu or cuda'),
  dtype: z.enum(['f32', 'bf16']).default('f32').describe('arithmetic in process'),
} as const;

type Given = z.output<z.ZodObject<typeof responderOptions>>;

/** A responder, what its weights are, and how to let go of it. */
export interface OpenResponder extends AsyncDisposable {
  readonly responder: Responder;
  readonly weights: string | null;
  /** Areas of pictures after resizing; a server resizes as it likes. */
  readonly pixels: Pixels;
}

interface Pixels {
  readonly minPixels: number;
  readonly maxPixels: number;
}

/** Those of the paper. */
const paper: Pixels = { minPixels: 200_704, maxPixels: 1_003_520 };

async function ownPixels(base: string): Promise<Pixels> {
  const { preprocessor } = await readProcessorFiles(base);
  const { min_pixels, max_pixels, size } = preprocessor;
  const minPixels = min_pixels ?? size?.shortest_edge ?? paper.minPixels;
  return { minPixels, maxPixels: max_pixels ?? size?.longest_edge ?? paper.maxPixels };
}

/** As told, else those of the paper, or a checkpoint's own where it knows smaller pictures only. */
function pixelsOf(given: Given, own: Pixels): Pixels {
  const usual = own.maxPixels < paper.minPixels ? own : paper;
  const { minPixels = usual.minPixels, maxPixels = usual.maxPixels } = given;
  return { minPixels, maxPixels };
}

/** Loads the checkpoint, or points at the server. */
export async function openResponder(given: Given, io: Io, folder: string): Promise<OpenResponder> {
  return given.endpoint === undefined
    ? loaded(given, io, folder)
    : remote(given, given.endpoint, io);
}

function remote(given: Given, url: string, io: Io): OpenResponder {
  const key = process.env['OPENAI_API_KEY'];
  let told = 0;
  const responder = endpointResponder({
    url,
    model: given.model,
    retries: given.retries,
    timeoutMs: given.timeout * 1000,
    backoffMs: given.backoff * 1000,
    ...(given.concurrency === undefined ? {} : { atOnce: given.concurrency }),
    ...(key === undefined || key === '' ? {} : { key }),
    onRetry: (id, message, waitMs) => {
      told += 1;
      if (told <= 20) io.err(`${id}: ${message}; tried again in ${(waitMs / 1000).toFixed(1)} s\n`);
    },
  });
  const pixels = pixelsOf(given, paper);
  return { responder, weights: null, pixels, [Symbol.asyncDispose]: async () => {} };
}

async function loaded(given: Given, io: Io, folder: string): Promise<OpenResponder> {
  const path = resolve(io.cwd, given.model);
  if (!existsSync(path) && /^[./~]/.test(given.model))
    throw new UsageError(`--model: expected a checkpoint at ${path}, found nothing`);
  const base = existsSync(path) ? path : await checkpointFolder(given.model, io);
  const { createProcessor } = await import('#model/processor');
  const { createLocalPolicy } = await import('#policy/local');
  const { weightsHash } = await import('./compose.ts');
  await using stack = new AsyncDisposableStack();
  const { threads, device, dtype } = given;
  const pixels = pixelsOf(given, await ownPixels(base));
  const processor = stack.use(await createProcessor(base, pixels));
  const policy = stack.use(
    await createLocalPolicy(base, {
      processor,
      checkpoints: join(folder, 'checkpoints'),
      dtype,
      samplerDtype: dtype,
      device,
      threads,
    }),
  );
  await policy.publish();
  const about = { kind: 'in process', model: given.model, dtype, device };
  const owned = stack.move();
  return {
    responder: localResponder(policy, about, given.concurrency),
    weights: weightsHash(base),
    pixels,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
