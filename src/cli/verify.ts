import { resolve } from 'node:path';
import { z } from 'zod';
import { createVerifyPool, modes, verify } from '#verify';
import type { Mode, Verdict, VerifyTask } from '#verify';
import type { Command, ExitCode, Io } from './command.ts';
import { UsageError } from './command.ts';
import { audit } from './verify-audit.ts';
import type { VerifyCase } from './verify-cases.ts';
import { readCases } from './verify-cases.ts';
import { explain, shown } from './verify-explain.ts';

const options = z.strictObject({
  gold: z
    .string()
    .optional()
    .describe('reference answer of one case; the response is the positional'),
  mode: z
    .enum(modes as unknown as readonly [Mode, ...Mode[]])
    .optional()
    .describe('rule for cases that name none; strict without it'),
  source: z
    .enum(['response', 'answer', 'auto'])
    .default('response')
    .describe('what the response of --gold is: a whole response, a bare answer, either'),
  choice: z
    .array(z.string())
    .default([])
    .describe('option text of --gold, A first; may be repeated'),
  audit: z
    .boolean()
    .default(false)
    .describe('list likely false negatives and positives instead of verdicts'),
  workers: z
    .number()
    .int()
    .min(0)
    .max(64)
    .default(0)
    .describe('worker threads; 0 judges in this one'),
  json: z.boolean().default(false).describe('verdicts, findings and the summary as JSON'),
});

type Options = z.output<typeof options>;

/** Pairs that are judged before their lines are written. */
const batchSize = 256;

/** `vl-rethinker verify`: one case explained, a file of cases judged, a file audited. */
export const verifyCommand: Command<typeof options> = {
  name: 'verify',
  summary: 'judge responses against reference answers, and say why',
  positionals: '[cases.jsonl | run | response]',
  help: [
    'verify --gold 1/2 "… \\boxed{0.5}" explains one case: what was found where, what both sides mean, which rule decided.',
    'verify cases.jsonl judges one JSON object per line (id, gold, prediction, source; optionally choices, question, mode, policy, answerType, precision, extraction) or a .json array, and prints one JSON line per case in input order; counts and milliseconds per pair go to stderr. A malformed line is reported with its number and makes the exit code 1.',
    'verify --audit cases.jsonl lists pairs on which strict, reference and the mode of the case disagree, near misses, and reference answers nothing can be judged against.',
    'Instead of a file, a run folder may be given: the rollouts of a training, with the answers of its problems; --audit also lists those whose verdict in the run differs. The rollouts.jsonl of an exported run is read as well, with problems.jsonl beside it.',
  ].join('\n\n'),
  options,
  async run({ options: given, positionals }, io): Promise<ExitCode> {
    const [first, ...rest] = positionals;
    if (first === undefined || rest.length > 0)
      throw new UsageError(
        'expected one file of cases or one run folder, or --gold and one response',
      );
    if (given.gold !== undefined) return explainOne(given.gold, first, given, io);
    const path = resolve(io.cwd, first);
    return given.audit ? auditFile(path, given, io) : verifyFile(path, given, io);
  },
};

function explainOne(gold: string, prediction: string, given: Options, io: Io): ExitCode {
  const input = {
    gold,
    prediction,
    source: given.source,
    ...(given.choice.length > 0 ? { choices: given.choice } : {}),
  };
  const mode = given.mode ?? 'strict';
  io.out(given.json ? `${JSON.stringify(verify(input, { mode }))}\n` : explain(input, mode));
  return 0;
}

/** The line printed for one case. */
function lineOf(id: string, verdict: Verdict): string {
  const { correct, status, reason, notes, steps, referenceScore } = verdict;
  const answer = verdict.answer?.text ?? null;
  const score = referenceScore === undefined ? {} : { referenceScore };
  return `${JSON.stringify({ id, correct, status, reason, answer, notes, steps, ...score })}\n`;
}

interface Judge {
  readonly all: (tasks: readonly VerifyTask[]) => Promise<readonly Verdict[]>;
  readonly close: () => Promise<void>;
}

function judgeOf(workers: number, io: Io): Judge {
  if (workers === 0) {
    const all = async (tasks: readonly VerifyTask[]): Promise<readonly Verdict[]> =>
      tasks.map((task) => verify(task.input, task.options));
    return { all, close: async () => {} };
  }
  const pool = createVerifyPool({
    workers,
    batchSize,
    onKill: (task) =>
      io.err(`verify: a worker was ended on ${shown(JSON.stringify(task.input))}\n`),
  });
  return { all: (tasks) => pool.verifyAll(tasks), close: () => pool.close() };
}

interface Tally {
  readonly statuses: Map<Verdict['status'], number>;
  cases: number;
  malformed: number;
  milliseconds: number;
}

async function verifyFile(path: string, given: Options, io: Io): Promise<ExitCode> {
  const tally: Tally = { statuses: new Map(), cases: 0, malformed: 0, milliseconds: 0 };
  const judge = judgeOf(given.workers, io);
  let batch: VerifyCase[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const started = performance.now();
    const verdicts = await judge.all(batch.map((one) => one.task));
    tally.milliseconds += performance.now() - started;
    for (const [index, verdict] of verdicts.entries()) {
      io.out(lineOf(batch[index]?.id ?? '', verdict));
      tally.statuses.set(verdict.status, (tally.statuses.get(verdict.status) ?? 0) + 1);
      tally.cases += 1;
    }
    batch = [];
  };
  try {
    for await (const line of readCases(path, given.mode)) {
      if (io.signal.aborted) break;
      if ('problem' in line) {
        tally.malformed += 1;
        io.err(`line ${line.line}: ${shown(line.problem)}\n`);
      } else batch.push(line.case);
      if (batch.length >= batchSize * Math.max(1, given.workers)) await flush();
    }
    await flush();
  } finally {
    await judge.close();
  }
  io.err(summary(tally, given.json));
  return tally.malformed > 0 || io.signal.aborted ? 1 : 0;
}

const statuses: readonly Verdict['status'][] = [
  'correct',
  'wrong',
  'no-answer',
  'unverifiable',
  'over-budget',
];

function summary(tally: Tally, json: boolean): string {
  const perPair = tally.cases === 0 ? 0 : tally.milliseconds / tally.cases;
  const counts = Object.fromEntries(
    statuses.map((status) => [status, tally.statuses.get(status) ?? 0]),
  );
  if (json)
    return `${JSON.stringify({ cases: tally.cases, ...counts, malformed: tally.malformed, msPerPair: perPair })}\n`;
  const parts = Object.entries(counts).map(([status, count]) => `${status} ${count}`);
  return `${tally.cases} cases: ${parts.join(', ')}; malformed lines ${tally.malformed}; ${perPair.toFixed(3)} ms per pair\n`;
}

async function auditFile(path: string, given: Options, io: Io): Promise<ExitCode> {
  const kinds = new Map<string, number>();
  let cases = 0;
  let malformed = 0;
  for await (const line of readCases(path, given.mode)) {
    if (io.signal.aborted) return 1;
    if ('problem' in line) {
      malformed += 1;
      io.err(`line ${line.line}: ${shown(line.problem)}\n`);
      continue;
    }
    cases += 1;
    for (const finding of audit(line.case)) {
      kinds.set(finding.kind, (kinds.get(finding.kind) ?? 0) + 1);
      io.out(
        given.json
          ? `${JSON.stringify(finding)}\n`
          : `${shown(finding.id)}  ${finding.kind}  ${shown(finding.why)}\n`,
      );
    }
  }
  const parts = [...kinds]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => `${kind} ${count}`);
  io.err(
    `${cases} cases: ${parts.join(', ') || 'nothing to look at'}; malformed lines ${malformed}\n`,
  );
  return malformed > 0 ? 1 : 0;
}
