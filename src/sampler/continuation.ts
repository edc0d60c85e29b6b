import { type AttentionLayout, textRotary } from '#model';
import { concat, fromArray, fromInts, ops, type Tensor } from '#tensor';
import { forwardPacked, type KeysValues, lastNorm } from './layer-pass.ts';
import type { PromptEntry } from './prompt-cache.ts';
import type { Published } from './published.ts';

/** Tokens behind a known prompt that are given, not drawn. */
export interface Continuation {
  readonly entry: PromptEntry;
  /** Never empty. */
  readonly ids: Int32Array;
  /** [L, 2, K, s, d] of the first tokens where they are known still; s is below the number of ids. */
  readonly known?: Tensor;
}

/** What continuations have written, and the hidden states that predict what follows. */
export interface Continued {
  /** [L, 2, K, s, d] of all ids of each continuation; belongs to the open scope. */
  readonly keysValues: readonly Tensor[];
  /** [n, D] */
  readonly last: Tensor;
}

/** Where the tokens of one continuation stand: rows of the keys, places of the queries. */
interface Place {
  readonly prompt: { readonly start: number; readonly length: number };
  readonly known: { readonly start: number; readonly length: number };
  /** Among the tokens that are computed. */
  readonly own: { readonly start: number; readonly length: number };
}

/** Elements of a mask that one tile may have. */
const tileElements = 1 << 23;

function fresh({ ids, known }: Continuation): Int32Array {
  return ids.subarray(known?.shape[3] ?? 0);
}

/** Computes continuations of known prompts in one pass. */
export function prefillContinuations(
  published: Published,
  continuations: readonly Continuation[],
): Continued {
  const { config, device, weights } = published;
  const entries = [...new Set(continuations.map(({ entry }) => entry))];
  const places = placesOf(continuations, entries);
  const axis = Int32Array.from(
    continuations.flatMap((each, index) => {
      const start = each.entry.next + (places[index]?.known.length ?? 0);
      return Array.from({ length: fresh(each).length }, (_, token) => start + token);
    }),
  );
  const ids = Int32Array.from(continuations.flatMap((each) => [...fresh(each)]));
  const x = ops.embedding(weights.embedding, fromInts(ids).to(device));
  const { hidden, written } = forwardPacked(x, published, {
    rotary: textRotary([axis, axis, axis], config.text, published),
    layout: layoutOf(places, published),
    before: beforeOf(continuations, entries, weights.layers.length),
  });
  const ends = places.map(({ own }) => own.start + own.length - 1);
  return {
    keysValues: places.map(({ own }, index) => {
      const part = written.narrow(2, own.start, own.length).transpose(2, 3);
      const known = continuations[index]?.known;
      return known === undefined ? part : concat([known, part], 3);
    }),
    last: lastNorm(hidden.indexSelect(0, fromInts(ends).to(device)), published),
  };
}

/** Keys in this order: prompts, known parts, what is computed. */
function placesOf(
  continuations: readonly Continuation[],
  entries: readonly PromptEntry[],
): readonly Place[] {
  let row = 0;
  const prompts = new Map(
    entries.map((entry) => {
      const stretch = { start: row, length: entry.length };
      row += entry.length;
      return [entry, stretch];
    }),
  );
  let own = 0;
  return continuations.map((each): Place => {
    const known = { start: row, length: each.known?.shape[3] ?? 0 };
    row += known.length;
    const { length } = fresh(each);
    const place = {
      prompt: prompts.get(each.entry) ?? { start: 0, length: 0 },
      known,
      own: { start: own, length },
    };
    own += length;
    return place;
  });
}

function beforeOf(
  continuations: readonly Continuation[],
  entries: readonly PromptEntry[],
  layers: number,
): readonly KeysValues[] {
  const parts = [
    ...entries.map(({ keysValues }) => keysValues),
    ...continuations.flatMap(({ known }) => (known === undefined ? [] : [known])),
  ];
  return Array.from({ length: layers }, (_, index) => {
    const layer = concat(
      parts.map((part) => part.select(0, index)),
      2,
    ).transpose(1, 2);
    return { keys: layer.select(0, 0), values: layer.select(0, 1) };
  });
}

/** Continuations of similar size share a tile. */
function tilesOf(places: readonly Place[]): readonly (readonly Place[])[] {
  const keys = ({ prompt, known, own }: Place): number => prompt.length + known.length + own.length;
  const sorted = [...places].sort((a, b) => keys(b) * b.own.length - keys(a) * a.own.length);
  const tiles: Place[][] = [];
  let open: Place[] = [];
  for (const place of sorted) {
    const queries = Math.max(...open.map(({ own }) => own.length), place.own.length);
    const width = Math.max(...open.map(keys), keys(place));
    if (open.length > 0 && (open.length + 1) * queries * width > tileElements) {
      tiles.push(open);
      open = [];
    }
    open.push(place);
  }
  return [...tiles, open];
}

function layoutOf(places: readonly Place[], published: Published): AttentionLayout {
  const total = places.reduce((sum, { own }) => sum + own.length, 0);
  const before = Math.max(
    ...places.flatMap(({ prompt, known }) => [
      prompt.start + prompt.length,
      known.start + known.length,
    ]),
  );
  const back = new Int32Array(total);
  let row = 0;
  const tiles = tilesOf(places).map((members) => {
    const queries = Math.max(...members.map(({ own }) => own.length));
    const width = Math.max(
      ...members.map(({ prompt, known, own }) => prompt.length + known.length + own.length),
    );
    const queryRows = new Int32Array(members.length * queries);
    const keyRows = new Int32Array(members.length * width);
    const mask = new Float32Array(members.length * queries * width).fill(Number.NEGATIVE_INFINITY);
    for (const [index, { prompt, known, own }] of members.entries()) {
      const keys = [
        ...range(prompt.start, prompt.length),
        ...range(known.start, known.length),
        ...range(before + own.start, own.length),
      ];
      keyRows.set(keys, index * width);
      queryRows.set(range(own.start, own.length), index * queries);
      for (let query = 0; query < queries; query++) {
        const start = (index * queries + query) * width;
        const seen = keys.length - own.length + Math.min(query, own.length - 1) + 1;
        mask.fill(0, start, start + seen);
        if (query < own.length) back[own.start + query] = row + index * queries + query;
      }
    }
    row += members.length * queries;
    const shape = [members.length, 1, queries, width];
    return {
      count: members.length,
      queries,
      keys: width,
      start: 0,
      queryRows: fromInts(queryRows).to(published.device),
      keyRows: fromInts(keyRows).to(published.device),
      mask: fromArray(mask, shape).to(published.dtype).to(published.device),
    };
  });
  return { tiles, back: fromInts(back).to(published.device) };
}

function range(start: number, length: number): readonly number[] {
  return Array.from({ length }, (_, index) => start + index);
}
