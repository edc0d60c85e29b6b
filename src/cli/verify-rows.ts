import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Row = Readonly<Record<string, unknown>>;

/** Problems by id, as an export of a run keeps them beside its rollouts. */
export type Problems = ReadonlyMap<string, Row>;

/** The problems of `problems.jsonl` in the folder of `path`; empty without that file. */
export function problemsBeside(path: string): Problems {
  const file = join(dirname(path), 'problems.jsonl');
  if (!existsSync(file)) return new Map();
  const problems = new Map<string, Row>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    const row = JSON.parse(line) as Row;
    if (typeof row['id'] === 'string') problems.set(row['id'], row);
  }
  return problems;
}

/**
 * A line in the fields of a case. Rollouts of an exported run (`problemId`, `spans`) are joined
 * with their problem; `answer`, `response` and `options` stand for gold, prediction and choices.
 */
export function caseFields(raw: unknown, problems: Problems): unknown {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return raw;
  const row = raw as Row;
  const { problemId, spans } = row;
  if (typeof problemId === 'string' && Array.isArray(spans)) {
    const problem = problems.get(problemId);
    if (problem === undefined)
      throw new Error(`problemId ${problemId}: not in the problems.jsonl beside the rollouts`);
    const prediction = spans
      .map(({ text }: Row) => (typeof text === 'string' ? text : ''))
      .join('');
    const { answer, options, question } = problem;
    return { id: row['id'], gold: answer, prediction, choices: options, question };
  }
  return {
    ...row,
    gold: row['gold'] ?? row['answer'],
    prediction: row['prediction'] ?? row['response'],
    choices: row['choices'] ?? (Array.isArray(row['options']) ? row['options'] : undefined),
  };
}
