import { checkGold, verify } from '#verify';
import type { Mode, Verdict, VerifyInput } from '#verify';
import type { VerifyCase } from './verify-cases.ts';

/** One line of an audit: why a pair deserves a look. */
export interface Finding {
  readonly id: string;
  readonly kind:
    | 'unverifiable-gold'
    | 'likely-false-negative'
    | 'likely-false-positive'
    | 'near-miss'
    | 'other-verdict';
  readonly why: string;
  readonly verdicts: Readonly<Record<string, Verdict['reason']>>;
}

/**
 * What looks wrong about a pair: an unusable gold, `strict` against `reference` and the benchmark's
 * mode, and wrong answers that are nearly right.
 */
export function audit({ id, task, stored }: VerifyCase): readonly Finding[] {
  const { input } = task;
  const golds = typeof input.gold === 'string' ? [input.gold] : input.gold;
  const unusable = golds.map((gold) => checkGold(gold)).find((check) => !check.usable);
  const mode = task.options?.mode ?? 'strict';
  const policy = task.options?.policy ?? {};
  const strict = verify(input, { mode: 'strict', policy });
  const reference = verify(input, { mode: 'reference' });
  const house = mode === 'strict' || mode === 'reference' ? undefined : verify(input, { mode });
  const verdicts: Record<string, Verdict['reason']> = {
    strict: strict.reason,
    reference: reference.reason,
  };
  if (house !== undefined) verdicts[mode] = house.reason;
  if (unusable !== undefined && !unusable.usable)
    return [{ id, kind: 'unverifiable-gold', why: unusable.reason, verdicts }];
  const finding =
    disagreement(strict, reference, house, mode) ??
    otherVerdict(stored, house ?? strict, mode) ??
    nearMiss(input, strict);
  return finding === undefined ? [] : [{ id, verdicts, ...finding }];
}

function disagreement(
  strict: Verdict,
  reference: Verdict,
  house: Verdict | undefined,
  mode: Mode,
): Pick<Finding, 'kind' | 'why'> | undefined {
  if (strict.correct && (house?.correct === false || !reference.correct)) {
    const against = house?.correct === false ? mode : 'reference';
    return house?.correct === false
      ? {
          kind: 'likely-false-positive',
          why: `strict accepts (${strict.reason}), ${against} does not`,
        }
      : {
          kind: 'likely-false-negative',
          why: `reference rejects what strict accepts (${strict.reason})`,
        };
  }
  if (!strict.correct && (house?.correct === true || reference.correct)) {
    const who = house?.correct === true ? mode : 'reference';
    const kind = house?.correct === true ? 'likely-false-negative' : 'likely-false-positive';
    return { kind, why: `${who} accepts, strict does not (${strict.reason})` };
  }
  return undefined;
}

/** The run judged the rollout otherwise: under other options, or before a rule changed. */
function otherVerdict(
  stored: boolean | undefined,
  now: Verdict,
  mode: Mode,
): Pick<Finding, 'kind' | 'why'> | undefined {
  if (stored === undefined || stored === now.correct) return undefined;
  const word = stored ? 'correct' : 'not correct';
  return {
    kind: 'other-verdict',
    why: `the run says ${word}, ${mode} says ${now.status} (${now.reason})`,
  };
}

/** Wrong in `strict`, but right under one looser reading. */
function nearMiss(input: VerifyInput, strict: Verdict): Pick<Finding, 'kind' | 'why'> | undefined {
  if (strict.correct || strict.status === 'unverifiable') return undefined;
  const looser: readonly (readonly [string, () => Verdict])[] = [
    ['two decimal places', () => verify(input, { policy: { precision: 2 } })],
    ['percent sign ignored', () => verify(input, { policy: { percent: 'ignore' } })],
    ['variables renamed', () => verify(input, { policy: { renameVariables: true } })],
    [
      'an interval for an inequality',
      () => verify(input, { policy: { intervalMeetsInequality: true } }),
    ],
    ['an unfinished box', () => verify(input, { policy: { unclosedBox: 'rest' } })],
    ['a looser extraction', () => verify({ ...input, source: 'auto' })],
  ];
  const words: readonly (readonly [string, () => Verdict])[] = [
    [
      "the reference answer's words among others",
      () => verify(input, { policy: { text: 'gold-words-contained' } }),
    ],
  ];
  const prose = [input.gold].flat().every((gold) => /^[^\d\\=<>]{4,}$/.test(gold));
  const found = [...looser, ...(prose ? words : [])].find(([, judge]) => judge().correct);
  return (
    found && { kind: 'near-miss', why: `right with ${found[0]}; strict says ${strict.reason}` }
  );
}
