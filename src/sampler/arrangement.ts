import { fromArray, fromInts, type DType, outside, type Tensor } from '#tensor';
import type { PromptSlots, RowCache } from './cache.ts';

/**
 * How the active rows lie over the prompts they continue: a grid of `prompts` × `perPrompt` places.
 * Rebuilt only when rows come or go.
 */
export interface Arrangement {
  readonly rows: number;
  readonly prompts: number;
  readonly perPrompt: number;
  /** i64 [prompts · perPrompt]: the row at each place; null when place and row are the same. */
  readonly places: Tensor | null;
  /** i64 [rows]: the place of each row; null like `places`. */
  readonly back: Tensor | null;
  /** [prompts, 1, 1, 1, P] added to scores: −∞ at padding; null without padding. */
  readonly promptMask: Tensor | null;
  /** [rows, 1, 1, C] added to scores: −∞ before a row's entry; null when all entered together. */
  readonly rowMask: Tensor | null;
  dispose(): void;
}

function gridOf(slots: readonly number[], prompts: number): { places: Int32Array; per: number } {
  const members = Array.from({ length: prompts }, (): number[] => []);
  for (const [row, slot] of slots.entries()) members[slot]?.push(row);
  const per = Math.max(1, ...members.map(({ length }) => length));
  const places = new Int32Array(prompts * per);
  for (const [slot, rows] of members.entries()) places.set(rows, slot * per);
  return { places, per };
}

function backOf(slots: readonly number[], per: number): Int32Array {
  const used = new Map<number, number>();
  return Int32Array.from(slots, (slot) => {
    const place = used.get(slot) ?? 0;
    used.set(slot, place + 1);
    return slot * per + place;
  });
}

function promptMask(prompts: PromptSlots): Float32Array | null {
  const { lengths, width } = prompts;
  if (lengths.every((length) => length === width)) return null;
  const mask = new Float32Array(lengths.length * width);
  for (const [slot, length] of lengths.entries()) {
    mask.fill(Number.NEGATIVE_INFINITY, slot * width + length, (slot + 1) * width);
  }
  return mask;
}

function rowMask(cache: RowCache): Float32Array | null {
  const { entries, first, capacity } = cache;
  if (entries.every((entry) => entry === first)) return null;
  const mask = new Float32Array(entries.length * capacity.columns);
  for (const [row, entry] of entries.entries()) {
    const start = row * capacity.columns;
    mask.fill(Number.NEGATIVE_INFINITY, start, start + entry);
  }
  return mask;
}

/** Arranges rows: `slots` holds the prompt slot of each row. */
export function arrange(
  slots: readonly number[],
  prompts: PromptSlots,
  cache: RowCache,
  like: { readonly dtype: DType; readonly device: string },
): Arrangement {
  const { places, per } = gridOf(slots, prompts.count);
  const back = backOf(slots, per);
  const same = back.length === places.length && back.every((place, row) => place === row);
  const tensors = outside(() => {
    const index = (values: Int32Array): Tensor => fromInts(values).to(like.device);
    const mask = (values: Float32Array | null, shape: readonly number[]): Tensor | null =>
      values === null ? null : fromArray(values, shape).to(like.dtype).to(like.device);
    return {
      places: same ? null : index(places),
      back: same ? null : index(back),
      promptMask: mask(promptMask(prompts), [prompts.count, 1, 1, 1, prompts.width]),
      rowMask: mask(rowMask(cache), [slots.length, 1, 1, cache.capacity.columns]),
    };
  });
  return {
    rows: slots.length,
    prompts: prompts.count,
    perPrompt: per,
    ...tensors,
    dispose: () => Object.values(tensors).forEach((tensor) => tensor?.dispose()),
  };
}
