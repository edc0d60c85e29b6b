import { atFirstUse } from '../at-first-use.ts';

/**
 * Unicode to plain LaTeX, one character at a time. A blank after a command keeps it apart from a
 * letter that follows.
 */
const spellings: readonly (readonly [characters: string, latex: string])[] = [
  ['−‐‑‒–﹣－', '-'],
  ['×⨯✕', '\\times '],
  ['÷', '\\div '],
  ['·⋅∙•', '\\cdot '],
  ['＋', '+'],
  ['±', '\\pm '],
  ['∓', '\\mp '],
  ['√', '\\sqrt '],
  ['∛', '\\sqrt[3]'],
  ['∜', '\\sqrt[4]'],
  ['π𝜋𝝅', '\\pi '],
  ['∞', '\\infty '],
  ['≤⩽≦', '\\le '],
  ['≥⩾≧', '\\ge '],
  ['≠', '\\ne '],
  ['≈≃≅', '\\approx '],
  ['≡', '\\equiv '],
  ['°º˚', '^\\circ '],
  ['℃', '^\\circ C'],
  ['′’‘ʹ', "'"],
  ['″”“', "''"],
  ['∪', '\\cup '],
  ['∩', '\\cap '],
  ['∈', '\\in '],
  ['∉', '\\notin '],
  ['∅⌀', '\\emptyset '],
  ['∖', '\\setminus '],
  ['⊂', '\\subset '],
  ['→', '\\to '],
  ['⇒', '\\Rightarrow '],
  ['∠', '\\angle '],
  ['△', '\\triangle '],
  ['⊥', '\\perp '],
  ['∥', '\\parallel '],
  ['⌊', '\\lfloor '],
  ['⌋', '\\rfloor '],
  ['⌈', '\\lceil '],
  ['⌉', '\\rceil '],
  ['⟨〈', '('],
  ['⟩〉', ')'],
  ['∑', '\\sum '],
  ['∏', '\\prod '],
  ['∫', '\\int '],
  ['ℝ', '\\R '],
  ['ℤ', '\\Z '],
  ['ℕ', '\\N '],
  ['ℚ', '\\Q '],
  ['ℂ', '\\C '],
  ['⁄∕', '/'],
  ['…', '\\ldots '],
  ['∶：', ':'],
  ['，、،', ','],
  ['；؛', ';'],
  ['。．', '.'],
  ['٫', '.'],
  ['٬', ','],
  ['％٪', '%'],
  ['＄', '\\$'],
  ['∗＊', '*'],
  ['⁻', '^{-}'],
  ['½', '\\frac{1}{2}'],
  ['⅓', '\\frac{1}{3}'],
  ['⅔', '\\frac{2}{3}'],
  ['¼', '\\frac{1}{4}'],
  ['¾', '\\frac{3}{4}'],
  ['⅕', '\\frac{1}{5}'],
  ['⅖', '\\frac{2}{5}'],
  ['⅗', '\\frac{3}{5}'],
  ['⅘', '\\frac{4}{5}'],
  ['⅙', '\\frac{1}{6}'],
  ['⅚', '\\frac{5}{6}'],
  ['⅛', '\\frac{1}{8}'],
  ['⅜', '\\frac{3}{8}'],
  ['⅝', '\\frac{5}{8}'],
  ['⅞', '\\frac{7}{8}'],
];

const table = atFirstUse<ReadonlyMap<string, string>>(
  () =>
    new Map([...spellings.flatMap(([characters, latex]) => pairs(characters, latex)), ...greek()]),
);

function pairs(characters: string, replacement: string): readonly (readonly [string, string])[] {
  return Array.from(characters, (character) => [character, replacement] as const);
}

function greek(): readonly (readonly [string, string])[] {
  const letters =
    'αalpha βbeta γgamma δdelta εepsilon ζzeta ηeta θtheta ιiota κkappa λlambda μmu νnu ξxi ρrho σsigma τtau υupsilon φphi χchi ψpsi ωomega ΓGamma ΔDelta ΘTheta ΛLambda ΞXi ΠPi ΣSigma ΦPhi ΨPsi ΩOmega ϕphi ϵepsilon';
  return letters.split(' ').map((entry) => {
    const [character = '', ...name] = Array.from(entry);
    return [character, `\\${name.join('')} `] as const;
  });
}

const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const subscripts = '₀₁₂₃₄₅₆₇₈₉';
/** First code points of the decimal digits of further scripts: Arabic-Indic, Persian, Devanagari, Bengali, Thai, full width. */
const digitStarts = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10];
/** Characters that say nothing: zero-width, direction marks, byte-order mark, soft hyphen. */
const silent = /[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u00AD]/;

/** Whether every character is printable ASCII or plain white space, so that nothing needs mapping. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 126 || (code < 32 && code !== 10 && code !== 9 && code !== 13)) return false;
  }
  return true;
}

/** Digits of other scripts and the Arabic separators in ASCII; every character keeps its place. */
export function asciiDigits(text: string): string {
  if (isPlain(text)) return text;
  return text.replace(otherDigits, (character) => {
    if (character === '٫' || character === '٬') return character === '٫' ? '.' : ',';
    const code = character.charCodeAt(0);
    const first = digitStarts.find((start) => code >= start && code < start + 10) ?? code;
    return String(code - first);
  });
}

const otherDigits =
  /[\u0660-\u0669\u06F0-\u06F9\u0966-\u096F\u09E6-\u09EF\u0E50-\u0E59\uFF10-\uFF19٫٬]/g;

/** Step 1 of normalisation: Unicode signs, digits and forms become LaTeX or ASCII. */
export function mapCharacters(text: string): string {
  if (isPlain(text)) return text;
  const parts: string[] = [];
  let raised = '';
  const flush = (): void => {
    if (raised !== '') parts.push(`^{${raised}}`);
    raised = '';
  };
  for (const character of text) {
    const up = superscripts.indexOf(character);
    if (up >= 0 || (character === '⁻' && raised === '')) {
      raised += up >= 0 ? String(up) : '-';
      continue;
    }
    flush();
    parts.push(mapCharacter(character));
  }
  flush();
  return parts.join('');
}

function mapCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code === 12) return '\\f';
  if (code < 32 || code === 127) return ' ';
  if (code < 127) return character;
  const mapped = table().get(character);
  if (mapped !== undefined) return mapped;
  const low = subscripts.indexOf(character);
  if (low >= 0) return `_{${low}}`;
  for (const start of digitStarts)
    if (code >= start && code < start + 10) return String(code - start);
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x200a) || code === 0x202f || code === 0x3000)
    return ' ';
  return silent.test(character) ? '' : character;
}
