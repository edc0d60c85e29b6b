import type { Prompt, Rollout } from './records.ts';

/** Something that is computed behind a prompt. */
export interface Costed {
  readonly prompt: Prompt;
  readonly rollout: Pick<Rollout, 'problemId' | 'response'>;
}

/**
 * Cuts sequences into portions of at most `budget` tokens, each distinct prompt counted once per
 * portion. Sequences of one problem stay together as far as they fit; a sequence that is longer than
 * the budget is a portion of its own. Problems come in the order in which they first appear.
 */
export function cutByTokens<Item extends Costed>(
  items: readonly Item[],
  budget: number,
): readonly (readonly Item[])[] {
  const portions: Item[][] = [];
  let portion: Item[] = [];
  let used = 0;
  const close = () => {
    if (portion.length > 0) portions.push(portion);
    portion = [];
    used = 0;
  };
  for (const group of Map.groupBy(items, ({ rollout }) => rollout.problemId).values()) {
    const promptTokens = group[0]?.prompt.length ?? 0;
    const all = group.reduce((sum, { rollout }) => sum + rollout.response.length, promptTokens);
    if (used + all > budget) close();
    let shared = false;
    for (const item of group) {
      const tokens = item.rollout.response.length;
      if (portion.length > 0 && used + tokens + (shared ? 0 : promptTokens) > budget) {
        close();
        shared = false;
      }
      used += tokens + (shared ? 0 : promptTokens);
      shared = true;
      portion.push(item);
    }
  }
  close();
  return portions;
}
