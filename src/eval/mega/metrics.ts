import { verify } from '#verify';
import {
  boxes,
  boxOverlap,
  distanceScore,
  matchedOverlap,
  pointInBox,
  rmseScore,
} from './geometry.ts';
import { canonical, listOf, mapOf, numbersOf, textOfValue } from './values.ts';

/** Score in [0, 1] of a field: the answer's value against the reference. */
export type MegaMetric = (answer: unknown, gold: unknown) => number;

const bit = (claim: boolean): number => (claim ? 1 : 0);

/** `(A)`, `A.` and `A` are one letter. */
const bare = (text: string): string => /^\(?([A-Za-z])[).:]*$/.exec(text)?.[1] ?? text;

const exact =
  (fold: boolean): MegaMetric =>
  (answer, gold) => {
    const form = (value: unknown) => {
      const text = textOfValue(value).trim();
      const own = /^[A-Za-z]$/.test(textOfValue(gold).trim()) ? bare(text) : text;
      return fold ? own.toLowerCase() : own;
    };
    return bit(form(answer) === form(gold));
  };

const simple: MegaMetric = (answer, gold) => {
  const form = (value: unknown) =>
    textOfValue(value)
      .toLowerCase()
      .replaceAll(/[\s\-.]/g, '');
  return bit(form(answer) === form(gold));
};

const byVerifier =
  (metric: string): MegaMetric =>
  (answer, gold) => {
    const prediction = textOfValue(answer);
    const input = { gold: textOfValue(gold), prediction, extraction: prediction } as const;
    const answerType = metric;
    return bit(verify({ ...input, source: 'answer', answerType }, { mode: 'megabench' }).correct);
  };

/** 1 at equality, falling with the relative difference to 0. */
const ratio: MegaMetric = (answer, gold) => {
  const [a, b] = [Number(textOfValue(answer)), Number(textOfValue(gold))];
  if (!Number.isFinite(a) || !Number.isFinite(b)) return 0;
  if (a === b) return 1;
  return b === 0 ? 0 : Math.max(0, 1 - Math.abs(a - b) / Math.abs(b));
};

const integer: MegaMetric = (answer, gold) => {
  const [a, b] = [Number(textOfValue(answer)), Number(textOfValue(gold))];
  return bit(Number.isInteger(a) && a > 0 && a === b);
};

/** 1 within a tenth of the longer text's length in edits. */
const near: MegaMetric = (answer, gold) => {
  const [a, b] = [textOfValue(answer).trim().toLowerCase(), textOfValue(gold).trim().toLowerCase()];
  return bit(similarity(a, b) >= 0.9);
};

const similar: MegaMetric = (answer, gold) => similarity(textOfValue(answer), textOfValue(gold));

const LONGEST = 2000;

/** 1 − edits ÷ length of the longer text; an exchange of neighbours is one edit. */
function similarity(left: string, right: string): number {
  const [a, b] = [Array.from(left.slice(0, LONGEST)), Array.from(right.slice(0, LONGEST))];
  if (a.length === 0 && b.length === 0) return 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, place) => place);
  for (const [i, x] of a.entries()) {
    const next = [i + 1];
    for (const [j, y] of b.entries()) {
      let least = Math.min(
        (row[j] ?? 0) + (x === y ? 0 : 1),
        (row[j + 1] ?? 0) + 1,
        (next[j] ?? 0) + 1,
      );
      if (i > 0 && j > 0 && x === b[j - 1] && a[i - 1] === y)
        least = Math.min(least, (before[j - 1] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return 1 - (row[b.length] ?? 0) / Math.max(a.length, b.length);
}

interface Sets {
  readonly answer: ReadonlySet<string>;
  readonly gold: ReadonlySet<string>;
  readonly shared: number;
}

function setsOf(answer: unknown, gold: unknown, fold: boolean): Sets | undefined {
  const [a, b] = [listOf(answer), listOf(gold)];
  if (a === undefined || b === undefined) return undefined;
  const given = new Set(a.map((each) => canonical(each, fold)));
  const wanted = new Set(b.map((each) => canonical(each, fold)));
  return {
    answer: given,
    gold: wanted,
    shared: [...given].filter((each) => wanted.has(each)).length,
  };
}

const overSets =
  (fold: boolean, of: (sets: Sets) => number): MegaMetric =>
  (answer, gold) => {
    const sets = setsOf(answer, gold, fold);
    return sets === undefined ? 0 : of(sets);
  };

const equalSets = ({ answer, gold, shared }: Sets): number =>
  bit(answer.size === gold.size && shared === gold.size);
const precision = ({ answer, gold, shared }: Sets): number =>
  answer.size === 0 ? bit(gold.size === 0) : shared / answer.size;
const jaccard = ({ answer, gold, shared }: Sets): number => {
  const union = answer.size + gold.size - shared;
  return union === 0 ? 1 : shared / union;
};

const sequence =
  (fold: boolean, of: (a: readonly string[], b: readonly string[]) => number): MegaMetric =>
  (answer, gold) => {
    const [a, b] = [listOf(answer), listOf(gold)];
    if (a === undefined || b === undefined) return 0;
    return of(
      a.map((each) => canonical(each, fold)),
      b.map((each) => canonical(each, fold)),
    );
  };

const equalLists = (a: readonly string[], b: readonly string[]): number =>
  bit(a.length === b.length && a.every((each, index) => each === b[index]));
const accuracy = (a: readonly string[], b: readonly string[]): number =>
  a.length !== b.length
    ? 0
    : b.length === 0
      ? 1
      : a.filter((each, index) => each === b[index]).length / b.length;
const prefix = (a: readonly string[], b: readonly string[]): number => {
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared += 1;
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 1 : shared / longest;
};

/** Aggregates a metric over the keys of two objects; keys on one side only count as zero. */
const overKeys =
  (metric: MegaMetric, share: 'recall' | 'precision' | 'jaccard'): MegaMetric =>
  (answer, gold) => {
    const [a, b] = [mapOf(answer), mapOf(gold)];
    if (a === undefined || b === undefined) return 0;
    let sum = 0;
    for (const [key, value] of b) if (a.has(key)) sum += metric(a.get(key), value);
    const union = new Set([...a.keys(), ...b.keys()]).size;
    const size = share === 'recall' ? b.size : share === 'precision' ? a.size : union;
    return size === 0 ? bit(union === 0) : sum / size;
  };

const equalObjects: MegaMetric = (answer, gold) => {
  const [a, b] = [mapOf(answer), mapOf(gold)];
  return bit(a !== undefined && b !== undefined && canonical(a, false) === canonical(b, false));
};

const overBoxes =
  (
    of: (a: readonly (readonly number[])[], b: readonly (readonly number[])[]) => number,
  ): MegaMetric =>
  (answer, gold) => {
    const [a, b] = [boxes(answer), boxes(gold)];
    return a === undefined || b === undefined ? 0 : of(a, b);
  };

const overNumbers =
  (of: (a: readonly number[], b: readonly number[]) => number): MegaMetric =>
  (answer, gold) => {
    const [a, b] = [numbersOf(answer), numbersOf(gold)];
    return a === undefined || b === undefined || a.length !== b.length ? 0 : of(a, b);
  };

const oneBox = overBoxes((a, b) => boxOverlap(a[0] ?? [], b[0] ?? []));
const inOrder = overBoxes((a, b) =>
  a.length !== b.length || b.length === 0
    ? bit(a.length === b.length)
    : a.reduce((sum, box, index) => sum + boxOverlap(box, b[index] ?? []), 0) / b.length,
);

/** Every phrase of the reference counts, whichever is met. */
const anyPhrase: MegaMetric = (answer, gold) => {
  const phrases = listOf(gold) ?? [gold];
  return Math.max(0, ...phrases.map((phrase) => simple(answer, phrase)), simple(answer, gold));
};

/** Metrics by their upstream names. What is missing here needs a judge, a geocoder or code execution. */
export const megaMetrics: ReadonlyMap<string, MegaMetric> = new Map<string, MegaMetric>([
  ['exact_str_match', exact(false)],
  ['exact_str_match_case_insensitive', exact(true)],
  ['simple_str_match', simple],
  ['near_str_match', near],
  ['multi_ref_phrase', anyPhrase],
  ['normalized_similarity_damerau_levenshtein', similar],
  ['general_single_numerical_match', byVerifier('general_single_numerical_match')],
  ['boxed_single_numerical_match', byVerifier('general_single_numerical_match')],
  ['number_rel_diff_ratio', ratio],
  ['positive_int_match', integer],
  ['latex_expr_equality', byVerifier('latex_expr_equality')],
  ['text_with_latex_expr_equality', byVerifier('latex_expr_equality')],
  ['set_equality', overSets(false, equalSets)],
  ['set_equality_case_insensitive', overSets(true, equalSets)],
  ['set_precision', overSets(false, precision)],
  ['jaccard_index', overSets(false, jaccard)],
  ['jaccard_index_case_insensitive', overSets(true, jaccard)],
  ['chess_move_list_jaccard_index', overSets(false, jaccard)],
  ['sequence_equality', sequence(false, equalLists)],
  ['sequence_equality_case_insensitive', sequence(true, equalLists)],
  ['sequence_accuracy_case_insensitive', sequence(true, accuracy)],
  ['longest_common_list_prefix_ratio', sequence(false, prefix)],
  ['dict_equality', equalObjects],
  ['dict_precision', overKeys(exact(false), 'precision')],
  ['dict_exact_str_match_agg_recall', overKeys(exact(false), 'recall')],
  ['dict_set_equality_agg_jaccard', overKeys(overSets(false, equalSets), 'jaccard')],
  ['dict_jaccard_agg_jaccard', overKeys(overSets(false, jaccard), 'jaccard')],
  ['dict_nbbox_iou_tuple_agg_jaccard', overKeys(overBoxes(matchedOverlap), 'jaccard')],
  ['nbbox_iou_single', oneBox],
  ['nbbox_iou_tuple', overBoxes(matchedOverlap)],
  ['nbbox_iou_sequence', inOrder],
  ['xml_nbbox_iou_single', oneBox],
  ['xml_norm_point_in_bbox', pointInBox],
  ['xml_norm_point_distance', distanceScore],
  ['angle_seq_float_rmse', overNumbers((a, b) => rmseScore(a, b, 10))],
  ['sequence_coords_similarity', overNumbers((a, b) => rmseScore(a, b, 1))],
]);
