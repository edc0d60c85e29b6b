import { verify } from '#verify';
import type { Mode, Verdict, VerifyInput } from '#verify';

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

const sentences: Readonly<Partial<Record<Verdict['reason'], string>>> = {
  identical: 'both sides are the same after clean-up',
  'number-exact': 'both sides are the same number, exactly',
  'number-rounded': 'a decimal agrees after rounding both sides',
  'expression-expanded': 'both sides expand to the same polynomial or quotient',
  'expression-sampled': 'both sides have the same value at every point tried',
  'text-equal': 'the same words, letter case aside',
  'option-letter': 'the same option letter',
  'option-text': 'the text of the right option, and of no other',
  'elements-equal': 'the same elements',
  'relation-equal': 'the same relation, turned or scaled',
  'house-rule': "the benchmark's own rule accepts it",
  'number-differs': 'the numbers differ',
  'expression-differs': 'the expressions differ',
  'shape-differs': 'the two sides are different kinds of thing',
  'count-differs': 'the number of elements differs',
  'order-differs': 'the elements stand in another order',
  'bracket-differs': 'the brackets differ',
  'variables-differ': 'the variables differ',
  'relation-differs': 'the relations differ',
  'unit-conflict': 'the units cannot be converted into each other',
  'text-differs': 'the words differ',
  'option-differs': 'another option, or none of them',
};

/** One case for a person: what was found where, what both sides mean, which relation decided. */
export function explain(input: VerifyInput, mode: Mode): string {
  const verdict = verify(input, { mode });
  const gold = typeof input.gold === 'string' ? input.gold : input.gold.join('  |  ');
  const lines = [
    `${verdict.correct ? 'correct' : verdict.status}: ${sentences[verdict.reason] ?? verdict.reason} (${verdict.reason})`,
  ];
  lines.push(`gold      ${shown(gold)}${verdict.shapes ? `   [${verdict.shapes.gold}]` : ''}`);
  if (verdict.answer === undefined) {
    const hint = input.source === 'response' ? '; --source answer takes the text itself' : '';
    lines.push(`answer    none found${hint}`);
  } else {
    const { text, start, end, via } = verdict.answer;
    const shape = verdict.shapes ? `   [${verdict.shapes.prediction}]` : '';
    lines.push(`answer    ${shown(text)}${shape}`);
    lines.push(`found     ${places[via]}, characters ${start} to ${end}`);
  }
  if (verdict.notes.length > 0)
    lines.push(`notes     ${verdict.notes.map((note) => shown(note)).join(', ')}`);
  lines.push(`mode      ${mode}, ${verdict.steps} steps`);
  return `${lines.join('\n')}\n`;
}
