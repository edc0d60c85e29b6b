import type { Grid, Prompt, PromptChunk } from '#model/processor';

/** A key that equal chunks share: token ids and picture hashes. */
export function promptKey(chunks: readonly PromptChunk[]): string {
  return chunks
    .map((chunk) =>
      chunk.kind === 'tokens'
        ? chunk.ids.join(' ')
        : `#${pictureKey(chunk.image.hash, chunk.grid)}`,
    )
    .join('|');
}

/** A picture at one size: other bounds on its area give other embeddings. */
export function pictureKey(hash: string, grid: Grid): string {
  return `${hash} ${grid.t}×${grid.h}×${grid.w}`;
}

/**
 * Cuts a prompt into a shared part and a given continuation. Two `tokens` chunks at the end are a
 * prompt and its continuation (`Processor.continued` makes such prompts): the first part is looked up
 * in the cache or computed once for all that continue it.
 */
export function promptParts(prompt: Prompt): {
  readonly root: Prompt;
  readonly key: string;
  readonly suffix: Int32Array;
} {
  const { chunks } = prompt;
  const last = chunks.at(-1);
  const continues = last?.kind === 'tokens' && chunks.at(-2)?.kind === 'tokens';
  if (!continues || last.ids.length === 0) {
    return { root: prompt, key: promptKey(chunks), suffix: new Int32Array(0) };
  }
  const head = chunks.slice(0, -1);
  const root = { chunks: head, length: prompt.length - last.ids.length };
  return { root, key: promptKey(head), suffix: last.ids };
}
