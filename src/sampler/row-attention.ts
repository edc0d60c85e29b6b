import type { TextConfig } from '#model';
import type { DType, Tensor } from '#tensor';
import { ComposedAttention } from './composed-attention.ts';
import { KernelAttention, kernelFits } from './kernel-attention.ts';
import type { PromptSlots } from './prompt-slots.ts';
import type { RotaryTable } from './rotary-table.ts';
import type { RowCache } from './row-cache.ts';

/** The rows that decode together and what they read. */
export interface Rows {
  readonly config: TextConfig;
  readonly dtype: DType;
  readonly device: string;
  /** The prompt slot of each row. */
  readonly slots: readonly number[];
  readonly prompts: PromptSlots;
  readonly cache: RowCache;
  readonly rotary: RotaryTable;
}

/**
 * One layer's attention in a token step: from what the fused projection gives [B, (H + 2K) · d], not yet
 * rotated, to [B, H · d]. Writes keys and values into the present column of the cache.
 */
export type Attend = (qkv: Tensor, layer: number) => Tensor;

/** Attention of rows to their prompts and to what they wrote; made anew when rows come or go. */
export interface RowAttention {
  /** A token step of rows at these positions. */
  step(positions: readonly number[]): Attend;
  dispose(): void;
}

/** The kernel where it fits, else operators of libtorch. */
export function rowAttention(rows: Rows): RowAttention {
  return kernelFits(rows) ? new KernelAttention(rows) : new ComposedAttention(rows);
}
