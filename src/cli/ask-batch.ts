import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { openImage } from '#data';
import { answersTo, type Asking, promptOf, requestOf } from './ask-answer.ts';
import type { AskOptions } from './ask-options.ts';
import { AskOutput } from './ask-output.ts';
import { type ExitCode, type Io, UsageError } from './command.ts';
import { Progress } from './progress.ts';

const askRow = z.looseObject({
  id: z.union([z.string().min(1), z.int()]).transform(String),
  question: z.string(),
  images: z.array(z.string()).default([]),
});

/** A line of the input: what to ask, or why it cannot be asked. */
type Line =
  | { readonly id: string; readonly row: z.output<typeof askRow> }
  | { readonly id: string; readonly error: string };

function parseLine(line: string, number: number): Line {
  const fallback = `line ${number}`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { id: fallback, error: `expected a JSON object, found ${(error as Error).message}` };
  }
  const parsed = askRow.safeParse(value);
  if (parsed.success) return { id: parsed.data.id, row: parsed.data };
  const named = z.looseObject({ id: askRow.shape.id }).safeParse(value);
  const id = named.success ? named.data.id : fallback;
  return { id, error: z.prettifyError(parsed.error).replaceAll('\n', ' ') };
}

async function* linesOf(path: string): AsyncIterable<Line> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    number++;
    if (line.trim() !== '') yield parseLine(line, number);
  }
}

/** How many rows there are; an id that stands twice would make resuming guesswork. */
async function countRows(path: string): Promise<number> {
  const ids = new Set<string>();
  try {
    for await (const { id } of linesOf(path)) {
      if (ids.has(id))
        throw new UsageError(`${path}: expected every id once, found ${JSON.stringify(id)} again`);
      ids.add(id);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: expected a readable file, found ${(error as Error).message}`);
  }
  return ids.size;
}

/** Answers every row of a file; what is answered already is left alone. */
export async function askBatch(options: AskOptions, asking: Asking, io: Io): Promise<ExitCode> {
  const input = resolve(io.cwd, options.input ?? '');
  const total = await countRows(input);
  using output = await AskOutput.open(resolve(io.cwd, options.output ?? ''), options);
  using progress = new Progress(io, { label: 'asking', total, unit: 'rows' });
  const batch = { options, asking, io, output, folder: dirname(input) };
  const running = new Set<Promise<void>>();
  let [done, failed, tokens] = [0, 0, 0];
  const count = async (answering: ReturnType<typeof answerLine>): Promise<void> => {
    const outcome = await answering;
    if (outcome === undefined) return;
    if (outcome.failed) failed++;
    tokens += outcome.tokens;
    progress.update(++done, `${tokens} tokens${failed === 0 ? '' : `, ${failed} failed`}`);
  };
  for await (const line of linesOf(input)) {
    if (io.signal.aborted) break;
    if (output.done.has(line.id)) {
      progress.update(++done);
      continue;
    }
    const work: Promise<void> = count(answerLine(line, batch)).finally(() => running.delete(work));
    running.add(work);
    // Twice as many as can be drawn at once, so that pictures are read ahead.
    while (running.size >= 2 * Math.ceil(options.rows / options.n)) await Promise.race(running);
  }
  await Promise.all(running);
  progress.end();
  if (failed > 0) io.err(`${failed} of ${total} rows failed; their error stands in the output\n`);
  if (io.signal.aborted) io.err('stopped; the same command goes on with the rows that are left\n');
  return failed > 0 || io.signal.aborted ? 1 : 0;
}

interface Batch {
  readonly options: AskOptions;
  readonly asking: Asking;
  readonly io: Io;
  readonly output: AskOutput;
  /** Relative paths of pictures start here. */
  readonly folder: string;
}

/** Answers one row and writes it down; undefined when it was stopped before its end. */
async function answerLine(
  line: Line,
  { options, asking, io, output, folder }: Batch,
): Promise<{ readonly failed: boolean; readonly tokens: number } | undefined> {
  try {
    if ('error' in line) throw new Error(line.error);
    const { id, question, images: sources } = line.row;
    const images = await Promise.all(
      sources.map((source) => openImage(located(source, folder), { signal: io.signal })),
    );
    const prompt = promptOf(asking, { id, question, images }, options.prompt);
    const request = requestOf(prompt, options, asking);
    const answers = await answersTo(request, options, asking, io.signal);
    if (io.signal.aborted) return undefined;
    const [first] = answers;
    output.write({ id, ...(answers.length === 1 ? first : { answers }) });
    const tokens = answers.reduce(
      (sum, { ids, rethink }) => sum + ids.length + (rethink?.ids.length ?? 0),
      0,
    );
    return { failed: false, tokens };
  } catch (error) {
    if (io.signal.aborted) return undefined;
    const message = error instanceof Error ? error.message : String(error);
    output.write({ id: line.id, error: message });
    return { failed: true, tokens: 0 };
  }
}

function located(source: string, folder: string): string {
  return /^(data|https?|file):/i.test(source) ? source : resolve(folder, source);
}
