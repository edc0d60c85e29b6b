import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openImage, PictureFiles } from '#data';
import type { DatasetFiles } from '#data';
import type { Benchmark } from './benchmark.ts';
import { EvalError, textOf } from './item.ts';
import type { EvalItem, Piece } from './item.ts';
import { promptHash } from './records.ts';
import type { EvalRecord, Failure, RecordStore } from './records.ts';
import { RequestError } from './responder.ts';
import type { AskedPart, Decoding, Responder } from './responder.ts';
import { scoreResponse } from './score.ts';

/** How an item is put to a model: a prompt of the benchmark, or its question and a text behind it. */
export interface Template {
  readonly name: string;
  /** Behind the question; undefined for a prompt of the benchmark. */
  readonly trigger: string | undefined;
}

/** Joins question and trigger, as in training. */
const SEPARATOR = '\n\n';

/** The user turn of an item. */
export function turnOf(item: EvalItem, { name, trigger }: Template): readonly Piece[] {
  if (trigger === undefined) {
    const own = item.prompts[name];
    if (own !== undefined) return own;
    throw new EvalError(
      `expected a prompt among ${Object.keys(item.prompts).join(', ')} or a prompt template, found ${name}`,
    );
  }
  if (trigger === '') return item.question;
  return [...item.question, { kind: 'text', text: SEPARATOR + trigger }];
}

/** SHA-256 over the text of all turns: changes with template and data. */
export function turnsHash(items: readonly EvalItem[], template: Template): string {
  const hash = createHash('sha256');
  for (const item of items)
    hash.update(`${JSON.stringify([item.id, textOf(turnOf(item, template))])}\n`);
  return hash.digest('hex');
}

/** What an evaluation is made of. */
export interface EvalRun {
  readonly benchmark: Benchmark;
  readonly items: readonly EvalItem[];
  readonly template: Template;
  readonly responder: Responder;
  readonly decoding: Decoding;
  /** Responses per item. */
  readonly samples: number;
  /** Where pictures are looked for. */
  readonly files: Pick<DatasetFiles, 'root' | 'archives'>;
  /** Records that are there are not asked again; new ones are added one by one. */
  readonly store: RecordStore;
  readonly signal: AbortSignal;
  readonly onRecord?: (record: EvalRecord) => void;
  readonly onFailure?: (failure: Failure) => void;
}

/** How an evaluation ended. */
export interface EvalOutcome {
  readonly failures: readonly Failure[];
  /** Why it stopped before its end, if it did. */
  readonly stopped: string | undefined;
}

/** Failures without an answer between them after which nobody is asked any more. */
const FAILURES_IN_A_ROW = 64;

/**
 * Asks every question that has no record yet, as many at once as the responder takes, scores each answer
 * and keeps it. What fails is listed and asked again by the next run; an aborted signal ends it, and
 * everything that was answered is kept.
 */
export async function runEval(run: EvalRun): Promise<EvalOutcome> {
  const known = new Set(run.store.records.map(({ id, sample }) => `${sample} ${id}`));
  const questions = questionsOf(run, known);
  const pictures = new PictureFiles(run.files.root, undefined, run.files.archives);
  const failures: Failure[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  let stopped: string | undefined;
  let inARow = 0;
  const fail = (failure: Failure, fatal: boolean): void => {
    failures.push(failure);
    run.onFailure?.(failure);
    inARow += 1;
    if (!fatal && inARow < FAILURES_IN_A_ROW) return;
    stopped ??= fatal
      ? failure.message
      : `${inARow} questions failed in a row, the last: ${failure.message}`;
    stop.abort();
  };
  const worker = async (): Promise<void> => {
    for (const { item, sample } of questions) {
      if (signal.aborted) return;
      try {
        const record = await answerTo({ item, sample }, { run, pictures, signal });
        run.store.append(record);
        inARow = 0;
        run.onRecord?.(record);
      } catch (error) {
        if (signal.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        fail({ id: item.id, sample, message }, error instanceof RequestError && error.fatal);
      }
    }
  };
  await Promise.all(Array.from({ length: run.responder.atOnce }, worker));
  run.store.writeFailures(failures);
  return { failures, stopped: stopped ?? (run.signal.aborted ? 'interrupted' : undefined) };
}

/** One iterator that all workers share. */
function* questionsOf(
  { items, samples }: EvalRun,
  known: ReadonlySet<string>,
): Generator<{ readonly item: EvalItem; readonly sample: number }> {
  for (const item of items)
    for (let sample = 0; sample < samples; sample += 1)
      if (!known.has(`${sample} ${item.id}`)) yield { item, sample };
}

async function answerTo(
  { item, sample }: { readonly item: EvalItem; readonly sample: number },
  {
    run,
    pictures,
    signal,
  }: { readonly run: EvalRun; readonly pictures: PictureFiles; readonly signal: AbortSignal },
): Promise<EvalRecord> {
  const turn = turnOf(item, run.template);
  const parts: AskedPart[] = [];
  for (const piece of turn) parts.push(await opened(piece, pictures, run.responder.sendsFiles));
  const images = parts.flatMap((part) => (part.kind === 'image' ? [part.image.hash] : []));
  const started = performance.now();
  const reply = await run.responder.ask({ id: item.id, sample, parts }, run.decoding, signal);
  const prompt = textOf(turn);
  return {
    id: item.id,
    sample,
    prompt,
    promptHash: promptHash(prompt, images),
    images,
    response: reply.text,
    finish: reply.finish,
    promptTokens: reply.promptTokens,
    tokens: reply.tokens,
    ms: Math.round(performance.now() - started),
    answer: item.answer,
    groups: item.groups,
    scores: scoreResponse(run.benchmark, item, { response: reply.text }),
  };
}

async function opened(piece: Piece, pictures: PictureFiles, whole: boolean): Promise<AskedPart> {
  if (piece.kind === 'text') return piece;
  const { cell } = piece;
  if (cell.kind === 'bytes') return { kind: 'image', image: await openImage(cell.bytes) };
  const path = await pictures.find(cell.path);
  if (path === undefined)
    throw new RequestError(
      `expected the picture ${cell.path} below ${pictures.bases.join(', ')}, found none`,
    );
  return { kind: 'image', image: await openImage(whole ? await readFile(path) : path) };
}
