import type { EvalItem } from './item.ts';
import type { Judged } from './score.ts';

/** How many items ended how. `n` is the sum of the others. */
export interface Counts {
  n: number;
  correct: number;
  wrong: number;
  noAnswer: number;
  unverifiable: number;
}

/** Counts of a group; `points` are the scores added up, equal to `correct` where scores are 0 or 1. */
export interface GroupTally {
  readonly counts: Counts;
  points: number;
}

/** Counts of a scorer over items, in all and by group. */
export class Tally implements GroupTally {
  readonly counts: Counts = emptyCounts();
  points = 0;
  /** Random guesses of the official rule that became "no answer". */
  guesses = 0;
  /** Options picked by edit distance, as MathVista's official rule does. */
  nearest = 0;
  readonly groups = new Map<string, Map<string, GroupTally>>();

  add(item: Pick<EvalItem, 'groups'>, judged: Pick<Judged, 'status' | 'score' | 'notes'>): void {
    enter(this, judged);
    if (judged.notes.includes('random-guess')) this.guesses += 1;
    if (judged.notes.includes('nearest-option')) this.nearest += 1;
    for (const [breakdown, names] of Object.entries(item.groups)) {
      const groups = this.groups.get(breakdown) ?? new Map<string, GroupTally>();
      this.groups.set(breakdown, groups);
      for (const name of new Set(names)) {
        const group = groups.get(name) ?? { counts: emptyCounts(), points: 0 };
        groups.set(name, group);
        enter(group, judged);
      }
    }
  }
}

function emptyCounts(): Counts {
  return { n: 0, correct: 0, wrong: 0, noAnswer: 0, unverifiable: 0 };
}

function enter(tally: GroupTally, judged: Pick<Judged, 'status' | 'score'>): void {
  tally.counts.n += 1;
  tally.points += judged.score;
  switch (judged.status) {
    case 'correct':
      tally.counts.correct += 1;
      break;
    case 'wrong':
      tally.counts.wrong += 1;
      break;
    case 'no-answer':
      tally.counts.noAnswer += 1;
      break;
    case 'unverifiable':
      tally.counts.unverifiable += 1;
      break;
  }
}
