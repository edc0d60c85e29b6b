import type { Budget } from './budget.ts';
import { Meter, OverBudget, defaultBudget } from './budget.ts';
import type { Mode, VerifyInput } from './input.ts';
import { modes } from './input.ts';
import type { Policy } from './policy.ts';
import { resolvePolicy } from './policy.ts';
import { benchmarkRules } from './benchmark-rules.ts';
import type { Rule } from './benchmark-rules.ts';
import { verdictOf, verifyStrict } from './strict.ts';
import type { Verdict } from './verdict.ts';

export interface VerifyOptions {
  readonly mode?: Mode;
  readonly policy?: Partial<Policy>;
  readonly budget?: Partial<Budget>;
}

export type Verify = (input: VerifyInput, options?: VerifyOptions) => Verdict;

/**
 * Whether a response agrees with the gold answer. Deterministic; never throws on data of any
 * kind. Throws `TypeError` only when an option or the shape of the input is malformed.
 */
export function verify(input: VerifyInput, options: VerifyOptions = {}): Verdict {
  checkInput(input);
  const mode = options.mode ?? 'strict';
  if (!modes.includes(mode))
    throw new TypeError(`mode: expected one of ${modes.join(', ')}, found ${JSON.stringify(mode)}`);
  const policy = resolvePolicy(options.policy);
  const meter = new Meter(resolveBudget(options.budget));
  try {
    return rules[mode](input, meter, policy);
  } catch (error) {
    if (error instanceof OverBudget) return verdictOf({ reason: error.reason, notes: [] }, meter);
    throw error;
  }
}

const rules: Readonly<Record<Mode, Rule>> = {
  strict: (input, meter, policy) => verifyStrict(input, policy, meter),
  ...benchmarkRules,
};

function resolveBudget(partial: Partial<Budget> | undefined): Budget {
  if (partial === undefined) return defaultBudget;
  for (const [key, value] of Object.entries(partial))
    if (!(key in defaultBudget) || typeof value !== 'number' || !(value >= 0))
      throw new TypeError(
        `budget.${key}: expected a known limit and a number, found ${String(value)}`,
      );
  return { ...defaultBudget, ...partial };
}

function checkInput(input: VerifyInput): void {
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  if (!Array.isArray(golds) || !golds.every((gold) => typeof gold === 'string'))
    throw new TypeError('gold: expected a string or an array of strings');
  if (typeof input.prediction !== 'string') throw new TypeError('prediction: expected a string');
  if (!['response', 'answer', 'auto'].includes(input.source))
    throw new TypeError(
      `source: expected response, answer or auto, found ${JSON.stringify(input.source)}`,
    );
}
