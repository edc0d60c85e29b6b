import type { Grid, Prompt, PromptChunk } from '#model/processor';
import { ModelInputError } from './errors.ts';
import { ropeIndex } from './positions.ts';

/** A prompt and the responses that continue it; a plain sequence is a prompt without any. */
export interface Tree {
  readonly prompt: Prompt;
  readonly responses: readonly Int32Array[];
}

/** A stretch of the packed tokens. */
export interface Stretch {
  readonly start: number;
  readonly length: number;
}

/** A response: it sees its prompt and itself. */
export interface Branch extends Stretch {
  /** Index of its prompt among the roots. */
  readonly root: number;
}

/** A picture's places among the packed tokens. */
export interface ImagePlace extends Stretch {
  readonly hash: string;
  readonly grid: Grid;
}

/**
 * Several trees as one row of tokens without padding: first all prompts, then all responses. Every
 * prompt stands there once, however many responses it has.
 */
export interface Packed {
  /** [T] image places hold the image token. */
  readonly ids: Int32Array;
  /** [3][T] positions on the axes t, h, w. */
  readonly axes: readonly [Int32Array, Int32Array, Int32Array];
  readonly roots: readonly Stretch[];
  readonly branches: readonly Branch[];
  readonly images: readonly ImagePlace[];
}

interface Space {
  readonly imageTokenId: number;
  readonly mergeSize: number;
  readonly maxPositions: number;
}

function checkPrompt(prompt: Prompt, space: Space): void {
  const length = prompt.chunks.reduce(
    (sum, chunk) => sum + (chunk.kind === 'tokens' ? chunk.ids.length : chunk.length),
    0,
  );
  if (length !== prompt.length || length === 0) {
    throw new ModelInputError(`expected a prompt of ${prompt.length} tokens, found ${length}`);
  }
  for (const chunk of prompt.chunks) checkChunk(chunk, space);
}

function checkChunk(chunk: PromptChunk, space: Space): void {
  if (chunk.kind === 'tokens') {
    if (chunk.ids.includes(space.imageTokenId)) {
      throw new ModelInputError(
        `found the image token ${space.imageTokenId} without a picture; pass pictures as image chunks`,
      );
    }
    return;
  }
  const { t, h, w } = chunk.grid;
  const expected = (t * h * w) / space.mergeSize ** 2;
  if (t !== 1) throw new ModelInputError(`expected pictures (t = 1), found ${t} frames; no video`);
  if (chunk.length !== expected) {
    throw new ModelInputError(
      `expected ${expected} places for a grid of ${h} × ${w} patches, found ${chunk.length}`,
    );
  }
}

/** Packs trees; throws `ModelInputError` for prompts that do not fit the model. */
export function pack(trees: readonly Tree[], space: Space): Packed {
  for (const { prompt } of trees) checkPrompt(prompt, space);
  const total = trees.reduce(
    (sum, { prompt, responses }) =>
      sum + prompt.length + responses.reduce((inner, response) => inner + response.length, 0),
    0,
  );
  const ids = new Int32Array(total);
  const axes = [new Int32Array(total), new Int32Array(total), new Int32Array(total)] as const;
  const roots: Stretch[] = [];
  const branches: Branch[] = [];
  const images: ImagePlace[] = [];
  const next: number[] = [];
  let at = 0;
  for (const { prompt } of trees) {
    const rope = ropeIndex(prompt, 0, space.mergeSize);
    rope.axes.forEach((axis, index) => axes[index]?.set(axis, at));
    next.push(rope.next);
    roots.push({ start: at, length: prompt.length });
    at = packPrompt(prompt, at, { ids, images, imageTokenId: space.imageTokenId });
  }
  for (const [root, { prompt, responses }] of trees.entries()) {
    for (const response of responses) {
      const first = next[root] ?? 0;
      checkLength(prompt.length + response.length, first + response.length, space);
      ids.set(response, at);
      for (const axis of axes) {
        for (let index = 0; index < response.length; index++) axis[at + index] = first + index;
      }
      branches.push({ root, start: at, length: response.length });
      at += response.length;
    }
    if (responses.length === 0) checkLength(prompt.length, next[root] ?? 0, space);
  }
  return { ids, axes: [axes[0], axes[1], axes[2]], roots, branches, images };
}

function checkLength(length: number, positions: number, space: Space): void {
  if (positions > space.maxPositions) {
    throw new ModelInputError(
      `expected at most ${space.maxPositions} positions (the model's context), found a sequence of ` +
        `${length} tokens that needs ${positions}; shorten the prompt or lower the token limit`,
    );
  }
}

function packPrompt(
  prompt: Prompt,
  start: number,
  into: { readonly ids: Int32Array; readonly images: ImagePlace[]; readonly imageTokenId: number },
): number {
  let at = start;
  for (const chunk of prompt.chunks) {
    if (chunk.kind === 'tokens') {
      into.ids.set(chunk.ids, at);
      at += chunk.ids.length;
    } else {
      into.ids.fill(into.imageTokenId, at, at + chunk.length);
      const { image, grid, length } = chunk;
      into.images.push({ hash: image.hash, grid, start: at, length });
      at += chunk.length;
    }
  }
  return at;
}

/**
 * For every response token, in packed order: the packed row whose hidden state predicts it (the last
 * prompt token for the first one).
 */
export function predictors(packed: Packed): Int32Array {
  const count = packed.branches.reduce((sum, { length }) => sum + length, 0);
  const rows = new Int32Array(count);
  let at = 0;
  for (const { root, start, length } of packed.branches) {
    const { start: promptStart, length: promptLength } = packed.roots[root] ?? {
      start: 0,
      length: 1,
    };
    for (let index = 0; index < length; index++) {
      rows[at++] = index === 0 ? promptStart + promptLength - 1 : start + index - 1;
    }
  }
  return rows;
}
