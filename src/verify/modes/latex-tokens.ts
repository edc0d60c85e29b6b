import { atFirstUse } from '../at-first-use.ts';

/** A token of a short LaTeX text: what it does, and how it is written. */
export interface LatexToken {
  readonly kind: TokenKind;
  readonly text: string;
}

export type TokenKind =
  | 'number'
  | 'percent'
  | 'letter'
  | 'symbol'
  | 'constant'
  | 'e'
  | 'accent'
  | 'function'
  | 'command'
  | 'operator'
  | 'relation'
  | 'mark';

/** The text holds a character or command that the official reader does not know. */
export class LatexError extends Error {
  override readonly name = 'LatexError';
}

/**
 * The vocabulary of latex2sympy 1.9.1, which the MATH-V and EMMA scorers read answers with: a command
 * matches as far as its letters go (`\leftarrow` is `\left` and five letters), the longest match wins,
 * the first kind among equally long ones. Words such as `tr` or `floor` are tokens of their own.
 */
const vocabulary: readonly (readonly [kind: TokenKind, words: string, commands?: string])[] = [
  [
    'accent',
    '',
    'acute bar overline breve check widecheck dot ddot grave hat tilde widetilde vec overrightarrow bm boldsymbol text textit mathbb mathbin mathbf mathcal mathclap mathclose mathellipsis mathfrak mathinner mathit mathnormal mathop mathopen mathord mathpunct mathrel mathring mathrlap mathrm mathscr mathsf mathsterling mathtt',
  ],
  ['mark', "^T ^{T} ^{\\top} '"],
  ['operator', '+ - * / :', 'over times cdot div mod'],
  ['mark', '( ) { } \\{ \\} [ ] | \\| & \\\\ _ ^ ; , . !'],
  [
    'mark',
    '',
    'lgroup rgroup lbrace rbrace lbrack rbrack lvert rvert vert lfloor rfloor llcorner lrcorner lceil rceil ulcorner urcorner left right mleft mright to rightarrow Rightarrow longrightarrow Longrightarrow xrightarrow xRightarrow leftrightarrow Leftrightarrow',
  ],
  ['mark', '<-> <=>'],
  [
    'function',
    '',
    'log ln exp sin cos tan csc sec cot arcsin arccos arctan arccsc arcsec arccot sinh cosh tanh arsinh arcosh artanh arcsinh arccosh arctanh floor ceil',
  ],
  [
    'command',
    '',
    'frac binom tbinom dbinom choose sqrt lim int sum prod gcd lcm max min det operatorname',
  ],
  [
    'mark',
    'arsinh arcsinh arcosh arccosh artanh arctanh gcd lcm floor ceil eye zeros ones cols rows diag norm rank trace tr rref hstack vstack orth ortho orthogonal orthogonalize nullspace eig eigen diagonalize eigenvals eigenvalues eigenvects eigenvectors svd SVD matrix pmatrix bmatrix vmatrix E',
  ],
  [
    'command',
    '\\begin{matrix} \\end{matrix} \\begin{pmatrix} \\end{pmatrix} \\begin{bmatrix} \\end{bmatrix} \\begin{vmatrix} \\end{vmatrix}',
  ],
  ['e', 'e', 'exponentialE'],
  ['relation', '= == < > != !== \\not\\equiv', 'in equiv leq le leqslant geq ge geqslant ne neq'],
  [
    'symbol',
    '',
    'alpha beta Gamma gamma Delta delta epsilon varepsilon zeta eta Theta theta vartheta iota kappa Lambda lambda mu nu Xi xi omicron Pi varpi rho varrho Sigma sigma varsigma tau Upsilon upsilon Phi phi varphi chi Psi psi Omega omega Bbbk wp nabla bigstar angle nexists diagdown measuredangle eth emptyset diagup sphericalangle clubsuit varnothing Diamond complement diamondsuit imath Finv triangledown heartsuit jmath Game triangle spadesuit ell hbar vartriangle hslash blacklozenge lozenge blacksquare mho blacktriangle sharp prime Im flat square backprime Re natural surd circledS',
  ],
  ['constant', '', 'pi partial infty'],
];

const byStart = atFirstUse<ReadonlyMap<string, readonly LatexToken[]>>(() => {
  const groups = new Map<string, LatexToken[]>();
  for (const [kind, words, commands = ''] of vocabulary)
    for (const text of [...split(words), ...split(commands).map((name) => `\\${name}`)]) {
      const start = text.slice(0, 2);
      const group = groups.get(start) ?? [];
      groups.set(start, group);
      if (!group.some((known) => known.text === text)) group.push({ kind, text });
    }
  for (const group of groups.values()) group.sort((a, b) => b.text.length - a.text.length);
  return groups;
});

function split(words: string): readonly string[] {
  return words === '' ? [] : words.split(' ');
}

/** What no list of words can say; longer than a word wins, as there. */
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['number', /\d+(?:,\d{3})*/y],
  ['number', /\d*(?:,\d{3})*\.\d+/y],
  ['percent', /\d+(?:,\d{3})*\\%/y],
  ['percent', /\d*(?:,\d{3})*\.\d+\\%/y],
  ['symbol', /d[ \t\r\n]*(?:[a-zA-Z]|\\[a-zA-Z]+)/y],
  ['constant', /\\infty\\%/y],
  ['letter', /[a-df-zA-DF-Z]/y],
];

/** Reads one token after the other; what lies beyond the place that was looked at is never read. */
export class LatexReader {
  readonly #text: string;
  #at = 0;
  #next: LatexToken | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next token, undefined at the end. Throws `LatexError` for what is no token. */
  peek(): LatexToken | undefined {
    this.#next ??= this.#read();
    return this.#next;
  }

  take(): LatexToken | undefined {
    const token = this.peek();
    this.#next = undefined;
    return token;
  }

  #read(): LatexToken | undefined {
    const blank = /(?:[ \t\r\n]|\\\$)+/y;
    blank.lastIndex = this.#at;
    if (blank.test(this.#text)) this.#at = blank.lastIndex;
    if (this.#at >= this.#text.length) return undefined;
    const token = this.#longest();
    if (token === undefined) throw new LatexError(`no token at ${this.#at}`);
    this.#at += token.text.length;
    return token;
  }

  #longest(): LatexToken | undefined {
    const start = this.#text.slice(this.#at, this.#at + 2);
    const fixed = [start, start.slice(0, 1)].flatMap((key) => byStart().get(key) ?? []);
    let best = fixed.find(({ text }) => this.#text.startsWith(text, this.#at));
    for (const [kind, pattern] of patterns) {
      pattern.lastIndex = this.#at;
      const text = pattern.exec(this.#text)?.[0];
      if (text !== undefined && text.length > (best?.text.length ?? 0)) best = { kind, text };
    }
    return best;
  }
}
