import type { AttemptRow, ProblemRow, RunReader, StoredRollout } from '#run';

/** A response worth reading, with what was asked. */
export interface Reading {
  readonly problem: ProblemRow | undefined;
  readonly rollout: StoredRollout;
  /** How often replay has drawn it. */
  readonly drawn: number;
}

/** A rethinking that was not kept. */
export interface LostReading {
  readonly problem: ProblemRow | undefined;
  readonly attempt: AttemptRow;
}

/** Responses of one kind. */
export interface ReadingGroup {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly readings: readonly Reading[];
  readonly lost: readonly LostReading[];
}

const perKind = 4;
/** Responses of an iteration that are looked at; a large run holds thousands. */
const mostRead = 4096;

type Claim = (rollout: StoredRollout) => boolean;

/** Kinds of responses, each sorted so that the most telling come first. */
const kinds: readonly {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly claim: Claim;
  readonly worth: (rollout: StoredRollout) => number;
}[] = [
  {
    id: 'repaired',
    title: 'Wrong, then right',
    help: 'Kept rethinkings that turned a wrong first answer into a right one: what the second stage learns from.',
    claim: ({ draftVerdict, verdict }) => draftVerdict?.correct === false && verdict.correct,
    worth: ({ advantage }) => advantage ?? 0,
  },
  {
    id: 'own-waits',
    title: 'Rethinking by itself',
    help: 'Responses with a “Wait” that nobody forced.',
    claim: ({ waits, draftVerdict }) => waits > 0 && draftVerdict === null,
    worth: ({ verdict, advantage }) => (verdict.correct ? 1 : 0) + Math.abs(advantage ?? 0),
  },
  {
    id: 'rare-right',
    title: 'Rare successes',
    help: 'Right responses in groups that mostly fail: the largest advantages, drawn most often by replay.',
    claim: ({ advantage, verdict, draftVerdict }) =>
      verdict.correct && draftVerdict === null && (advantage ?? 0) >= 0.5,
    worth: ({ advantage }) => advantage ?? 0,
  },
  {
    id: 'rare-wrong',
    title: 'Errors on easy problems',
    help: 'Wrong responses in groups that mostly succeed: the most negative advantages.',
    claim: ({ advantage, verdict }) => !verdict.correct && (advantage ?? 0) <= -0.5,
    worth: ({ advantage }) => -(advantage ?? 0),
  },
  {
    id: 'plain',
    title: 'Other responses',
    help: 'As they come.',
    claim: () => true,
    worth: () => 0,
  },
];

/** Responses of the last iteration that holds any, by kind; no response stands twice. */
export function readingsOf(run: RunReader): {
  readonly iteration: number | null;
  readonly groups: readonly ReadingGroup[];
} {
  const last = run.eventsOf('collected').at(-1)?.iteration;
  if (last === undefined) return { iteration: null, groups: [] };
  const rollouts = run.rollouts({ iteration: last, limit: mostRead });
  const taken = new Set<string>();
  const groups = kinds.map(({ id, title, help, claim, worth }): ReadingGroup => {
    const chosen = onePerProblem(
      rollouts
        .filter((rollout) => !taken.has(rollout.id) && claim(rollout))
        .sort((a, b) => worth(b) - worth(a) || a.id.localeCompare(b.id, 'en', { numeric: true })),
    );
    for (const rollout of chosen) taken.add(rollout.id);
    return { id, title, help, readings: chosen.map((rollout) => reading(run, rollout)), lost: [] };
  });
  const all = [...groups.slice(0, 1), spoiled(run, last), ...groups.slice(1)];
  return {
    iteration: last,
    groups: all.filter((group) => group.readings.length + group.lost.length > 0),
  };
}

function onePerProblem(rollouts: readonly StoredRollout[]): readonly StoredRollout[] {
  const first = new Map<string, StoredRollout>();
  for (const rollout of rollouts) {
    if (!first.has(rollout.problemId)) first.set(rollout.problemId, rollout);
    if (first.size === perKind) break;
  }
  return [...first.values()];
}

function reading(run: RunReader, rollout: StoredRollout): Reading {
  const drawn = run.uses(rollout.id).filter(({ age }) => age !== null).length;
  return { problem: run.problem(rollout.problemId), rollout, drawn };
}

/** Forced rethinkings that spoiled a right answer. */
function spoiled(run: RunReader, iteration: number): ReadingGroup {
  const lost = run
    .attempts(iteration)
    .filter(({ before, after }) => before.correct && !after.correct)
    .slice(0, perKind)
    .map((attempt) => ({ problem: run.problem(attempt.problemId), attempt }));
  return {
    id: 'spoiled',
    title: 'Right, then wrong',
    help: 'Forced rethinkings that spoiled a right answer; they are not kept.',
    readings: [],
    lost,
  };
}
