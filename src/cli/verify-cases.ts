import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { caseOfExample, modes, policyOfTags, resolvePolicy } from '#verify';
import type { ExampleRow, Mode, Policy, VerifyInput, VerifyTask } from '#verify';
import type { Problems } from './verify-rows.ts';
import { runCases } from './verify-run.ts';
import { caseFields, problemsBeside } from './verify-rows.ts';

/** One readable line of a file of cases. */
export interface VerifyCase {
  readonly id: string;
  readonly task: VerifyTask;
  /** Whether the run it comes from took it for correct. */
  readonly stored?: boolean;
}

/** A case, or what is wrong with its line; lines count from 1, elements of a `.json` array too. */
export type CaseLine =
  | { readonly line: number; readonly case: VerifyCase }
  | { readonly line: number; readonly problem: string };

const text = z.string();
const caseSchema = z.object({
  id: z.union([text, z.number()]).optional(),
  gold: z.union([text, z.array(text)]),
  prediction: text,
  source: z.enum(['response', 'answer', 'auto']).default('response'),
  choices: z.array(text).nullish(),
  question: text.nullish(),
  mode: z.enum(modes as unknown as readonly [Mode, ...Mode[]]).optional(),
  policy: z.union([z.array(text), z.record(text, z.unknown())]).nullish(),
  answerType: text.nullish(),
  precision: z.number().int().min(0).max(100).nullish(),
  extraction: text.nullish(),
});

type RawCase = z.output<typeof caseSchema>;

const rowSchema = z.looseObject({
  id: text,
  gold: text,
  prediction: text,
  policy: z.array(text).optional(),
  options: z.record(text, z.unknown()).nullish(),
});

/** Reads cases one by one: JSON lines, a `.json` array in the fields of the example collection, or a run. */
export async function* readCases(path: string, mode: Mode | undefined): AsyncGenerator<CaseLine> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) {
    yield* runCases(path, mode);
    return;
  }
  if (found?.isFile() !== true)
    throw new Error(
      `${path}: expected a file of cases or a run folder, found none; check the path`,
    );
  const how: Reading = { mode, problems: problemsBeside(path) };
  if (await startsWithArray(path)) {
    yield* readArray(await readFile(path, 'utf8'), how);
    return;
  }
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  let line = 0;
  for await (const content of lines) {
    line += 1;
    if (content.trim() !== '') yield readLine(content, line, how);
  }
}

/** What every line is read with. */
interface Reading {
  readonly mode: Mode | undefined;
  readonly problems: Problems;
}

/** Whether the file's first character that is no blank opens an array. */
async function startsWithArray(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4_096), 0, 4_096, 0);
    const head = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimStart();
    return head.startsWith('[');
  } finally {
    await file.close();
  }
}

function* readArray(content: string, how: Reading): Generator<CaseLine> {
  let rows: unknown;
  try {
    rows = JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch (error) {
    yield { line: 1, problem: `expected a JSON array, found ${String(error)}` };
    return;
  }
  if (!Array.isArray(rows)) return;
  for (const [index, row] of rows.entries()) yield fromRow(row, index + 1, how);
}

function fromRow(row: unknown, line: number, how: Reading): CaseLine {
  const parsed = rowSchema.safeParse(row);
  if (!parsed.success || !isExample(parsed.data)) return fromRaw(row, line, how);
  try {
    const found = caseOfExample(parsed.data as ExampleRow);
    const options = { mode: how.mode ?? found.mode, policy: found.policy };
    return { line, case: { id: found.id, task: { input: found.input, options } } };
  } catch (error) {
    return { line, problem: messageOf(error) };
  }
}

/** Rows of the collection say their form; plain cases say their source of extraction. */
function isExample(row: Readonly<Record<string, unknown>>): boolean {
  return typeof row['form'] === 'string' || typeof row['label'] === 'string';
}

function readLine(content: string, line: number, how: Reading): CaseLine {
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch (error) {
    return { line, problem: `expected one JSON object, found ${messageOf(error)}` };
  }
  return fromRow(raw, line, how);
}

function fromRaw(raw: unknown, line: number, how: Reading): CaseLine {
  try {
    const parsed = caseSchema.safeParse(caseFields(raw, how.problems));
    if (parsed.success) return { line, case: caseOf(parsed.data, line, how.mode) };
    const issue = parsed.error.issues[0];
    return {
      line,
      problem: `${issue?.path.join('.') || 'line'}: ${issue?.message ?? 'malformed'}`,
    };
  } catch (error) {
    return { line, problem: messageOf(error) };
  }
}

function caseOf(raw: RawCase, line: number, fallback: Mode | undefined): VerifyCase {
  const mode = raw.mode ?? fallback ?? 'strict';
  const strict = mode === 'strict';
  const policy: Partial<Policy> = {
    ...(Array.isArray(raw.policy)
      ? policyOfTags(raw.policy)
      : (raw.policy as Partial<Policy> | null | undefined)),
    ...(strict && typeof raw.precision === 'number' ? { precision: raw.precision } : {}),
  };
  resolvePolicy(policy);
  const input: VerifyInput = {
    gold: raw.gold,
    prediction: raw.prediction,
    source: raw.source,
    ...(raw.choices ? { choices: raw.choices } : {}),
    ...(raw.question ? { question: raw.question } : {}),
    ...(raw.answerType ? { answerType: raw.answerType } : {}),
    ...(typeof raw.precision === 'number' ? { precision: raw.precision } : {}),
    ...(typeof raw.extraction === 'string' ? { extraction: raw.extraction } : {}),
  };
  return { id: String(raw.id ?? line), task: { input, options: { mode, policy } } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
