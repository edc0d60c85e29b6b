import type { Adapter, RawProblem } from './adapters/adapter.ts';
import { findingActions } from './finding.ts';
import type { Finding, FindingAction, FindingCode } from './finding.ts';
import type { ImageRef, Problem } from './problem.ts';

/** Marks the place of a picture in a question. */
const MARK = '<image>';
const MOST_IMAGES = 8;

/** What is found in a row, in the order of the checks. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #place: Pick<Finding, 'file' | 'row' | 'id'>;

  constructor(place: Pick<Finding, 'file' | 'row' | 'id'>) {
    this.#place = place;
  }

  add(code: FindingCode, message: string): void {
    const action: FindingAction = findingActions[code];
    this.all.push({ code, action, ...this.#place, message });
  }

  get dropped(): boolean {
    return this.all.some(({ action }) => action === 'drop');
  }
}

/**
 * A row as a problem: what can be mended is mended, everything that is wrong becomes a finding. The
 * problem is returned even where a finding drops it.
 */
export function checkRow(
  raw: RawProblem,
  { id, images, adapter }: { id: string; images: readonly ImageRef[]; adapter: Adapter },
  findings: Findings,
): Problem {
  const { options, source } = raw;
  const passRates = checkRates(raw.passRates, findings);
  const answer = checkAnswer(raw.answer, adapter, findings);
  checkChoice(raw, answer, findings);
  checkLists(raw, adapter, findings);
  return {
    id,
    question: checkMarks(raw, findings),
    images,
    answer,
    ...(options === undefined ? {} : { options }),
    category: raw.category,
    ...(source === undefined ? {} : { source }),
    ...(passRates === undefined ? {} : { passRates }),
    ...(raw.response === undefined ? {} : { response: raw.response }),
  };
}

function checkMarks({ question, pictures }: RawProblem, findings: Findings): string {
  const marks = question.split(MARK).length - 1;
  const count = pictures.length;
  if (count > MOST_IMAGES) {
    findings.add('too_many_images', `expected at most ${MOST_IMAGES} pictures, found ${count}`);
  }
  if (marks === count) return question;
  const found = `expected one ${MARK} for each of ${count} pictures, found ${marks}`;
  if (marks > 0) {
    findings.add('placeholder_mismatch', found);
    return question;
  }
  findings.add('placeholder_missing', `${found}; the pictures go before the question`);
  return MARK.repeat(count) + question;
}

function checkRates(
  rates: RawProblem['passRates'],
  findings: Findings,
): Record<string, number> | undefined {
  if (rates === undefined) return undefined;
  const kept = Object.entries(rates).filter(([name, rate]) => {
    if (rate >= 0 && rate <= 1) return true;
    if (rate !== -1) {
      const message = `pass rate ${name}: expected a number in [0, 1], or −1 for not measured, found ${rate}`;
      findings.add('passrate_range', message);
    }
    return false;
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function checkAnswer(answer: string, { boxedAnswers }: Adapter, findings: Findings): string {
  const shown = answer.length > 80 ? `${answer.slice(0, 80)}…` : answer;
  const box = boxOf(answer);
  if (answer.trim() === '' || (box !== undefined && box !== null && box.trim() === '')) {
    findings.add('gold_empty', `expected an answer, found ${JSON.stringify(shown)}`);
  } else if (box === null || (box !== undefined && !braceCountsAgree(answer))) {
    findings.add('gold_unparsable', `expected a box whose braces close, found ${shown}`);
  } else if (box === undefined && boxedAnswers) {
    findings.add('gold_missing_box', `expected \\boxed{…}, found ${shown}; it is put into a box`);
    return `\\boxed{${answer}}`;
  }
  return answer;
}

/**
 * Whether as many braces close as open, those behind a backslash counted as well: extractors that count
 * them so take such an answer for none (row 34209 of ViRL39K), and reward every response without one.
 */
function braceCountsAgree(answer: string): boolean {
  return answer.split('{').length === answer.split('}').length;
}

/** The content of the last box; undefined without one, null where its braces do not close. */
export function boxOf(answer: string): string | undefined | null {
  const start = answer.lastIndexOf('\\boxed{');
  if (start < 0) return undefined;
  const from = start + '\\boxed{'.length;
  let depth = 1;
  for (let at = from; at < answer.length; at++) {
    const sign = answer[at];
    if (sign === '\\') at++;
    else if (sign === '{') depth++;
    else if (sign === '}' && --depth === 0) return answer.slice(from, at);
  }
  return null;
}

/** A letter for an answer needs an option of that letter. */
function checkChoice({ question, options }: RawProblem, answer: string, findings: Findings): void {
  const letter = /^\s*\(?([A-J])\)?\.?\s*$/.exec(boxOf(answer) ?? answer)?.[1];
  if (letter === undefined) return;
  const place = letter.charCodeAt(0) - 65;
  if (options !== undefined && place < options.length) return;
  if (new RegExp(`\\(${letter}\\)|(^|\\s)${letter}[.):]`).test(question)) return;
  const found = options === undefined ? 'no options' : `${options.length} options`;
  findings.add(
    'choice_missing',
    `the answer is ${letter}, expected an option of that letter, found ${found}`,
  );
}

function checkLists({ category, source }: RawProblem, adapter: Adapter, findings: Findings): void {
  const { categories, sources } = adapter;
  if (categories !== undefined && !categories.includes(category)) {
    findings.add(
      'category_unknown',
      `expected a category of ${adapter.name}, found ${JSON.stringify(category)}`,
    );
  }
  if (sources !== undefined && !sources.includes(source ?? '')) {
    findings.add(
      'source_unknown',
      `expected a source of ${adapter.name}, found ${JSON.stringify(source ?? '')}`,
    );
  }
}
