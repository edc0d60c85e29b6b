import type { PythonValue } from '#data';
import { boxesOf, dictOf, isNone, keyed, listOf, setOf, setOfText } from './iterables.ts';
import type { Elements } from './iterables.ts';
import { isNumber, isTuple, keyOf, PythonRaised, strOf } from './python.ts';
import { bit, exact, textOf } from './strings.ts';
import type { MegaMetric } from './strings.ts';
import { meanOverlap } from './geometry.ts';

const sameSets = (a: Elements, b: Elements): boolean =>
  a.size === b.size && [...a.keys()].every((key) => b.has(key));

const shared = (a: Elements, b: Elements): number =>
  [...a.keys()].filter((key) => b.has(key)).length;

/** Common elements ÷ all elements; two empty sets are alike. */
function jaccardOf(a: Elements, b: Elements): number {
  const common = shared(a, b);
  const union = a.size + b.size - common;
  return union === 0 ? 1 : common / union;
}

export const setEquality: MegaMetric = (answer, gold) =>
  bit(isNone(answer) === isNone(gold) && sameSets(setOf(answer), setOf(gold)));

export const setEqualityFolded: MegaMetric = (answer, gold) => {
  const upper = (value: PythonValue): Elements =>
    keyed([...setOf(value).values()].map((each) => textOf(each).toUpperCase()));
  return bit(sameSets(upper(answer), upper(gold)));
};

export const setPrecision: MegaMetric = (answer, gold) => {
  if (answer === null) return 0;
  const [a, b] = [setOf(answer), setOf(gold)];
  return a.size === 0 ? 1 : shared(a, b) / a.size;
};

export const jaccard: MegaMetric = (answer, gold) =>
  answer === null ? 0 : jaccardOf(setOf(answer), setOf(gold));

/** Lower case; elements of tuples also without blanks, hyphens, underscores and points. */
export const jaccardFolded: MegaMetric = (answer, gold) => {
  if (answer === null) return 0;
  const [a, b] = [setOf(answer), setOf(gold)];
  const [first] = b.values();
  if (first === undefined) throw new PythonRaised('no element');
  const texts = (elements: Elements, form: (value: PythonValue) => PythonValue): Elements =>
    keyed([...elements.values()].map(form));
  if (typeof first === 'string')
    return jaccardOf(
      texts(a, (value) => strOf(value).toLowerCase()),
      texts(b, (value) => textOf(value).toLowerCase()),
    );
  if (!isTuple(first)) return 0;
  const tuple = (value: PythonValue): PythonValue => {
    const items = typeof value === 'string' ? Array.from(value) : value;
    if (!Array.isArray(items)) throw new PythonRaised('no tuple');
    return Object.freeze(
      (items as readonly PythonValue[]).map((item) =>
        textOf(item)
          .toLowerCase()
          .replaceAll(/[ \-\n\t_.]/g, ''),
      ),
    );
  };
  return jaccardOf(texts(a, tuple), texts(b, tuple));
};

/** Moves without the marks of mate and praise. */
export const chessJaccard: MegaMetric = (answer, gold) => {
  if (answer === null) return 0;
  const moves = (value: PythonValue): Elements =>
    keyed(
      [...setOfText(value).values()].map((move) =>
        textOf(move).replace(/!$/, '').replace(/#$/, ''),
      ),
    );
  return jaccardOf(moves(answer), moves(gold));
};

export const linesEquality: MegaMetric = (answer, gold) => {
  const lines = (value: PythonValue): Elements =>
    keyed(
      textOf(value)
        .replaceAll('\\n', '\n')
        .split('\n')
        .map((line) => line.toLowerCase()),
    );
  return bit(sameSets(lines(answer), lines(gold)));
};

export const partsEquality: MegaMetric = (answer, gold) => {
  const parts = (value: PythonValue): Elements =>
    keyed(
      [...setOfText(value).values()].map((part) =>
        typeof part === 'string' ? part.toLowerCase() : part,
      ),
    );
  return bit(sameSets(parts(answer), parts(gold)));
};

const sameLists = (a: readonly PythonValue[], b: readonly PythonValue[]): boolean =>
  a.length === b.length && a.every((each, index) => keyOf(each) === keyOf(b[index] ?? null));

export const sequence: MegaMetric = (answer, gold) =>
  bit(isNone(strOf(answer)) === isNone(gold) && sameLists(listOf(strOf(answer)), listOf(gold)));

export const sequenceFolded: MegaMetric = (answer, gold) =>
  bit(
    sameLists(
      listOf(strOf(answer)).map((item) =>
        typeof item === 'string' ? item.toLowerCase() : strOf(item),
      ),
      listOf(gold).map((item) => textOf(item).toLowerCase()),
    ),
  );

export const sequenceAccuracy: MegaMetric = (answer, gold) => {
  const [a, b] = [listOf(answer), listOf(gold)];
  if (a.length !== b.length) return 0;
  if (b.length === 0) throw new PythonRaised('division by zero');
  const right = b.filter((wanted, index) => {
    const given = a[index] ?? null;
    if (given instanceof Uint8Array) return false;
    if (typeof wanted === 'string') return textOf(given).toLowerCase() === wanted.toLowerCase();
    return isNumber(wanted) && isNumber(given) && keyOf(wanted) === keyOf(given);
  });
  return right.length / b.length;
};

export const commonPrefix: MegaMetric = (answer, gold) => {
  const [a, b] = [listOf(answer), listOf(gold)];
  if (b.length === 0) throw new PythonRaised('division by zero');
  const differs = a.findIndex((each, index) => keyOf(each) !== keyOf(b[index] ?? null));
  const end = Math.min(a.length, b.length);
  return (differs < 0 ? end : Math.min(differs, end)) / b.length;
};

type Dict = ReadonlyMap<PythonValue, PythonValue>;

/** Values by the key of their key, so that 1 and 1.0 are one. */
function entries(value: PythonValue): ReadonlyMap<string, PythonValue> | undefined {
  const data = dictOf(value);
  if (!(data instanceof Map)) return undefined;
  return new Map([...(data as Dict)].map(([key, each]) => [keyOf(key), each]));
}

const overDicts =
  (
    of: (
      answer: ReadonlyMap<string, PythonValue>,
      gold: ReadonlyMap<string, PythonValue>,
    ) => number,
  ): MegaMetric =>
  (answer, gold) => {
    const [a, b] = [entries(answer), entries(gold)];
    if (a === undefined) return 0;
    if (b === undefined) throw new PythonRaised('no dict');
    return of(a, b);
  };

const shareOf = (sum: number, count: number): number => {
  if (count === 0) throw new PythonRaised('division by zero');
  return sum / count;
};

export const dictEquality: MegaMetric = (answer, gold) => {
  const [a, b] = [dictOf(answer), dictOf(gold)];
  return bit(a instanceof Map && keyOf(a) === keyOf(b));
};

export const dictPrecision: MegaMetric = overDicts((answer, gold) => {
  if (answer.size === 0) return 0;
  const right = [...answer].filter(
    ([key, value]) => gold.has(key) && exact(value, gold.get(key) ?? null) === 1,
  );
  return right.length / answer.size;
});

export const dictRecall: MegaMetric = overDicts((answer, gold) => {
  const points = [...gold].map(([key, value]) => exact(answer.get(key) ?? null, value));
  return shareOf(
    points.reduce((sum, each) => sum + each, 0),
    gold.size,
  );
});

/** A metric over the keys of both sides; what is missing is an empty list. */
const overAllKeys = (metric: MegaMetric): MegaMetric =>
  overDicts((answer, gold) => {
    const keys = new Set([...answer.keys(), ...gold.keys()]);
    const empty = Object.freeze([]) as readonly PythonValue[];
    let sum = 0;
    const at = (side: ReadonlyMap<string, PythonValue>, key: string): PythonValue =>
      side.has(key) ? (side.get(key) ?? null) : empty;
    for (const key of keys) sum += metric(at(answer, key), at(gold, key));
    return shareOf(sum, keys.size);
  });

export const dictSets: MegaMetric = overAllKeys(setEquality);
export const dictJaccard: MegaMetric = overAllKeys(jaccard);
export const dictBoxes: MegaMetric = overAllKeys((answer, gold) =>
  meanOverlap(answer, gold, boxesOf),
);
