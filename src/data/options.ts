/** A row of lettered options: `(A) odd`, `A. odd`, `A) odd`, each on a line or behind `Choices:`. */
const MARKS = [/\(([A-Z])\)\s*/g, /(?:^|\n)\s*([A-Z])[.):]\s+/g] as const;

/**
 * The options that a question prints, A first, or undefined where it prints none: at least two, with
 * letters in order, behind a word such as `Choices:` or each on a line of its own.
 *
 * @example printedOptions('Even or odd?\nChoices:\n(A) odd\n(B) even') // ['odd', 'even']
 */
export function printedOptions(question: string): readonly string[] | undefined {
  const head = /(?:choices|options)\s*:/gi;
  const starts = [...question.matchAll(head)].map(({ index, 0: word }) => index + word.length);
  for (const body of [...starts.reverse().map((start) => question.slice(start)), question]) {
    for (const mark of MARKS) {
      const options = lettered(body, mark);
      if (options !== undefined) return options;
    }
  }
  return undefined;
}

function lettered(body: string, mark: RegExp): readonly string[] | undefined {
  const found = [...body.matchAll(mark)];
  const last = found.map(([, letter]) => letter).lastIndexOf('A');
  const run = last < 0 ? [] : found.slice(last);
  const inOrder = run.every(([, letter], index) => letter === String.fromCodePoint(65 + index));
  if (run.length < 2 || !inOrder) return undefined;
  const options = run.map(({ index, 0: text }, at) =>
    body.slice(index + text.length, run[at + 1]?.index).trim(),
  );
  return options.every((option) => option !== '') ? options : undefined;
}
