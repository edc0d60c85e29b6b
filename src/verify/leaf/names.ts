import { atFirstUse } from '../at-first-use.ts';
import type { FunctionName } from './node.ts';

/** Function names, with or without backslash. */
export const functionNames: ReadonlyMap<string, FunctionName> = new Map<string, FunctionName>([
  ['sin', 'sin'],
  ['cos', 'cos'],
  ['tan', 'tan'],
  ['tg', 'tan'],
  ['cot', 'cot'],
  ['ctg', 'cot'],
  ['sec', 'sec'],
  ['csc', 'csc'],
  ['cosec', 'csc'],
  ['arcsin', 'asin'],
  ['arccos', 'acos'],
  ['arctan', 'atan'],
  ['arctg', 'atan'],
  ['arccot', 'acot'],
  ['arcsec', 'asec'],
  ['arccsc', 'acsc'],
  ['asin', 'asin'],
  ['acos', 'acos'],
  ['atan', 'atan'],
  ['sinh', 'sinh'],
  ['cosh', 'cosh'],
  ['tanh', 'tanh'],
  ['coth', 'coth'],
  ['arcsinh', 'asinh'],
  ['arsinh', 'asinh'],
  ['arccosh', 'acosh'],
  ['arcosh', 'acosh'],
  ['arctanh', 'atanh'],
  ['artanh', 'atanh'],
  ['exp', 'exp'],
  ['ln', 'ln'],
  ['log', 'log'],
  ['lg', 'log'],
  ['abs', 'abs'],
  ['floor', 'floor'],
  ['ceil', 'ceil'],
  ['gcd', 'gcd'],
  ['lcm', 'lcm'],
  ['max', 'max'],
  ['min', 'min'],
  ['Re', 're'],
  ['Im', 'im'],
]);

/** Commands that stand for a constant or a plain symbol. */
export const constantCommands: ReadonlyMap<string, string> = new Map([
  ['pi', 'pi'],
  ['infty', 'inf'],
  ['ell', 'l'],
  ['hbar', 'hbar'],
]);

const greekLetters =
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega';
export const greek: () => ReadonlySet<string> = atFirstUse(() => new Set(greekLetters.split(' ')));

/** Names that prose and plain notation write without a backslash. */
export const plainNames: () => ReadonlyMap<string, string> = atFirstUse(
  () =>
    new Map([
      ['pi', 'pi'],
      ['Pi', 'pi'],
      ['infty', 'inf'],
      ...greekLetters
        .split(' ')
        .filter((name) => name.length > 2 && name.toLowerCase() === name)
        .map((name) => [name, `\\${name}`] as const),
    ]),
);

/** Relations at the top of a value, by command; the lexer's characters `= < >` join them. */
export const relationCommands: ReadonlySet<string> = new Set([
  'le',
  'ge',
  'lt',
  'gt',
  'ne',
  'approx',
  'equiv',
  'in',
  'notin',
  'subset',
  'subseteq',
  'to',
  'Rightarrow',
  'implies',
  'perp',
  'parallel',
  'cong',
  'sim',
  'mid',
]);
