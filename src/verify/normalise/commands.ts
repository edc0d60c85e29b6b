/** Commands that only place or size things. */
export const dropped: ReadonlySet<string> = new Set(
  'left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr displaystyle textstyle scriptstyle limits nolimits mathstrut nonumber notag boldmath hfill centering null protect relax ensuremath therefore because'.split(
    ' ',
  ),
);

/** Commands that are white space. */
export const blanks: ReadonlySet<string> = new Set(
  ', ; : ! > quad qquad space enspace thinspace medspace thickspace newline hskip'.split(' '),
);

/** Spellings of one thing. */
export const synonyms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    dfrac: '\\frac',
    tfrac: '\\frac',
    cfrac: '\\frac',
    leq: '\\le ',
    leqslant: '\\le ',
    leqq: '\\le ',
    geq: '\\ge ',
    geqslant: '\\ge ',
    geqq: '\\ge ',
    neq: '\\ne ',
    mod: '\\pmod ',
    lt: '<',
    gt: '>',
    approxeq: '\\approx ',
    thickapprox: '\\approx ',
    degree: '^\\circ ',
    degrees: '^\\circ ',
    varnothing: '\\emptyset ',
    varphi: '\\phi ',
    varepsilon: '\\epsilon ',
    vartheta: '\\theta ',
    cdotp: '\\cdot ',
    centerdot: '\\cdot ',
    bullet: '\\cdot ',
    dots: '\\ldots ',
    cdots: '\\ldots ',
    dotsc: '\\ldots ',
    lbrace: '\\{',
    rbrace: '\\}',
    lbrack: '[',
    rbrack: ']',
    lparen: '(',
    rparen: ')',
    langle: '(',
    rangle: ')',
    lvert: '|',
    rvert: '|',
    vert: '|',
    Vert: '|',
    lVert: '|',
    rVert: '|',
    '|': '|',
    colon: ':',
    ratio: ':',
    backslash: '\\setminus ',
    bigcup: '\\cup ',
    bigcap: '\\cap ',
    isin: '\\in ',
    longrightarrow: '\\to ',
    rightarrow: '\\to ',
    implies: '\\Rightarrow ',
    reals: '\\R ',
    land: ',',
    lor: ',',
    wedge: ',',
    vee: ',',
    euro: '€',
    pounds: '£',
    textdollar: '\\$',
    percent: '\\%',
    dollar: '\\$',
    prime: "'",
    '&': ' ',
    '#': '#',
    '-': '',
    '/': '',
  }),
);

/** Fonts: their argument is a name or prose. */
export const fonts: ReadonlySet<string> = new Set(
  'text mathrm mathbf mathit mathsf mathtt mathnormal textbf textit textrm textsf texttt textnormal textup textsc mbox hbox emph operatorname bm boldsymbol pmb rm bf it sf'.split(
    ' ',
  ),
);

/** Commands whose argument stands in their place. */
export const unwrapped: ReadonlySet<string> = new Set(
  'boxed fbox underline mathop mathrel mathord ensuremath cancel smash'.split(' '),
);

/** Commands that vanish with their argument. */
export const swallowed: ReadonlySet<string> = new Set(
  'hspace vspace hphantom vphantom phantom label tag color mspace kern'.split(' '),
);

/** `\mathbb R` and its like, by letter. */
export const numberSets: ReadonlySet<string> = new Set(['R', 'Z', 'N', 'Q', 'C']);
