import type { AttemptRow, ProblemRow, SpanRow, VerdictRow } from '#run';
import { number } from './format.ts';
import type { Html } from './html.ts';
import { markup } from './html.ts';
import type { ShownPicture } from './pictures.ts';
import type { LostReading, Reading, ReadingGroup } from './readings.ts';

/** Pictures of a problem, as many as it has. */
export type PicturesOf = (problem: ProblemRow | undefined) => readonly ShownPicture[];

/** Responses worth reading: the problem with its pictures, the response in the colours of its authors. */
export function readingGroup(group: ReadingGroup, picturesOf: PicturesOf): Html {
  const kept = group.readings.map((reading) => readingHtml(reading, picturesOf));
  const lost = group.lost.map((reading) => lostHtml(reading, picturesOf));
  return markup`<h3>${group.title}</h3>
    <p class="help">${group.help}</p>
    <div class="readings">${[...kept, ...lost]}</div>`;
}

function readingHtml({ problem, rollout, drawn }: Reading, picturesOf: PicturesOf): Html {
  const { verdict, draftVerdict, advantage, waits, stop, spans, id, problemId } = rollout;
  const facts = [
    advantage === null ? 'not trained on' : `advantage ${number(Number(advantage.toFixed(3)))}`,
    drawn > 0 ? `replayed ${drawn}×` : '',
    waits > 0 ? `${waits} own ${waits === 1 ? 'wait' : 'waits'}` : '',
    stop === 'end' ? '' : `stopped by ${stop}`,
  ].filter(Boolean);
  const change = draftVerdict === null ? markup`` : markup`${badge(draftVerdict)} → `;
  return markup`<article class="card reading">
    ${asked(problem, problemId, picturesOf)}
    <div>
      <p class="facts">${change}${badge(verdict)} ${facts.join(' · ')}</p>
      <pre>${spans.map(spanHtml)}</pre>
      <p class="id">${id}</p>
    </div>
  </article>`;
}

function lostHtml({ problem, attempt }: LostReading, picturesOf: PicturesOf): Html {
  const { before, after, trigger, problemId, rolloutId, outcome } = attempt;
  return markup`<article class="card reading">
    ${asked(problem, problemId, picturesOf)}
    <div>
      <p class="facts">
        ${badge(before)} → ${badge(after)} trigger ${trigger} · not kept: ${outcome}
      </p>
      <pre>${splitAttempt(attempt).map(spanHtml)}</pre>
      <p class="id">${rolloutId}</p>
    </div>
  </article>`;
}

/** Texts of the triggers begin with a blank line and this word (algorithm.md 2.7). */
const triggerTexts: Readonly<Record<string, string>> = {
  self_questioning: '\n\nWait, does it seem right?',
  self_correction: '\n\nWait, there might be a mistake',
  self_verification: "\n\nWait, let's double check",
  bare_wait: '\n\nWait',
};

/** A stored attempt is one text; its trigger is found in it by its words. */
function splitAttempt({
  text,
  trigger,
  waits,
}: AttemptRow): readonly Pick<SpanRow, 'kind' | 'text'>[] {
  const words = triggerTexts[trigger];
  // The first answer may hold the same words by itself; without a wait in the rethinking ours are the last.
  const at = words === undefined ? -1 : waits === 0 ? text.lastIndexOf(words) : text.indexOf(words);
  if (words === undefined || at < 0) return [{ kind: 'draft', text }];
  return [
    { kind: 'draft', text: text.slice(0, at) },
    { kind: 'trigger', text: words },
    { kind: 'rethinking', text: text.slice(at + words.length) },
  ];
}

/** The words for who wrote a span. */
const authors: Readonly<Record<string, string>> = {
  draft: 'first answer',
  trigger: 'trigger',
  rethinking: 'rethinking',
};

function spanHtml({ kind, text }: Pick<SpanRow, 'kind' | 'text'>): Html {
  const known = authors[kind] === undefined ? 'draft' : kind;
  return markup`<span class="${known}" title="${authors[kind] ?? kind}">${text}</span>`;
}

/** The key to the colours of spans. */
export function spanLegend(): Html {
  return markup`<p class="spans">
    <span class="draft">first answer</span><span class="trigger">trigger, written by us</span
    ><span class="rethinking">rethinking</span>
  </p>`;
}

export function asked(
  problem: Pick<ProblemRow, 'question' | 'answer' | 'category'> | undefined,
  id: string,
  picturesOf: (problem: undefined | ProblemRow) => readonly ShownPicture[],
): Html {
  const pictures = picturesOf(problem as ProblemRow | undefined);
  const text = problem?.question ?? 'The question is not stored in this run.';
  const question = withoutMarks(text, pictures.length);
  return markup`<div class="asked">
    ${pictures.map(pictureHtml)}
    <p class="question">${question}</p>
    <p class="facts">
      ${problem?.category ?? id} · reference answer <b>${problem?.answer ?? '–'}</b>
    </p>
  </div>`;
}

/** The place of a picture is marked where there are several; a single one stands above. */
function withoutMarks(question: string, pictures: number): string {
  let place = 0;
  return question.replaceAll('<image>', () => (pictures > 1 ? `[picture ${++place}]` : '')).trim();
}

function pictureHtml({ url, width, height, name }: ShownPicture): Html {
  if (url === null) {
    return markup`<p class="no-picture">picture cannot be read: ${name}</p>`;
  }
  const small = Math.max(width, height) <= 160 ? 'pixels' : '';
  return markup`<img
    class="${small}"
    src="${url}"
    alt="picture of the problem"
    width="${width}"
    height="${height}"
    decoding="async"
  />`;
}

export function badge({ code, extracted }: Pick<VerdictRow, 'code' | 'extracted'>): Html {
  const kind = code === 'correct' ? 'right' : 'wrong';
  const words = code.replaceAll(/[-_]/gu, ' ');
  return markup`<span class="badge ${kind}"
    >${kind === 'right' ? '✓' : '✗'} ${words}${extracted === null ? '' : ` “${extracted}”`}</span
  >`;
}
