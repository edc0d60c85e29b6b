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
  const responses: GivenResponse[] = [];
  const faults: ItemFault[] = [];
  const failed: string[] = [];
  for (const file of files) {
    const name = relative(root, file).split(sep).join('/') || basename(file);
    for await (const batch of (await openRows(file)).batches()) {
      for (const { row, value, fault } of batch) {
        const at = { file: name, row };
        const id = value === undefined ? undefined : maybeTextIn(value, ...ID);
        if (value === undefined || id === undefined) {
          faults.push({
            ...at,
            message: fault ?? `expected an id (${ID.join(', ')}), found ${columnsOf(value)}`,
          });
          continue;
        }
        const { response, extraction } = answerIn(value, benchmark);
        if (response !== undefined && FAILED.test(response)) failed.push(id);
        else if (value['finish'] === 'failed') failed.push(id);
        else if (response === undefined && extraction === undefined)
          faults.push({ ...at, id, message: `expected a response, found ${columnsOf(value)}` });
        else
          responses.push({
            ...at,
            id,
            response: response ?? '',
            ...(extraction === undefined ? {} : { extraction }),
            truncated: truncation(value),
            value,
          });
      }
    }
  }
  return { responses, faults, failed };
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
