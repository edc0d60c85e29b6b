import { table } from '../table.ts';
import type { Assessment, Changes, Share } from './assessment.ts';

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

/** A share for people. */
export function shareText({ share, low, high }: Share): string {
  return `${percent(share)} (95 %: ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)})`;
}

function changesText({ fixed, broken }: Changes): string {
  return `${fixed} fixed, ${broken} broken`;
}

/** Lines for people. */
export function assessmentText(found: Assessment): readonly string[] {
  const { problems, greedy, truncated, unanswered, tokens, forced, waits, sampledWaits } = found;
  const faults = `${truncated} cut off, ${unanswered} without an answer, ${tokens.toFixed(0)} tokens each`;
  const rows: [string, string][] = [
    ['greedy', `${shareText(greedy)} of ${problems}; ${faults}`],
    ['behind a trigger', `${shareText(forced)}; ${changesText(forced)}`],
    ['oracle bound', `${shareText(found.oracleBound)}; right before or behind the trigger`],
    ['waits by itself, greedy', `${shareText(waits)}; ${changesText(waits)}`],
  ];
  if (sampledWaits !== null && found.passAt1 !== null && found.passAtN !== null) {
    rows.push(
      ['waits by itself, sampled', `${shareText(sampledWaits)}; ${changesText(sampledWaits)}`],
      ['pass@1, sampled', shareText(found.passAt1)],
    );
    if (found.samples > 1) rows.push([`pass@${found.samples}`, shareText(found.passAtN)]);
  }
  return [...table([{ title: '' }, { title: '' }], rows), '', ...groupTable(found)];
}

function groupTable({ groups, samples }: Assessment): readonly string[] {
  const number = (value: number | null) => (value === null ? '–' : percent(value));
  const rows = Object.entries(groups).map(([name, { n, greedy, passAt1, passAtN }]) => [
    name,
    String(n),
    percent(greedy),
    number(passAt1),
    ...(samples > 1 ? [number(passAtN)] : []),
  ]);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: 'group' },
    ...['problems', 'greedy', 'pass@1', ...(samples > 1 ? [`pass@${samples}`] : [])].map(right),
  ];
  return table(columns, rows);
}
