import { byteLetters, toLetters } from './byte-level.ts';

/** Byte-pair encoding learnt from texts (Sennrich et al. 2016). */
export interface BytePairs {
  /** 256 letters first, then one token per merge. */
  readonly vocabulary: readonly string[];
  readonly merges: readonly (readonly [string, string])[];
}

interface Word {
  readonly count: number;
  symbols: string[];
}

/**
 * Learns `merges` merges. Texts are cut by `pattern` first, and no merge crosses a cut. The most
 * frequent pair is merged next; of equally frequent ones the first in code-point order, so that equal
 * texts give equal vocabularies.
 */
export function trainBytePairs(
  texts: Iterable<string>,
  pattern: RegExp,
  merges: number,
): BytePairs {
  const words = countWords(texts, pattern);
  const learnt: (readonly [string, string])[] = [];
  while (learnt.length < merges) {
    const best = mostFrequentPair(words);
    if (best === undefined) break;
    learnt.push(best);
    for (const word of words) word.symbols = merged(word.symbols, best);
  }
  return {
    vocabulary: [...byteLetters, ...learnt.map((pair) => pair.join(''))],
    merges: learnt,
  };
}

function countWords(texts: Iterable<string>, pattern: RegExp): readonly Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of text.normalize('NFC').matchAll(pattern)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].map(([word, count]) => ({ count, symbols: Array.from(toLetters(word)) }));
}

function mostFrequentPair(words: readonly Word[]): readonly [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { count, symbols } of words) {
    for (let index = 0; index + 1 < symbols.length; index++) {
      const pair = `${symbols[index]} ${symbols[index + 1]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let most = 1;
  for (const [pair, count] of counts) {
    if (count > most || (count === most && best !== undefined && pair < best)) {
      best = pair;
      most = count;
    }
  }
  const [left, right] = best?.split(' ') ?? [];
  return left === undefined || right === undefined ? undefined : [left, right];
}

function merged(symbols: readonly string[], [left, right]: readonly [string, string]): string[] {
  const out: string[] = [];
  for (let index = 0; index < symbols.length; index++) {
    if (symbols[index] === left && symbols[index + 1] === right) {
      out.push(left + right);
      index++;
    } else out.push(symbols[index] ?? '');
  }
  return out;
}
