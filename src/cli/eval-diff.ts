import { readFile, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { DatasetError, HubError, imageHash, PictureFiles } from '#data';
import { diffEvals, diffPage, EvalError, recordsIn } from '#eval';
import type { EvalCard, EvalDiff, Side } from '#eval';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { cardIn } from './eval-folder.ts';
import { itemsOf } from './eval-items.ts';
import { benchmarkNamed } from './eval-source.ts';

const options = z.strictObject({
  scorer: z
    .enum(['official', 'verifier', 'reference'])
    .default('official')
    .describe('whose verdicts are compared'),
  html: z
    .string()
    .optional()
    .describe('file for a page with the items that changed and their pictures'),
  data: z
    .string()
    .optional()
    .describe("where the benchmark's pictures are; as the evaluation says unless told"),
  offline: z.boolean().default(false).describe('uses the cache of the hub only'),
  json: z.boolean().default(false).describe('one JSON document'),
});

type Options = z.output<typeof options>;

/** `vl-rethinker eval diff A B` */
export const evalDiff: Command<typeof options> = {
  name: 'eval diff',
  summary: 'compare two evaluations item by item: wins, losses, exact McNemar p-value',
  positionals: '<before> <after>',
  help: 'Two folders that eval wrote, of one benchmark. Only items that both answered are compared. --html writes a page with every item that changed, its pictures inside.',
  options,
  async run({ options: given, positionals: [a, b, ...more] }, io): Promise<ExitCode> {
    if (a === undefined || b === undefined || more.length > 0)
      throw new UsageError('expected two folders of evaluations');
    const cards = [await cardIn(a, io), await cardIn(b, io)] as const;
    const sides = [sideOf(a, cards[0], io), sideOf(b, cards[1], io)] as const;
    const diff = compared(sides, given);
    if (given.html !== undefined) {
      const pictures = await picturesOrNone(diff, cards[0], given, io);
      await writeFile(resolve(io.cwd, given.html), diffPage(diff, pictures));
    }
    io.out(given.json ? `${JSON.stringify(brief(diff))}\n` : shown(diff));
    return 0;
  },
};

function sideOf(folder: string, card: EvalCard, io: Io): Side {
  const path = resolve(io.cwd, folder);
  return { name: basename(path), benchmark: card.benchmark, records: recordsIn(path) };
}

function compared([before, after]: readonly [Side, Side], { scorer }: Options): EvalDiff {
  try {
    return diffEvals(before, after, scorer);
  } catch (error) {
    if (error instanceof EvalError) throw new UsageError(error.message);
    throw error;
  }
}

function brief(diff: EvalDiff): object {
  const ids = (pairs: EvalDiff['wins']): readonly string[] => pairs.map(({ id }) => id);
  return { ...diff, wins: ids(diff.wins), losses: ids(diff.losses) };
}

function shown(diff: EvalDiff): string {
  const [before, after] = diff.names;
  const rate = (count: number): string => `${((100 * count) / diff.shared).toFixed(2)} %`;
  return [
    `${diff.shared} items both answered (${diff.onlyBefore} only ${before}, ${diff.onlyAfter} only ${after}), scorer ${diff.scorer}`,
    `${before}: ${diff.correctBefore} right, ${rate(diff.correctBefore)}`,
    `${after}: ${diff.correctAfter} right, ${rate(diff.correctAfter)}`,
    `wins ${diff.wins.length}, losses ${diff.losses.length}, exact McNemar p = ${diff.pValue.toPrecision(3)}`,
    ...(diff.promptsDiffer > 0
      ? [`${diff.promptsDiffer} items have another prompt: this compares more than models`]
      : []),
    ...(diff.wins.length > 0 ? [`wins: ${diff.wins.map(({ id }) => id).join(', ')}`] : []),
    ...(diff.losses.length > 0 ? [`losses: ${diff.losses.map(({ id }) => id).join(', ')}`] : []),
    '',
  ].join('\n');
}

/** Without `--data` the data may lie elsewhere by now: the page is written all the same. */
async function picturesOrNone(
  diff: EvalDiff,
  card: EvalCard,
  given: Options,
  io: Io,
): ReturnType<typeof picturesOf> {
  try {
    return await picturesOf(diff, card, given, io);
  } catch (error) {
    const known = error instanceof DatasetError || error instanceof HubError;
    if (!known || given.data !== undefined || io.signal.aborted) throw error;
    io.err(
      `${error.message}\nthe page has no pictures; name the data of the benchmark with --data\n`,
    );
    return new Map();
  }
}

/** Pictures of the items that changed, as data URLs by hash; what is not found is left out. */
async function picturesOf(
  diff: EvalDiff,
  card: EvalCard,
  given: Options,
  io: Io,
): Promise<ReadonlyMap<string, string>> {
  const wanted = new Set([...diff.wins, ...diff.losses].map(({ id }) => id));
  const pictures = new Map<string, string>();
  const benchmark = benchmarkNamed(card.benchmark);
  const data = given.data ?? (card.source.name === benchmark.hub ? undefined : card.source.name);
  const where = { data, offline: given.offline, pictures: true };
  const { items, files } = await itemsOf(benchmark, where, io);
  const finder = new PictureFiles(files.root, undefined, files.archives);
  for (const item of items.filter(({ id }) => wanted.has(id)))
    for (const piece of item.question) {
      if (piece.kind === 'text' || piece.cell.kind !== 'path') continue;
      const path = await finder.find(piece.cell.path);
      if (path === undefined) continue;
      const bytes = await readFile(path);
      pictures.set(imageHash(bytes), `data:${kindOf(path)};base64,${bytes.toString('base64')}`);
    }
  return pictures;
}

function kindOf(path: string): string {
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return `image/${ending === 'jpg' ? 'jpeg' : ending}`;
}
