import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Command, UsageError } from '../../src/cli/command.ts';
import type { CommandEntry } from '../../src/cli/commands.ts';

/** Prints what it was given; some words make it misbehave. */
export const sample: Command = {
  name: 'sample',
  summary: 'print what was given',
  positionals: '<what> [more]...',
  help: 'Prints its options\nand words.\nvl-rethinker sample this   # an example\nvl-rethinker sample that',
  options: z.strictObject({
    json: z.boolean().default(false).describe('data on stdout'),
    shuffle: z.boolean().default(true).describe('draw in another order'),
    maxTokens: z.number().int().min(1).max(4096).default(512).describe('longest response'),
    temperature: z.number().min(0).default(1).describe('0 takes the likeliest token'),
    dtype: z.enum(['f32', 'bf16']).default('bf16').describe('compute type'),
    tag: z.array(z.string()).default([]).describe('marks the run'),
    stopAt: z.array(z.number()).optional().describe('steps to stop at'),
    out: z.string().optional().describe('where to write'),
  }),
  async run({ options, positionals }, io) {
    const [what] = positionals;
    if (what === 'misuse') throw new UsageError('expected something better');
    if (what === 'fail') throw new Error('the file is gone; restore it');
    if (what === 'defect') throw new TypeError('x is undefined');
    if (what === 'one') return 1;
    if (what === 'flood') for (let line = 0; line < 200_000; line++) io.out(`${line}\n`);
    if (what === 'wait') {
      io.err('waiting\n');
      await sleep(20_000, undefined, { signal: io.signal }).catch(() => io.err('left nothing\n'));
    }
    if (what === 'deaf') {
      io.err('waiting\n');
      await sleep(20_000);
    }
    if (what === 'abort') {
      io.err('waiting\n');
      await sleep(20_000, undefined, { signal: io.signal });
    }
    io.out(`${JSON.stringify({ options, positionals })}\n`);
    return 0;
  },
};

const bare: Command = { ...sample, positionals: '', options: z.strictObject({ name: z.string() }) };

export const samples: readonly CommandEntry[] = [
  { name: 'sample', summary: sample.summary, load: async () => sample },
  { name: 'data check', summary: 'a command of two words', load: async () => bare },
  { name: 'data fetch', summary: 'another', load: async () => bare },
  { name: 'score', summary: 'takes options only', load: async () => bare },
  { name: 'score compare', summary: 'of its family', load: async () => bare },
];
