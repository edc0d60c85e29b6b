import { readRun } from '#run';
import type { ProblemRow, StoredRollout } from '#run';
import type { Mode } from '#verify';
import type { CaseLine } from './verify-cases.ts';

/**
 * The rollouts of a run folder as cases, read one by one, also while the run is written: the answer
 * and the options of the problem, the text of all spans. Throws `RunError` when there is no run.
 */
export function* runCases(folder: string, mode: Mode | undefined): Generator<CaseLine> {
  using run = readRun(folder);
  const problems = new Map<string, ProblemRow | undefined>();
  let line = 0;
  for (const rollout of run.allRollouts()) {
    line += 1;
    const { problemId } = rollout;
    if (!problems.has(problemId)) problems.set(problemId, run.problem(problemId));
    const problem = problems.get(problemId);
    yield problem === undefined
      ? { line, problem: `rollout ${rollout.id}: the run lacks its problem ${problemId}` }
      : { line, case: caseOf(rollout, problem, mode) };
  }
}

function caseOf(rollout: StoredRollout, problem: ProblemRow, mode: Mode | undefined) {
  const { answer, options, question } = problem;
  return {
    id: rollout.id,
    stored: rollout.verdict.correct,
    task: {
      input: {
        gold: answer,
        prediction: rollout.spans.map(({ text }) => text).join(''),
        source: 'response' as const,
        question,
        ...(options === null ? {} : { choices: options }),
      },
      options: { mode: mode ?? 'strict' },
    },
  };
}
