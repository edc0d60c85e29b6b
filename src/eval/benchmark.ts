import type { Row } from '#data';
import type { Mode } from '#verify';
import type { EvalItem } from './item.ts';
import type { Tally } from './tally.ts';

/** Where a row stands, and what was asked for. */
export interface RowPlace {
  /** Path of the file from the root of the data, with forward slashes. */
  readonly file: string;
  /** Whether items are to be asked, so that question and pictures have to be there. */
  readonly asking: boolean;
}

/** One benchmark: how its rows are read, asked, scored and summed up. */
export interface Benchmark {
  /** As the commands name it: `mathvision`. */
  readonly name: string;
  /** As papers name it. */
  readonly title: string;
  /** Dataset on the hub. */
  readonly hub: string;
  /** Files of the hub repository and of a folder that hold its rows. */
  readonly wants: (path: string) => boolean;
  /** Split that counts when a folder holds several; the first that a file's path names. */
  readonly splits: readonly string[];
  /** Names of the benchmark's own prompts; the first is the default. */
  readonly prompts: readonly string[];
  /** Mode of the verifier that is its official rule; `own` for rules of this room. */
  readonly mode: Mode | 'own';
  /** The official rule in a few words, for cards. */
  readonly rule: string;
  /** Column of official outputs that holds the text its extractor found. */
  readonly extractionColumn?: string;
  /** @throws ItemError where the row cannot be used. */
  readonly read: (row: Row, place: RowPlace) => EvalItem;
  /** How the score comes from the counts. */
  readonly headline: { readonly how: string; readonly of: (tally: Tally) => number | undefined };
}

/** Share of correct items. */
export const microMean: Benchmark['headline'] = {
  how: 'share of correct items',
  of: (tally) => (tally.counts.n === 0 ? undefined : tally.points / tally.counts.n),
};

/** Unweighted mean over the groups of a breakdown. */
export function macroMean(breakdown: string): Benchmark['headline'] {
  return {
    how: `mean over ${breakdown}`,
    of: (tally) => {
      const groups = [...(tally.groups.get(breakdown)?.values() ?? [])].filter(
        ({ counts }) => counts.n > 0,
      );
      if (groups.length === 0) return microMean.of(tally);
      return groups.reduce((sum, { points, counts }) => sum + points / counts.n, 0) / groups.length;
    },
  };
}
