import type { Meter } from './budget.ts';
import type { Mode, VerifyInput } from './input.ts';
import { verifyEmma } from './modes/emma.ts';
import { verifyGeometry3k } from './modes/geometry3k.ts';
import { verifyMathVision } from './modes/mathvision.ts';
import { verifyMathVista } from './modes/mathvista.ts';
import { verifyMegaBench } from './modes/megabench.ts';
import { verifyMmmu } from './modes/mmmu.ts';
import { verifyReference } from './modes/reference.ts';
import {
  verifyDynaMath,
  verifyGsm8k,
  verifyLogicVista,
  verifyMathVerse,
  verifyWeMath,
} from './modes/small.ts';
import type { Policy } from './policy.ts';
import type { Verdict } from './verdict.ts';

/** A mode: the verdict on one pair. Throws `OverBudget` when the steps are spent. */
export type Rule = (input: VerifyInput, meter: Meter, policy: Policy) => Verdict;

/**
 * The modes that reproduce somebody's rules. In the built package they lie in a file of their own,
 * which is read when one of them is first asked for: training asks for none.
 */
export const benchmarkRules: Readonly<Record<Exclude<Mode, 'strict'>, Rule>> = {
  reference: verifyReference,
  mathvista: verifyMathVista,
  mathverse: verifyMathVerse,
  mathvision: verifyMathVision,
  mmmu: (input, meter) => verifyMmmu(input, false, meter),
  'mmmu-pro': (input, meter) => verifyMmmu(input, true, meter),
  emma: verifyEmma,
  megabench: verifyMegaBench,
  geometry3k: verifyGeometry3k,
  gsm8k: verifyGsm8k,
  wemath: verifyWeMath,
  dynamath: verifyDynaMath,
  logicvista: verifyLogicVista,
};
