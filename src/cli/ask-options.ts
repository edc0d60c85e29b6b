import { z } from 'zod';
import { UsageError } from './command.ts';

/** The ids of `triggers`; a test compares, so that help needs no other room. */
export const triggerIds = [
  'self_questioning',
  'self_correction',
  'self_verification',
  'bare_wait',
] as const;

const whole = (least: number) => z.number().int().min(least);

export const askOptions = z.strictObject({
  model: z.string().describe('checkpoint folder or hub id (owner/name, owner/name@revision)'),
  image: z
    .array(z.string())
    .default([])
    .describe('picture: path, data URL or http(s) address; in the order of the <image> marks'),
  prompt: z.string().default('default').describe('prompt template: default, rethink, none, …'),
  temperature: z.number().min(0).default(0).describe('0 is greedy'),
  topK: whole(0).default(0).describe('keep the k likeliest tokens; 0 is off'),
  topP: z.number().gt(0).max(1).default(1).describe('keep the likeliest tokens up to this mass'),
  minP: z.number().min(0).lt(1).default(0).describe('keep tokens this likely against the best'),
  repetitionPenalty: z.number().gt(0).default(1).describe('1 is off'),
  stop: z.array(z.string().min(1)).default([]).describe('end before this text; may be repeated'),
  minTokens: whole(0).default(0).describe('no end before this many tokens'),
  maxTokens: whole(1).default(2048).describe('new tokens at most'),
  seed: whole(0).default(0).describe('decides every draw'),
  n: whole(1).max(1024).default(1).describe('answers to each question'),
  rethink: z
    .boolean()
    .default(false)
    .describe('when the model has ended, append a trigger and let it go on'),
  trigger: z.enum(triggerIds).default('self_questioning').describe('what --rethink appends'),
  rethinkTokens: whole(1).default(1024).describe('new tokens after the trigger at most'),
  logprobs: z.boolean().default(false).describe('with --json or --output: log-prob of each token'),
  input: z.string().optional().describe('batch: JSON lines {id, question, images?}'),
  output: z.string().optional().describe('batch: where answers go; a second start goes on here'),
  retryFailed: z.boolean().default(false).describe('batch: ask rows again that failed before'),
  dtype: z.enum(['f32', 'bf16']).default('f32').describe('type to compute in'),
  device: z.string().default('cpu').describe('cpu, cuda, cuda:1'),
  rows: whole(1).default(64).describe('answers that are drawn at the same time at most'),
  cacheGb: z.number().gt(0).default(2).describe('gigabytes for keys and values'),
  json: z.boolean().default(false).describe('one JSON document on stdout'),
});

export type AskOptions = z.output<typeof askOptions>;

/** Refuses options that contradict each other. */
export function checkAskOptions(options: AskOptions, positionals: readonly string[]): void {
  const { input, output, image, json, minTokens, maxTokens } = options;
  if (minTokens > maxTokens)
    throw new UsageError(
      `expected --min-tokens up to --max-tokens ${maxTokens}, found ${minTokens}`,
    );
  if ((input === undefined) !== (output === undefined))
    throw new UsageError('--input and --output belong together');
  if (input === undefined) {
    if (positionals.length !== 1)
      throw new UsageError(
        `expected one question (in quotes) or --input, found ${positionals.length} words`,
      );
    return;
  }
  if (positionals.length > 0) throw new UsageError('expected --input or a question, found both');
  if (image.length > 0) throw new UsageError('with --input, pictures belong into its rows');
  if (json) throw new UsageError('with --output, answers go there; leave --json out');
}
