import type { CommaReading } from './reader.ts';
import type { Tokens } from './split.ts';
import { bracketStep, isOp } from './split.ts';

/**
 * `1,234` groups; `1,22` and `0,123` may point or separate; `120,240` may group or separate.
 * Only commas without blanks, outside brackets.
 */
export function commaReadings(tokens: Tokens): readonly CommaReading[] {
  let glued = 0;
  let groups = 0;
  let full = true;
  let pointed = false;
  let depth = 0;
  let commas = 0;
  for (const [at, token] of tokens.entries()) {
    depth += bracketStep(token);
    if (!isOp(token, ',')) continue;
    commas += 1;
    const [left, right] = [tokens[at - 1], tokens[at + 1]];
    if (depth > 0 || left?.kind !== 'num' || right?.kind !== 'num' || token.spaced || right.spaced)
      continue;
    glued += 1;
    const first = !isOp(tokens[at - 2], ',') || tokens[at - 1]?.spaced === true;
    const grouped =
      /^\d{3}(?:\.\d+)?$/.test(right.s) &&
      /^\d{1,3}$/.test(left.s) &&
      (!first || left.s[0] !== '0');
    if (grouped) groups += 1;
    else pointed = /^\d+$/.test(right.s) && /^\d+$/.test(left.s);
    if (first && left.s.length !== 3) full = false;
  }
  if (glued === 0) return ['split'];
  if (groups === glued) return full ? ['group', 'split'] : ['group'];
  if (glued === 1 && commas === 1 && pointed) return ['split', 'decimal'];
  return ['split'];
}

/** Merges digit groups into one number token. */
export function joinNumbers(tokens: Tokens, commas: 'group' | 'decimal'): Tokens {
  const out: Tokens[number][] = [];
  let depth = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    depth += bracketStep(token);
    const last = out.at(-1);
    const right = tokens[at + 1];
    if (
      depth === 0 &&
      isOp(token, ',') &&
      last?.kind === 'num' &&
      right?.kind === 'num' &&
      !right.spaced
    ) {
      const s = commas === 'decimal' ? `${last.s}.${right.s}` : last.s + right.s;
      out[out.length - 1] = { ...last, s, end: right.end };
      at += 1;
    } else out.push(token);
  }
  return out;
}
