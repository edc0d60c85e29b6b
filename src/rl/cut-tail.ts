/**
 * Where the tail of a first answer begins (algorithm.md F3): the last "Wait", else the last `\boxed`,
 * else the first "answer", and from there back to the blank line before it. Undefined when there is
 * none of them, or when nothing would be left.
 */
export function tailOf(text: string): number | undefined {
  const mark = [text.lastIndexOf('Wait'), text.lastIndexOf('\\boxed'), text.indexOf('answer')].find(
    (place) => place >= 0,
  );
  if (mark === undefined) return undefined;
  const blankLine = text.lastIndexOf('\n\n', mark);
  const cut = blankLine >= 0 ? blankLine : mark;
  return cut > 0 ? cut : undefined;
}

/**
 * The most tokens whose text ends at or before `cut`; ids are kept as they are, never encoded anew.
 * A character split over two tokens is not cut in half.
 */
export function tokensBefore(
  ids: Int32Array,
  cut: number,
  decode: (ids: Int32Array) => string,
): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (decode(ids.subarray(0, middle)).length <= cut) low = middle;
    else high = middle - 1;
  }
  while (low > 0 && decode(ids.subarray(0, low)).endsWith('\u{fffd}')) low -= 1;
  return low;
}
