import type { DatasetSummary, Finding, FindingAction } from '#data';
import { table } from './table.ts';

const BAR = 30;

/** A summary for people: counts, tables, and the first findings of each code. */
export function summaryLines(
  summary: DatasetSummary,
  findings: readonly Finding[],
  show: number,
): readonly string[] {
  const { rows, kept, dropped, repaired, hash } = summary;
  const lines = [
    `${rows} rows, ${kept} kept, ${dropped} dropped, ${repaired} mended`,
    `hash ${hash}`,
  ];
  if (findings.length > 0) lines.push('', ...findingLines(summary, findings, show));
  const { categoryDeviation: off } = summary;
  const share = (name: string): string => {
    const points = off?.[name];
    return points === undefined ? '' : `${points >= 0 ? '+' : ''}${points} points`;
  };
  if (summary.kept > 0) {
    lines.push('', ...counts('category', summary.categories, share));
    lines.push('', ...counts('source', summary.sources));
    lines.push('', ...counts('pictures', summary.images));
  }
  for (const [name, rates] of Object.entries(summary.passRates)) {
    lines.push('', `pass rate ${name}: measured ${rates.measured}, missing ${rates.missing}`);
    lines.push(...counts('rate', rates.histogram));
  }
  const { promptTokens: tokens } = summary;
  if (tokens !== undefined) {
    const { least, median, p95, most } = tokens;
    lines.push('', `prompt tokens: least ${least}, median ${median}, 95 % ${p95}, most ${most}`);
    lines.push(...counts('tokens', tokens.histogram));
  }
  return lines;
}

/** What costs rows stands first. */
const actions: readonly FindingAction[] = ['drop', 'repair', 'warn', 'list'];

function findingLines(
  { findings: counted }: DatasetSummary,
  findings: readonly Finding[],
  show: number,
): readonly string[] {
  const codes = Object.entries(counted)
    .map(([code, count]) => {
      const action = findings.find((finding) => finding.code === code)?.action ?? 'list';
      return { code, action, count };
    })
    .sort((a, b) => actions.indexOf(a.action) - actions.indexOf(b.action));
  const rows = codes.map(({ code, action, count }) => [code, action, String(count)]);
  const lines = [
    ...table([{ title: 'finding' }, { title: 'action' }, { title: 'rows', align: 'right' }], rows),
  ];
  for (const { code } of codes) {
    const own = findings.filter((finding) => finding.code === code);
    for (const { file, row, id, message } of own.slice(0, show)) {
      lines.push(`  ${code}  ${file}:${row}${id === undefined ? '' : ` (${id})`}  ${message}`);
    }
    if (own.length > show && show > 0)
      lines.push(`  ${code}  … ${own.length - show} more with --show`);
  }
  return lines;
}

function counts(
  title: string,
  all: Readonly<Record<string, number>>,
  note: (name: string) => string = () => '',
): readonly string[] {
  const most = Math.max(1, ...Object.values(all));
  const rows = Object.entries(all).map(([name, count]) => [
    name === '' ? '(none)' : name,
    String(count),
    '█'.repeat(Math.round((BAR * count) / most)),
    note(name),
  ]);
  const columns = [
    { title },
    { title: 'problems', align: 'right' as const },
    { title: '' },
    { title: '' },
  ];
  return table(columns, rows);
}
