import type { RunReader } from './run-reader.ts';

/** One line of an export, newline included, and the file it belongs to. */
export interface ExportLine {
  readonly file: string;
  readonly line: string;
}

/**
 * A whole run as JSON lines, one file per kind of row; written in order, a line at a time, so that a
 * run of any size can be exported. Numbers that JSON lacks (NaN on trigger tokens) become null.
 */
export function* exportLines(run: RunReader): Generator<ExportLine> {
  yield line('run.jsonl', run.head());
  for (const checkpoint of run.checkpoints()) yield line('checkpoints.jsonl', checkpoint);
  for (const { data, ...row } of run.all('events')) {
    yield line('events.jsonl', { ...row, data: JSON.parse(String(data)) });
  }
  for (const row of run.all('metrics')) yield line('metrics.jsonl', row);
  for (const { json } of run.all('problems'))
    yield line('problems.jsonl', JSON.parse(String(json)));
  for (const row of run.allRollouts()) {
    const { tokens, logprobs, oldLogprobs } = row;
    yield line('rollouts.jsonl', {
      ...row,
      tokens: numbers(tokens),
      logprobs: numbers(logprobs),
      oldLogprobs: numbers(oldLogprobs),
    });
  }
  for (const { iteration, json } of run.all('attempts')) {
    yield line('attempts.jsonl', { iteration, ...JSON.parse(String(json)) });
  }
  for (const row of run.all('uses')) yield line('uses.jsonl', row);
}

function line(file: string, value: unknown): ExportLine {
  return { file, line: `${JSON.stringify(value)}\n` };
}

function numbers(array: Int32Array | Float32Array | null): readonly (number | null)[] | null {
  return array === null ? null : Array.from(array, (value) => (Number.isNaN(value) ? null : value));
}
