import { basename, relative, sep } from 'node:path';
import { openRows } from '#data';
import type { Row } from '#data';
import type { Benchmark } from './benchmark.ts';
import { maybeTextIn, pythonText } from './columns.ts';
import type { ItemFault } from './item.ts';

/** One response from anywhere. */
export interface GivenResponse {
  readonly id: string;
  readonly response: string;
  /** What the official extractor found, where the file says it. */
  readonly extraction?: string;
  readonly truncated: boolean | undefined;
  readonly file: string;
  readonly row: number;
  /** The whole row: official outputs repeat the item in it. */
  readonly value: Row;
}

/** Responses of files, and rows without one. */
export interface GivenResponses {
  readonly responses: readonly GivenResponse[];
  readonly faults: readonly ItemFault[];
  /** Requests that failed when the file was made: no responses, and no wrong answers. */
  readonly failed: readonly string[];
}

const ID = ['id', 'pid', 'qid', 'sample_index', 'question_id'];
const RESPONSE = [
  'response',
  'model_response',
  'model_output',
  'output',
  'completion',
  'generated_text',
  'text',
];
/** What public harnesses write in place of a response that never came. */
const FAILED = /^\s*(?:\[LMMS_EVAL_REQUEST_FAILED|Failed to obtain answer via API)/;

/**
 * Reads responses: JSON lines with `id` and `response`, or the outputs that MATH-V, MMMU-Pro, MMMU,
 * MathVista and EMMA publish (lines, arrays, or objects by id, with `model_answer` or `extraction`).
 */
export async function readResponses(
  files: readonly string[],
  root: string,
  benchmark: Benchmark,
): Promise<GivenResponses> {
  const read: Read = { responses: [], faults: [], failed: [] };
  const maps: Read = { responses: [], faults: [], failed: [] };
  for (const file of files) {
    const name = relative(root, file).split(sep).join('/') || basename(file);
    for await (const batch of (await openRows(file)).batches()) {
      for (const { row, value, fault } of batch) {
        const at = { file: name, row };
        if (value === undefined)
          read.faults.push({ ...at, message: fault ?? 'expected a row, found none' });
        else if (isMap(value))
          for (const [id, response] of Object.entries(value))
            take({ id, response }, { at, benchmark, read: maps });
        else take(value, { at, benchmark, read });
      }
    }
  }
  // MMMU publishes the letters again that its parser found in the responses beside them.
  return read.responses.length > 0 ? read : { ...maps, faults: [...read.faults, ...maps.faults] };
}

interface Read {
  readonly responses: GivenResponse[];
  readonly faults: ItemFault[];
  readonly failed: string[];
}

function take(
  value: Row,
  {
    at,
    benchmark,
    read,
  }: {
    readonly at: { readonly file: string; readonly row: number };
    readonly benchmark: Benchmark;
    readonly read: Read;
  },
): void {
  const id = maybeTextIn(value, ...ID);
  if (id === undefined) {
    const message = `expected an id (${ID.join(', ')}), found ${columnsOf(value)}`;
    read.faults.push({ ...at, message });
    return;
  }
  const { response, extraction } = answerIn(value, benchmark);
  if (hasFailed(value, response) && extraction === undefined) read.failed.push(id);
  else if (response === undefined && extraction === undefined)
    read.faults.push({ ...at, id, message: `expected a response, found ${columnsOf(value)}` });
  else
    read.responses.push({
      ...at,
      id,
      response: response ?? '',
      ...(extraction === undefined ? {} : { extraction }),
      truncated: truncation(value),
      value,
    });
}

/** A harness's text for a failed request, its mark, or null or an error object in place of a response. */
function hasFailed(value: Row, response: string | undefined): boolean {
  if (value['finish'] === 'failed') return true;
  if (response !== undefined) return FAILED.test(response);
  return RESPONSE.some((column) => column in value && typeof value[column] === 'object');
}

/** Responses by id in one object, as MMMU publishes them. */
function isMap(value: Row): boolean {
  const columns = Object.keys(value);
  return (
    columns.length > 0 &&
    ![...ID, ...RESPONSE].some((column) => column in value) &&
    columns.every((column) => typeof value[column] === 'string')
  );
}

/**
 * The response and what was extracted from it. `prediction` is a response in most outputs; where a
 * benchmark publishes extractions it is the last of them, for baselines that gave no response at all.
 */
function answerIn(
  value: Row,
  { extractionColumn }: Benchmark,
): { readonly response: string | undefined; readonly extraction: string | undefined } {
  const response = maybeTextIn(value, ...RESPONSE);
  const prediction = value['prediction'] ?? undefined;
  if (extractionColumn === undefined)
    return { response: response ?? maybeTextIn(value, 'prediction'), extraction: undefined };
  const found = value[extractionColumn] ?? (response === undefined ? prediction : undefined);
  return { response, extraction: found === undefined ? undefined : pythonText(found) };
}

function truncation(value: Row): boolean | undefined {
  const finish = value['finish'] ?? value['finish_reason'] ?? value['stop'];
  return typeof finish === 'string' ? finish === 'length' : undefined;
}

const columnsOf = (value: Row | undefined): string =>
  value === undefined ? 'no row' : `the columns ${Object.keys(value).slice(0, 12).join(', ')}`;
