import { fromArray, fromInts, outside, type Tensor } from '#tensor';
import type { Rows } from './row-attention.ts';

/**
 * How the active rows lie over the prompts they continue: a grid of `prompts` × `perPrompt` places.
 */
export interface Arrangement {
  readonly rows: number;
  readonly prompts: number;
  readonly perPrompt: number;
  /** i64 [prompts · perPrompt]: the row at each place; null when place and row are the same. */
  readonly places: Tensor | null;
  /** i64 [rows]: the place of each row; null like `places`. */
  readonly back: Tensor | null;
  /**
   * Added to the scores of all rows, those of the prompt first, then those of the columns in sight: −∞
   * at padding and before a row's entry. [rows, 1, 1, P + C], or [prompts, perPrompt, 1, 1, P + C] when
   * place and row are the same; null where there is nothing to hide.
   */
  readonly mask: Tensor | null;
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

/** [rows, P + C]: the columns begin with the first one in sight. */
function maskOf({ slots, prompts, cache }: Rows): Float32Array | null {
  const { lengths, width: P } = prompts;
  const { entries, first } = cache;
  const padded = lengths.some((length) => length < P);
  if (!padded && entries.every((entry) => entry === first)) return null;
  const width = P + cache.columns - first;
  const mask = new Float32Array(slots.length * width);
  for (const [row, slot] of slots.entries()) {
    const start = row * width;
    mask.fill(Number.NEGATIVE_INFINITY, start + (lengths[slot] ?? 0), start + P);
    mask.fill(Number.NEGATIVE_INFINITY, start + P, start + P + (entries[row] ?? 0) - first);
  }
  return mask;
}

/** Arranges rows. */
export function arrange(rows: Rows): Arrangement {
  const { slots, prompts, device, dtype } = rows;
  const { places, per } = gridOf(slots, prompts.count);
  const back = backOf(slots, per);
  const same = back.length === places.length && back.every((place, row) => place === row);
  const values = maskOf(rows);
  const tensors = outside(() => {
    const index = (of: Int32Array): Tensor => fromInts(of).to(device);
    const over = same ? [prompts.count, per] : [slots.length];
    const shape = [...over, 1, 1, (values?.length ?? 0) / slots.length];
    return {
      places: same ? null : index(places),
      back: same ? null : index(back),
      mask: values === null ? null : fromArray(values, shape).to(dtype).to(device),
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
