import { z } from 'zod';
import type { Command } from './command.ts';

export const benchSampleOptions = z.strictObject({
  model: z.string().describe('checkpoint folder or hub id'),
  problems: z.number().int().min(1).default(16).describe('prompts, each with a picture of its own'),
  group: z.number().int().min(1).default(8).describe('completions of each prompt'),
  new: z.number().int().min(1).default(64).describe('tokens of each completion'),
  mixed: z
    .boolean()
    .default(false)
    .describe('lengths from a quarter of --new to four times it, uniformly, instead of equal ones'),
  rows: z.number().int().min(0).default(0).describe('rows that decode together; 0 = all of them'),
  text: z.number().int().min(1).default(60).describe('text tokens of a prompt'),
  side: z.number().int().min(0).default(112).describe('pixels of a picture’s side; 0 = no picture'),
  dtype: z.enum(['f32', 'bf16']).default('f32').describe('type to compute in'),
  device: z.string().default('cpu').describe('cpu, cuda, cuda:1'),
  threads: z.number().int().min(0).default(0).describe('compute threads; 0 = one per core'),
  rounds: z
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('repetitions after a warm-up; the best counts'),
  json: z.boolean().default(false).describe('one JSON document on stdout'),
});

export type BenchSampleOptions = z.output<typeof benchSampleOptions>;

/** `vl-rethinker bench sample` */
export const benchSample: Command<typeof benchSampleOptions> = {
  name: 'bench sample',
  summary: 'how fast a model draws tokens, and where the time goes',
  positionals: '',
  help: 'Draws tokens at temperature 1 from prompts with pictures of noise, nothing kept from round to round. Tokens per second include prompts and pictures; "products" is the share of the token steps that matrix products of the same shapes take alone, timed in the same run.',
  options: benchSampleOptions,
  async run({ options }, io) {
    const { measureSampling, report } = await import('./bench-sampling.ts');
    const measured = await measureSampling(options, io);
    if (measured === undefined) return 1;
    io.out(options.json ? `${JSON.stringify(measured)}\n` : report(measured));
    return 0;
  },
};
