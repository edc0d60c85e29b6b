import type { Token } from '../leaf/lexer.ts';

export type Tokens = readonly Token[];

/** Whether the token opens or closes a bracket of any kind: +1, −1, else 0. */
export function bracketStep(token: Token): -1 | 0 | 1 {
  if (token.kind === 'op') {
    if (token.s === '(' || token.s === '[' || token.s === '{') return 1;
    return token.s === ')' || token.s === ']' || token.s === '}' ? -1 : 0;
  }
  if (token.kind === 'cmd') {
    if (token.s === '{' || token.s === 'lfloor' || token.s === 'lceil') return 1;
    return token.s === '}' || token.s === 'rfloor' || token.s === 'rceil' ? -1 : 0;
  }
  if (token.kind === 'begin') return 1;
  return token.kind === 'end' ? -1 : 0;
}

/** Splits at the tokens at depth 0 that `separates` names; the separators come back beside the parts. */
export function splitTop(
  tokens: Tokens,
  separates: (token: Token, index: number) => boolean,
): { readonly parts: readonly Tokens[]; readonly separators: Tokens } {
  const parts: Tokens[] = [];
  const separators: Token[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    depth = Math.max(0, depth + bracketStep(token));
    if (depth === 0 && separates(token, at)) {
      parts.push(tokens.slice(from, at));
      separators.push(token);
      from = at + 1;
    }
  }
  if (separators.length === 0) return { parts: [tokens], separators };
  parts.push(tokens.slice(from));
  return { parts, separators };
}

/** Index of the bracket that closes the one at `from`, any kind; −1 when open to the end. */
export function closingIndex(tokens: Tokens, from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    depth += bracketStep(token);
    if (depth === 0) return at;
  }
  return -1;
}

/** Removes pairs of `{` `}` that enclose everything. */
export function unbrace(tokens: Tokens): Tokens {
  let inner = tokens;
  while (
    inner.length >= 2 &&
    inner[0]?.kind === 'op' &&
    inner[0].s === '{' &&
    closingIndex(inner, 0) === inner.length - 1
  )
    inner = inner.slice(1, -1);
  return inner;
}

export function isOp(token: Token | undefined, s: string): boolean {
  return token?.kind === 'op' && token.s === s;
}

export function isCommand(token: Token | undefined, s: string): boolean {
  return token?.kind === 'cmd' && token.s === s;
}
