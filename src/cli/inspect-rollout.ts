import { resolve } from 'node:path';
import type { AttemptRow, ProblemRow, SpanRow, StoredRollout, StoredUse, VerdictRow } from '#run';
import { paint } from './text.ts';
import type { Style } from './text.ts';

const styles: Readonly<Record<string, Style>> = { trigger: 'yellow', rethinking: 'cyan' };

/** A problem above its rollouts; `folder` is the run's, in which drawn pictures lie. */
export function problemLines(
  problem: ProblemRow,
  folder: string,
  color: boolean,
): readonly string[] {
  const pictures = problem.pictures.map(({ path, hash, width, height }) => {
    const name = path === null ? hash.slice(0, 12) : resolve(folder, path);
    return `   picture ${name} (${width} × ${height})`;
  });
  return [
    '',
    paint(color, 'bold', `■ ${problem.id}  ${problem.category}`),
    ...indented(harmless(problem.question)),
    ...pictures,
    `   answer ${harmless(problem.answer)}`,
  ];
}

/** One rollout: where it stands, its text in colours, its verdict, and where it was trained on. */
export function rolloutLines(
  rollout: StoredRollout,
  uses: readonly StoredUse[],
  color: boolean,
): readonly string[] {
  const { id, verdict, draftVerdict, advantage, trigger, waits, stop, weightsVersion } = rollout;
  const parts = [
    paint(color, 'bold', id),
    `weights ${weightsVersion}`,
    verdictText(verdict, color),
    advantage === null ? 'not trained on' : `advantage ${signed(advantage)}`,
    ...(draftVerdict === null ? [] : [`draft was ${draftVerdict.code}`]),
    ...(trigger === null ? [] : [`trigger ${trigger}`]),
    ...(waits > 0 ? [`waits ${waits}`] : []),
    ...(stop === 'end' ? [] : [`stopped by ${stop}`]),
  ];
  return ['', parts.join('  '), ...indented(colored(rollout.spans, color)), ...useLines(uses)];
}

/** A rethinking that was not kept. */
export function attemptLines(attempt: AttemptRow, color: boolean): readonly string[] {
  const { rolloutId, trigger, outcome, before, after, text } = attempt;
  const change = `${verdictText(before, color)} → ${verdictText(after, color)}`;
  const head = [paint(color, 'bold', rolloutId), `not kept: ${outcome}`, change, trigger];
  return ['', head.join('  '), ...indented(harmless(text))];
}

/** Text of a model or a dataset must not steer the terminal. */
function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu, '\ufffd');
}

function colored(spans: readonly SpanRow[], color: boolean): string {
  return spans
    .map(({ kind, text: raw }) => {
      const text = harmless(raw);
      const style = styles[kind];
      // Without colour the borders are marked, so that a trigger is never taken for the policy's words.
      if (!color) return kind === 'draft' ? text : `⟨${kind}⟩${text}⟨/${kind}⟩`;
      return style === undefined
        ? text
        : text
            .split('\n')
            .map((line) => paint(true, style, line))
            .join('\n');
    })
    .join('');
}

function verdictText({ code, extracted, reward, shaping }: VerdictRow, color: boolean): string {
  const answer = extracted === null ? '' : ` “${harmless(extracted)}”`;
  const shaped = shaping === 0 ? '' : ` reward ${reward}`;
  return paint(color, code === 'correct' ? 'green' : 'red', `${code}${answer}${shaped}`);
}

function useLines(uses: readonly StoredUse[]): readonly string[] {
  if (uses.length === 0) return [];
  // Replay may draw a sample several times in one step.
  const steps = [...Map.groupBy(uses, ({ step, age }) => `${step} ${age}`).values()].map((same) => {
    const [{ step, age } = { step: 0, age: null }] = same;
    if (age === null) return `step ${step}`;
    return `step ${step} (replayed${same.length > 1 ? ` ${same.length} times` : ''}, age ${age})`;
  });
  return [`   trained on in ${steps.join(', ')}`];
}

function indented(text: string): readonly string[] {
  return text.split('\n').map((line) => `   ${line}`);
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(3)}`;
}
