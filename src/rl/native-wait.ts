/**
 * A wait the model writes by itself (algorithm.md 5.0): the whole word, capitalised, at the start of a
 * line or sentence; in any case before a pause or "a moment"; and the whole word "alternatively".
 * The capital keeps "wait in line" at the start of a text from counting.
 */
const nativeWait =
  /(?<=^|\n|[.!?]\s)(?-i:W)ait\b|\bwait\b(?=\s*(?:,|!|…|\.\.\.|—|–)|\s+a\s+(?:moment|minute|second|sec)\b)|\balternatively\b/giu;

/**
 * Native waits in text that the policy wrote; the trigger is ours and must not be in it.
 *
 * @example countNativeWaits('So x=3. Wait a moment, no.') // 1
 * @example countNativeWaits('They wait 5 minutes in line') // 0
 */
export function countNativeWaits(text: string): number {
  return text.match(nativeWait)?.length ?? 0;
}
