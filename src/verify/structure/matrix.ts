import { OverBudget } from '../budget.ts';
import type { Node } from '../leaf/node.ts';
import { integerOf } from '../leaf/node.ts';
import type { Reader } from './reader.ts';
import type { Tokens } from './split.ts';
import { closingIndex, isCommand, isOp, splitTop } from './split.ts';
import type { Value } from './value.ts';

type Rows = readonly (readonly Value[])[];

const environments: ReadonlySet<string> = new Set([
  'matrix',
  'pmatrix',
  'bmatrix',
  'Bmatrix',
  'vmatrix',
  'Vmatrix',
  'array',
]);

/**
 * A matrix, or a sum, difference or product of matrices and scalars, worked out element by
 * element. Determinant bars (`vmatrix`) are no matrix.
 */
export function readMatrix(tokens: Tokens, reader: Reader): Value | undefined {
  if (!tokens.some((token) => token.kind === 'begin' && environments.has(token.s)))
    return undefined;
  if (tokens.some((token) => token.kind === 'begin' && token.s === 'vmatrix')) return undefined;
  const signs: ('+' | '-')[] = [];
  const { parts, separators } = splitTop(tokens, (token) => isOp(token, '+') || isOp(token, '-'));
  signs.push(
    '+',
    ...separators.map((token) => (token.s === '-' ? ('-' as const) : ('+' as const))),
  );
  let total: Rows | undefined;
  for (const [index, part] of parts.entries()) {
    if (part.length === 0 && index === 0) continue;
    const term = readProduct(part, reader);
    if (term === undefined) return undefined;
    const signed = signs[index] === '-' ? scale(negativeOne, term) : term;
    total = total === undefined ? signed : combine(total, signed);
    if (total === undefined) return undefined;
  }
  return total === undefined ? undefined : { kind: 'matrix', rows: total };
}

const negativeOne: Node = { t: 'num', v: { n: -1n, d: 1n }, dec: false };

/** Largest side of a determinant that is worked out. */
const largestDeterminant = 4;

/** `\begin{vmatrix}…\end{vmatrix}` and `\det` of a matrix: the number or expression they stand for. */
export function readDeterminant(tokens: Tokens, reader: Reader): Value | undefined {
  let inner = tokens;
  const named = isCommand(tokens[0], 'det') || tokens[0]?.s === 'det';
  if (named) inner = tokens.slice(1);
  if (isOp(inner[0], '(') && isOp(inner.at(-1), ')')) inner = inner.slice(1, -1);
  const first = inner[0];
  if (first?.kind !== 'begin' || (first.s !== 'vmatrix' && !named)) return undefined;
  const rows = readEnvironment(inner, reader);
  const side = rows?.length ?? 0;
  if (rows === undefined || side > largestDeterminant) return undefined;
  const nodes = rows.map((row) => row.map(nodeOf));
  if (nodes.some((row) => row.length !== side || row.includes(undefined))) return undefined;
  return plain(determinant(nodes.map((row) => row.flatMap((node) => node ?? []))));
}

/** Expansion along the first row. */
function determinant(rows: readonly (readonly Node[])[]): Node {
  const [first = [], ...below] = rows;
  if (below.length === 0) return first[0] ?? negativeOne;
  const args = first.map((node, column): Node => {
    const minor = determinant(below.map((row) => row.filter((_, index) => index !== column)));
    const term: Node = { t: 'mul', args: [node, minor] };
    return column % 2 === 0 ? term : { t: 'neg', a: term };
  });
  return { t: 'add', args };
}

/** Scalars and matrices side by side: `2 M`, `\frac12 M`, `M N`, `M^T`. */
function readProduct(tokens: Tokens, reader: Reader): Rows | undefined {
  const at = tokens.findIndex((token) => token.kind === 'begin');
  if (at < 0) return undefined;
  const wrapped = isOp(tokens[at - 1], '(') || isOp(tokens[at - 1], '[');
  const from = wrapped ? at - 1 : at;
  const close = closingIndex(tokens, from);
  if (close < 0) return undefined;
  const env = wrapped ? tokens.slice(from + 1, close) : tokens.slice(from, close + 1);
  let rows = readEnvironment(env, reader);
  if (rows === undefined) return undefined;
  const [after, transposed] = transposition(tokens, close);
  if (transposed) rows = transpose(rows);
  let factor = tokens.slice(0, from);
  while (
    isCommand(factor.at(-1), 'cdot') ||
    isCommand(factor.at(-1), 'times') ||
    isOp(factor.at(-1), '*')
  )
    factor = factor.slice(0, -1);
  if (factor.length > 0) {
    const value = reader.read(factor);
    if (value.kind !== 'scalar' || value.unit !== undefined || value.percent) return undefined;
    rows = scale(value.node, rows);
  }
  const rest = tokens.slice(after);
  if (rest.length === 0) return rows;
  const right = readProduct(isCommand(rest[0], 'cdot') ? rest.slice(1) : rest, reader);
  return right === undefined ? undefined : multiply(rows, right);
}

function transposition(tokens: Tokens, close: number): readonly [number, boolean] {
  if (!isOp(tokens[close + 1], '^')) return [close + 1, false];
  const braced = isOp(tokens[close + 2], '{');
  const mark = tokens[close + (braced ? 3 : 2)];
  if (mark?.s !== 'T' && mark?.s !== 'top') return [close + 1, false];
  return [close + (braced ? 5 : 3), true];
}

function readEnvironment(tokens: Tokens, reader: Reader): Rows | undefined {
  const first = tokens[0];
  if (first?.kind !== 'begin' || !environments.has(first.s)) return undefined;
  if (closingIndex(tokens, 0) !== tokens.length - 1) return undefined;
  const rows = splitTop(tokens.slice(1, -1), (token) => isCommand(token, '\\'))
    .parts.map((row) => row.filter((token) => !isCommand(token, 'hline')))
    .filter((row) => row.length > 0)
    .map((row) => splitTop(row, (token) => isOp(token, '&')).parts.map(reader.read));
  const side = reader.meter.budget.matrixSide;
  if (rows.length > side || rows.some((row) => row.length > side))
    throw new OverBudget('too-many-nodes');
  return rows.length === 0 ? undefined : rows;
}

function nodeOf(value: Value | undefined): Node | undefined {
  return value?.kind === 'scalar' && !value.percent ? value.node : undefined;
}

const plain = (node: Node): Value => ({ kind: 'scalar', node, unit: undefined, percent: false });

function scale(factor: Node, rows: Rows): Rows {
  return rows.map((row) =>
    row.map((cell) => {
      const node = nodeOf(cell);
      if (node === undefined) return cell;
      return plain(integerOf(factor) === 1n ? node : { t: 'mul', args: [factor, node] });
    }),
  );
}

function combine(a: Rows, b: Rows): Rows | undefined {
  if (a.length !== b.length) return undefined;
  const rows: Value[][] = [];
  for (const [index, row] of a.entries()) {
    const other = b[index] ?? [];
    if (row.length !== other.length) return undefined;
    const sums: Value[] = [];
    for (const [column, cell] of row.entries()) {
      const [x, y] = [nodeOf(cell), nodeOf(other[column])];
      if (x === undefined || y === undefined) return undefined;
      sums.push(plain({ t: 'add', args: [x, y] }));
    }
    rows.push(sums);
  }
  return rows;
}

function transpose(rows: Rows): Rows {
  return (rows[0] ?? []).map((_, column) =>
    rows.map((row) => row[column] ?? { kind: 'text' as const, text: '' }),
  );
}

function multiply(a: Rows, b: Rows): Rows | undefined {
  const columns = transpose(b);
  const product: Value[][] = [];
  for (const row of a) {
    const out: Value[] = [];
    for (const column of columns) {
      if (row.length !== column.length) return undefined;
      const args: Node[] = [];
      for (const [index, cell] of row.entries()) {
        const [x, y] = [nodeOf(cell), nodeOf(column[index])];
        if (x === undefined || y === undefined) return undefined;
        args.push({ t: 'mul', args: [x, y] });
      }
      out.push(plain({ t: 'add', args }));
    }
    product.push(out);
  }
  return product;
}
