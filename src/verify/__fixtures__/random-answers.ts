/** Seeded numbers in [0, 1): Mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Draw = () => number;

const pick = <T>(draw: Draw, items: readonly T[]): T => {
  const item = items[Math.floor(draw() * items.length)];
  if (item === undefined) throw new Error('internal: nothing to pick from');
  return item;
};

const integer = (draw: Draw, most = 40): string => String(Math.floor(draw() * most));

/** A well-formed scalar of the grammar the parser reads; depth bounds its nesting. */
export function randomScalar(draw: Draw, depth = 3): string {
  const inner = (): string => randomScalar(draw, depth - 1);
  if (depth === 0) return pick(draw, [() => integer(draw), () => pick(draw, ['x', 'y', 'n']), () => `${integer(draw)}.${integer(draw, 90)}`])();
  return pick(draw, [
    () => integer(draw, 1000),
    () => pick(draw, ['x', 'y', 'a', '\\pi', '\\theta', 'x_1']),
    () => `${inner()}+${inner()}`,
    () => `${inner()}-${inner()}`,
    () => `\\frac{${inner()}}{${inner()}}`,
    () => `\\sqrt{${inner()}}`,
    () => `(${inner()})^{${integer(draw, 4)}}`,
    () => `${integer(draw)}(${inner()})`,
    () => `(${inner()}) \\cdot (${inner()})`,
    () => `\\sin(${inner()})`,
    () => `|${integer(draw)}-${pick(draw, ['x', 'y'])}|`,
    () => `\\left(${inner()}\\right)`,
  ])();
}

/** Any shape: scalars, tuples, sets, intervals, matrices, relations, units, text, letters. */
export function randomAnswer(draw: Draw): string {
  const scalar = (): string => randomScalar(draw, 2);
  const many = (): string => Array.from({ length: 2 + Math.floor(draw() * 3) }, scalar).join(', ');
  return pick(draw, [
    scalar,
    scalar,
    scalar,
    () => `(${many()})`,
    () => many(),
    () => `\\{${many()}\\}`,
    () => `[${integer(draw)}, ${integer(draw)})`,
    () => `(-\\infty, ${integer(draw)}) \\cup [${integer(draw, 90)}, \\infty)`,
    () => `\\begin{pmatrix}${scalar()} & ${scalar()} \\\\ ${scalar()} & ${scalar()}\\end{pmatrix}`,
    () => `x ${pick(draw, ['<', '\\le', '>', '\\ne', '='])} ${scalar()}`,
    () => `${scalar()} = ${scalar()}`,
    () => `${integer(draw)} ${pick(draw, ['cm', '\\text{ kg}', 'hours', '\\%', '^\\circ', 'apples', 'm/s'])}`,
    () => `${integer(draw)}:${integer(draw)}`,
    () => `\\pm ${scalar()}`,
    () => pick(draw, ['blue', '\\text{no solution}', 'A', '(C)', 'Yes', '\\emptyset', '\\mathbb{R}', '204_5', '7:30 PM']),
    () => `1,${integer(draw, 10)}${integer(draw, 10)}${integer(draw, 10)}`,
  ])();
}

const pieces =
  '\\frac|\\sqrt|{|}|(|)|[|]|$|$$|\\boxed{|\\text{|^|_|,|;|:|=|<|>|\\le|\\pm|\\cup|\\in|\\begin{pmatrix}|\\end{pmatrix}|\\\\|&|1|23|0.5|x|y|e|i|\\pi|\\infty|%|\\%|+|-|*|/|!||| and | or |cm|hours|A|(B)|answer is |Answer: |</think>|<answer>|</answer>|\n| |\\left(|\\right)|\\sum_{k=1}^{5}|\\binom{5}{2}|\\log_|\\over|\\choose|\\therefore|1.000|,00|1 000 | 000|st|nd|th|^{\\text{th}}|2^ab|per cent|৯|٫|[\'a\']|sin|__proto__|constructor|\u0000|\u202e|\ud83d|−|×|½|²|٣|中|°|"|\'|\\'.split(
    '|',
  );

/** Tokens in any order, well formed or not. */
export function randomSoup(draw: Draw): string {
  return Array.from({ length: Math.floor(draw() * 24) }, () => pick(draw, pieces)).join('');
}

/** Any UTF-16 code units, surrogate halves and control characters among them. */
export function randomBytes(draw: Draw): string {
  return Array.from({ length: Math.floor(draw() * 40) }, () =>
    String.fromCharCode(Math.floor(draw() ** 3 * 65_536)),
  ).join('');
}
