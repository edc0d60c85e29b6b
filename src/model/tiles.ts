import { fromArray, fromInts, type DType, type Tensor } from '#tensor';
import type { Packed } from './packing.ts';

/** Sequences that attend together, padded to one length. */
export interface Tile {
  readonly count: number;
  /** Query and key places of each sequence, padding included. */
  readonly queries: number;
  readonly keys: number;
  /** i64 [count · queries]: packed row of each query; null when they are rows `start` and following. */
  readonly queryRows: Tensor | null;
  readonly keyRows: Tensor | null;
  readonly start: number;
  /** [count | 1, 1, queries, keys] added to the scores; null for a plain causal square. */
  readonly mask: Tensor | null;
}

/** How the packed tokens attend: tile by tile, and back into packed order. */
export interface AttentionLayout {
  readonly tiles: readonly Tile[];
  /** i64 [T]: row of each packed token among the tiles' rows; null when it is the same. */
  readonly back: Tensor | null;
}

interface Sequence {
  /** Packed rows of the keys: the prompt's (none for a prompt itself), then its own. */
  readonly prompt: { readonly start: number; readonly length: number };
  /** First row among the keys, and among the queries. */
  readonly start: number;
  readonly queryStart: number;
  readonly length: number;
}

/** Elements of scores that a further tile has to save to be worth its calls. */
const worthATile = 1 << 18;

/** Cuts sequences, longest first, so that padding stays small: similar lengths share a tile. */
function group(sequences: readonly Sequence[]): readonly (readonly Sequence[])[] {
  const area = (s: Sequence): number => s.length * (s.prompt.length + s.length);
  const sorted = [...sequences].sort((a, b) => area(b) - area(a));
  const groups: Sequence[][] = [];
  let open: Sequence[] = [];
  let real = 0;
  for (const sequence of sorted) {
    const longest = Math.max(...open.map(({ length }) => length), sequence.length);
    const widest = Math.max(...open.map(({ prompt }) => prompt.length), sequence.prompt.length);
    const padded = (open.length + 1) * longest * (widest + longest);
    const wasted = padded - real - area(sequence);
    if (open.length > 0 && wasted > worthATile && wasted > padded / 4) {
      groups.push(open);
      open = [];
      real = 0;
    }
    open.push(sequence);
    real += area(sequence);
  }
  if (open.length > 0) groups.push(open);
  return groups;
}

function isContiguous(sequences: readonly Sequence[], queries: number): boolean {
  return sequences.every(
    ({ queryStart, length }, index) =>
      length === queries && queryStart === (sequences[0]?.queryStart ?? 0) + index * queries,
  );
}

/** Packed rows of `count` places from `start`; places beyond `length` point to row 0. */
function fill(rows: Int32Array, at: number, start: number, length: number): void {
  for (let index = 0; index < length; index++) rows[at + index] = start + index;
}

function rootTile(sequences: readonly Sequence[], device: string): Tile {
  const queries = Math.max(...sequences.map(({ length }) => length));
  const shape = { count: sequences.length, queries, keys: queries, mask: null };
  const start = sequences[0]?.queryStart ?? 0;
  if (isContiguous(sequences, queries)) return { ...shape, queryRows: null, keyRows: null, start };
  const rows = new Int32Array(sequences.length * queries);
  for (const [index, sequence] of sequences.entries()) {
    fill(rows, index * queries, sequence.start, sequence.length);
  }
  const tensor = fromInts(rows).to(device);
  return { ...shape, queryRows: tensor, keyRows: tensor, start };
}

function branchTile(sequences: readonly Sequence[], device: string, dtype: DType): Tile {
  const queries = Math.max(...sequences.map(({ length }) => length));
  const width = Math.max(...sequences.map(({ prompt }) => prompt.length));
  const keys = width + queries;
  const count = sequences.length;
  const keyRows = new Int32Array(count * keys);
  const queryRows = new Int32Array(count * queries);
  for (const [index, { prompt, start, queryStart, length }] of sequences.entries()) {
    fill(keyRows, index * keys, prompt.start, prompt.length);
    fill(keyRows, index * keys + width, start, length);
    fill(queryRows, index * queries, queryStart, length);
  }
  const even = sequences.every(({ prompt }) => prompt.length === width);
  const lengths = even ? [width] : sequences.map(({ prompt }) => prompt.length);
  const start = sequences[0]?.queryStart ?? 0;
  return {
    count,
    queries,
    keys,
    start,
    queryRows: isContiguous(sequences, queries) ? null : fromInts(queryRows).to(device),
    keyRows: fromInts(keyRows).to(device),
    mask: branchMask(lengths, width, queries).to(dtype).to(device),
  };
}

/** f32 [lengths, 1, queries, width + queries]: 0 where a query may look, −∞ elsewhere. */
function branchMask(lengths: readonly number[], width: number, queries: number): Tensor {
  const keys = width + queries;
  const mask = new Float32Array(lengths.length * queries * keys).fill(Number.NEGATIVE_INFINITY);
  for (const [index, length] of lengths.entries()) {
    for (let query = 0; query < queries; query++) {
      const row = (index * queries + query) * keys;
      mask.fill(0, row, row + length);
      mask.fill(0, row + width, row + width + query + 1);
    }
  }
  return fromArray(mask, [lengths.length, 1, queries, keys]);
}

function backRows(
  groups: readonly (readonly Sequence[])[],
  tiles: readonly Tile[],
  total: number,
): Int32Array {
  const back = new Int32Array(total);
  let at = 0;
  for (const [index, sequences] of groups.entries()) {
    const queries = tiles[index]?.queries ?? 0;
    for (const { queryStart, length } of sequences) {
      for (let offset = 0; offset < length; offset++) back[queryStart + offset] = at + offset;
      at += queries;
    }
  }
  return back;
}

function branchSequences(packed: Packed, queryOffset: number): readonly Sequence[] {
  return packed.branches
    .filter(({ length }) => length > 0)
    .map(({ root, start, length }) => ({
      start,
      queryStart: start - queryOffset,
      length,
      prompt: packed.roots[root] ?? { start: 0, length: 0 },
    }));
}

/** Plans the attention of packed tokens; the tensors belong to the open scope. */
export function attentionLayout(packed: Packed, device: string, dtype: DType): AttentionLayout {
  const prompt = { start: 0, length: 0 };
  const roots = packed.roots.map((root): Sequence => ({ ...root, queryStart: root.start, prompt }));
  const rootGroups = group(roots);
  const branchGroups = group(branchSequences(packed, 0));
  const tiles = [
    ...rootGroups.map((sequences) => rootTile(sequences, device)),
    ...branchGroups.map((sequences) => branchTile(sequences, device, dtype)),
  ];
  return layoutOf([...rootGroups, ...branchGroups], tiles, packed.ids.length, device);
}

/**
 * The same for the responses alone: queries are rows of the responses, keys are rows of prompts and
 * responses. For prompts whose keys and values are known.
 */
export function branchLayout(packed: Packed, device: string, dtype: DType): AttentionLayout {
  const first = packed.branches[0]?.start ?? packed.ids.length;
  const groups = group(branchSequences(packed, first));
  const tiles = groups.map((sequences) => branchTile(sequences, device, dtype));
  return layoutOf(groups, tiles, packed.ids.length - first, device);
}

function layoutOf(
  groups: readonly (readonly Sequence[])[],
  tiles: readonly Tile[],
  total: number,
  device: string,
): AttentionLayout {
  const back = backRows(groups, tiles, total);
  const rows = tiles.reduce((sum, { count, queries }) => sum + count * queries, 0);
  const same = rows === back.length && back.every((row, index) => row === index);
  return { tiles, back: same ? null : fromInts(back).to(device) };
}
