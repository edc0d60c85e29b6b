import { columnsOf, pad, wrap } from './text.ts';

const indent = 2;
const least = 24;

/** Two columns, the second wrapped; below each other where the terminal is too narrow. */
export function definitions(
  pairs: readonly (readonly [string, string])[],
  width: number,
): string[] {
  const longest = Math.max(0, ...pairs.map(([term]) => columnsOf(term)));
  const left = Math.min(longest, Math.floor(width * 0.4)) + indent + 2;
  const narrow = width - left < least;
  return pairs.flatMap(([term, text]) => {
    const margin = narrow ? indent + 4 : left;
    const lines = wrap(text, Math.max(10, width - margin)).filter((line) => line !== '');
    const head = ' '.repeat(indent) + term;
    const beside = !narrow && columnsOf(head) + 2 <= left;
    const [first = '', ...rest] = lines;
    const body = (beside ? rest : lines).map((line) => ' '.repeat(margin) + line);
    return [beside ? (pad(head, left) + first).trimEnd() : head, ...body];
  });
}
