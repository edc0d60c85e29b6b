import { verify } from '#verify';
import type { Mode, Verdict, VerifyInput } from '#verify';
import { noteWords, reasonWords } from './verify-words.ts';

/** Text from outside, made safe for a terminal: control characters and direction marks as escapes. */
export function shown(text: string, limit = 400): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
  return cut.replace(
    // oxlint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (character) =>
      character === '\n' ? '⏎' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const places: Readonly<Record<NonNullable<Verdict['answer']>['via'], string>> = {
  box: 'in a box',
  tag: 'in an answer tag',
  phrase: 'behind an answer phrase',
  segment: 'in the last mathematics',
  number: 'as the last number',
  whole: 'as the whole text',
};

const kindOf = (shape: string | undefined): string => (shape === undefined ? '' : `   (${shape})`);

/** One case for a person: what was found where, what both sides mean, which rule decided. */
export function explain(input: VerifyInput, mode: Mode): string {
  const verdict = verify(input, { mode });
  const gold = typeof input.gold === 'string' ? input.gold : input.gold.join('  |  ');
  const lines = [`${verdict.status}: ${reasonWords[verdict.reason]} (${verdict.reason})`];
  lines.push(`answer     ${shown(gold)}${kindOf(verdict.shapes?.gold)}`);
  if (verdict.answer === undefined) {
    const hint =
      input.source === 'response' && verdict.status === 'no-answer'
        ? '; --source answer takes the text itself'
        : '';
    lines.push(`extracted  nothing${hint}`);
  } else {
    const { text, start, end, via } = verdict.answer;
    lines.push(`extracted  ${shown(text)}${kindOf(verdict.shapes?.prediction)}`);
    lines.push(`found      ${places[via]}, characters ${start} to ${end}`);
  }
  for (const note of verdict.notes)
    lines.push(
      `note       ${noteWords.get(note) ?? ''}${noteWords.has(note) ? ' ' : ''}(${shown(note)})`,
    );
  lines.push(`mode       ${mode}, ${verdict.steps} steps`);
  return `${lines.join('\n')}\n`;
}
