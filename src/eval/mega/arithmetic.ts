type Operator = readonly [rank: number, apply: (a: number, b: number) => number];

const OPERATORS: Readonly<Record<string, Operator>> = {
  '+': [1, (a, b) => a + b],
  '-': [1, (a, b) => a - b],
  '*': [2, (a, b) => a * b],
  '/': [2, (a, b) => a / b],
  '^': [3, (a, b) => a ** b],
};
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };
const MOST_TOKENS = 200;

class NoArithmetic extends Error {}

/**
 * Sums, products, powers, fractions and roots of decimal numbers, written plainly or in LaTeX; undefined
 * for anything else. A bracket that closes nothing ends the expression.
 */
export function arithmetic(given: string): number | undefined {
  const text = given
    .replaceAll('\\cdot', '*')
    .replaceAll('\\times', '*')
    .replaceAll('\\left', '')
    .replaceAll('\\right', '')
    .replaceAll('**', '^')
    .replaceAll(/(\d),(?=\d{3}(?!\d))/g, '$1');
  const tokens = text.match(/\d+\.?\d*|\.\d+|\\frac|\\sqrt|\S/g) ?? [];
  if (tokens.length > MOST_TOKENS) return undefined;
  try {
    const value = new Reader(tokens).whole();
    return Number.isFinite(value) ? value : undefined;
  } catch (error) {
    if (error instanceof NoArithmetic) return undefined;
    throw error;
  }
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  whole(): number {
    const value = this.#level(1);
    const next = this.#peek();
    if (next !== '' && ![')', ']', '}'].includes(next)) throw new NoArithmetic();
    return value;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? '';
  }

  /** Everything that binds at least so strongly; numbers side by side are a product. */
  #level(least: number): number {
    let left = this.#atom();
    for (;;) {
      const token = this.#peek();
      const [rank, apply] = OPERATORS[token] ?? [0, undefined];
      if (apply !== undefined && rank >= least) {
        this.#at += 1;
        left = apply(left, this.#level(rank === 3 ? 3 : rank + 1));
      } else if (least <= 2 && /^(?:[({[\\]|\.?\d)/.test(token)) left *= this.#level(3);
      else return left;
    }
  }

  #atom(): number {
    const token = this.#peek();
    this.#at += 1;
    if (token === '-') return -this.#level(2);
    if (token === '+') return this.#level(2);
    const close = CLOSING[token];
    if (close !== undefined) return this.#until(close);
    if (token === '\\frac') return this.#braced() / this.#braced();
    if (token === '\\sqrt') return Math.sqrt(this.#braced());
    if (/^\.?\d/.test(token)) return Number(token);
    throw new NoArithmetic();
  }

  #braced(): number {
    if (this.#peek() !== '{') throw new NoArithmetic();
    this.#at += 1;
    return this.#until('}');
  }

  #until(close: string): number {
    const value = this.#level(1);
    if (this.#peek() !== close) throw new NoArithmetic();
    this.#at += 1;
    return value;
  }
}
