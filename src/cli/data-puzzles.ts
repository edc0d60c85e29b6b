import { join, resolve } from 'node:path';

import { z } from 'zod';

import { DatasetWriter, families, puzzle, splits, styles } from '#data';
import type { FamilyName, Level, PuzzleKinds } from '#data';
import type { Command, ExitCode } from './command.ts';
import { UsageError } from './command.ts';
import { didYouMean } from './nearest.ts';
import { Progress } from './progress.ts';

const options = z.strictObject({
  out: z.string().describe('folder to write: problems.jsonl, and images/'),
  n: z.number().int().min(1).max(10_000_000).default(1000).describe('puzzles'),
  split: z.enum(splits).default('train').describe('whose scenes to draw; no two splits share one'),
  seed: z.number().int().min(0).default(0).describe('another seed, another stream'),
  families: z
    .string()
    .default('all')
    .describe('comma-separated: count,sum,most,bars,missing,where,pattern'),
  levels: z.string().default('1,2,3').describe('comma-separated, of 1, 2 and 3'),
  force: z.boolean().default(false).describe('replace what is in the folder'),
  json: z.boolean().default(false).describe('what was written, as one JSON document'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker data puzzles --out DIR` */
export const dataPuzzles: Command<typeof options> = {
  name: 'data puzzles',
  summary: 'draw visual puzzles as a dataset: pictures and JSON lines',
  positionals: '',
  help: [
    'Writes problems.jsonl, one puzzle a line with question, answer, options, category (its family), level and written solutions (quick, steps, careful), and its picture as a PNG file in images/. The same options give the same bytes.',
    'Families and levels take turns. A scene with its question belongs to one split, whatever the seed.',
    'vl-rethinker data puzzles --out puzzles --n 1000\nvl-rethinker data puzzles --out held-out --n 420 --split test --seed 1 --families bars,sum --levels 3',
  ].join('\n\n'),
  options,
  async run({ options: given }, io): Promise<ExitCode> {
    const kinds = kindsOf(given);
    const folder = resolve(io.cwd, given.out);
    await using writer = await DatasetWriter.create(folder, given.force);
    const byFamily: Record<string, number> = {};
    {
      using progress = new Progress(io, { label: 'drawing', total: given.n, unit: 'puzzles' });
      for (let index = 0; index < given.n; index++) {
        io.signal.throwIfAborted();
        const family = await add(writer, index, given, kinds);
        byFamily[family] = (byFamily[family] ?? 0) + 1;
        progress.advance();
      }
    }
    await writer.finish();
    const { n, split, seed } = given;
    const file = join(folder, 'problems.jsonl');
    if (given.json)
      io.out(`${JSON.stringify({ file, puzzles: n, split, seed, families: byFamily })}\n`);
    else io.err(`${n} puzzles in ${join(given.out, 'problems.jsonl')}\n`);
    return 0;
  },
};

/** Returns the family. */
async function add(
  writer: DatasetWriter,
  index: number,
  { seed, split }: Options,
  kinds: PuzzleKinds,
): Promise<FamilyName> {
  const made = puzzle(seed, split, index, kinds);
  const solutions = styles.map((style) => [style, made.solution(style).text]);
  const extra = { level: made.level, ...Object.fromEntries(solutions) };
  const picture = String(index).padStart(6, '0');
  await writer.add('problems.jsonl', made.problem, { extra, picture });
  return made.family;
}

function kindsOf({ families: names, levels }: Options): PuzzleKinds {
  const known = families.map(({ name }) => name as FamilyName);
  const chosen = names === 'all' ? known : words(names);
  for (const name of chosen) {
    if (known.some((each) => each === name)) continue;
    throw new UsageError(
      `--families: expected some of ${known.join(',')}, found ${name}${didYouMean(name, known)}`,
    );
  }
  const numbers = words(levels).map(Number);
  const wrong = numbers.find((level) => ![1, 2, 3].includes(level));
  if (wrong !== undefined || numbers.length === 0) {
    throw new UsageError(`--levels: expected some of 1,2,3, found ${levels}`);
  }
  return {
    ...(names === 'all' ? {} : { families: chosen as FamilyName[] }),
    ...(numbers.join() === '1,2,3' ? {} : { levels: numbers as Level[] }),
  };
}

const words = (list: string): string[] =>
  list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
