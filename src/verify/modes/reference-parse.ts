import { atFirstUse } from '../at-first-use.ts';
import { findBoxes, joinedBoxes } from '../extract/boxes.ts';
import { findSegments } from '../extract/segments.ts';

export interface ParsedReference {
  /** What is parsed as mathematics; undefined when the match cannot be parsed. */
  readonly value: string | undefined;
  /** The clean string of the first match; empty without a match. */
  readonly text: string;
}

interface Match {
  readonly text: string;
  readonly end: number;
}

/**
 * Math-Verify's `parse` by priority classes: "final answer is …" and boxes, what follows
 * "answer:", what follows "answer", any mathematics or number. In a class the match that ends
 * right-most is taken.
 */
export function parseReference(text: string): ParsedReference {
  for (const matches of [finalOrBox, behindColon, behindAnswer, anywhere]) {
    const found = matches(text);
    if (found !== undefined) return parsed(found.text);
  }
  return { value: undefined, text: '' };
}

function parsed(content: string): ParsedReference {
  const text = cleanLatex(content);
  // A degree sign and the empty braces that a removed unit leaves are no mathematics there.
  const broken = text === '' || text.includes('°') || /(?<!\\)\{\s*\}/.test(text);
  return { value: broken ? undefined : text, text };
}

/** The clean-up that the string entry of a parse shows. */
function cleanLatex(content: string): string {
  let text = content
    .replace(/\\m?left(?=[[({|\\])/g, '')
    .replace(/\\m?right(?=[\])}|\\])/g, '')
    .replace(/\\math(?:rm|it|bf)/g, '\\text')
    .replace(/\\text\{\s*\}|\\!\s*|\\\$|\$|\\displaystyle|(?<!\\)["']/g, '')
    .replace(/\\[dtc]frac/g, '\\frac')
    .replace(/(?<![a-zA-Z]),?\s*(?:and|or)(?![a-zA-Z])/g, ',')
    .replace(/\s*(?:percentage|percent|pct)/g, '\\%')
    .replace(/\n|\t/g, ' ');
  const stripped = text.replace(/\\(?:text|mbox)\{[^{}]*\}(?:\^\d|\{\^\d\})?$/, '').trim();
  if (stripped !== '') text = stripped;
  for (let round = 0; round < 2; round += 1) text = withoutUnit(text);
  if (text.startsWith('.')) text = `0${text}`;
  return text.trim();
}

const units =
  'feet|digit|pound|meal|edge|student|multiple|east|degree|mph|kmph|ft|deg|mile|monkey|prime|ratio|rd|o|gm|lb|tile|per|dm|lt|gain|ab|way|west|t|h|men|soldier|pie|bc|excess|st|inches|noon|cent|by|gal|kmh|c|acre|rise|th|sq|mark|l|toy|coin|gallon|profit|minw|yr|women|am|pm|hr|square|are|rupee|rounds|cubic|cc|mtr|s|ohm|number|day|hour|minute|min|second|man|woman|sec|cube|mt|mp|hectare|more|unit|rs|kg|g|month|km|m|cm|mm|apple|liter|loss|yard|pure|year|increase|decrease|d|less|litre|metre|meter|inch';
const unitAtEnd = atFirstUse(() => new RegExp(`(\\d|\\}|\\s)\\s*(?:${units})(?:s|es)?\\s*$`));

function withoutUnit(text: string): string {
  const tail = text.slice(-40);
  const cut = tail.replace(unitAtEnd(), '$1');
  const next = text.slice(0, text.length - tail.length) + cut;
  return next.trim() === '' ? text : next;
}

/** Classes 0 and 50. */
function finalOrBox(text: string): Match | undefined {
  const phrase = finalPhrase(text);
  const box = boxMatch(text);
  if (phrase === undefined) return box;
  return box === undefined || phrase.end > box.end ? phrase : box;
}

function boxMatch(text: string): Match | undefined {
  if (!text.includes('\\boxed{')) return undefined;
  const { boxes, unclosed } = findBoxes(text);
  const last = boxes.at(-1);
  const end = text.lastIndexOf('}');
  if (end < text.indexOf('\\boxed{')) return undefined;
  if (unclosed >= 0 && (last === undefined || unclosed > last.to))
    return { text: text.slice(unclosed), end: text.length };
  if (last === undefined) return undefined;
  const contents = joinedBoxes(text, boxes).map((box) => text.slice(box.start, box.end).trim());
  return { text: contents.join(','), end };
}

function finalPhrase(text: string): Match | undefined {
  const lower = text.toLowerCase();
  let at = lower.lastIndexOf('final answer');
  for (let tried = 0; at >= 0 && tried < occurrences; tried += 1) {
    const window = text.slice(at + 12, at + 124);
    for (const verb of window.matchAll(/\sis:?\s*/g)) {
      const start = at + 12 + (verb.index ?? 0) + verb[0].length;
      const found = startsWithMath(text, start);
      if (found !== undefined) return found;
    }
    at = at === 0 ? -1 : lower.lastIndexOf('final answer', at - 1);
  }
  return undefined;
}

/** Phrases that are looked at from the end; a text with more of them is no answer. */
const occurrences = 8;

/** Mathematics or a number right at `start`. */
function startsWithMath(text: string, start: number): Match | undefined {
  const window = text.slice(start, start + 2_000);
  const segment = findSegments(window)[0];
  if (segment?.from === 0) return withNeighbours(window, start);
  const number =
    /^[$€£¥₹]?(-?\(?-?\d[\d.\s+*/^()×÷-]*\d\)?|-?\d[\d,]*(?:\.\d+)?)\s*(?:%|percent)?/.exec(window);
  return number === null
    ? undefined
    : { text: number[0].replace(/^\$/, '').trim(), end: start + number[0].length };
}

function withNeighbours(window: string, start: number): Match {
  const segments = findSegments(window);
  const joined: string[] = [];
  let end = 0;
  for (const segment of segments.slice(0, 6)) {
    const gap = window.slice(end, segment.from);
    if (joined.length > 0 && !/^\s*(?:,?and|,?or|,)\s*$/.test(gap)) break;
    joined.push(window.slice(segment.start, segment.end));
    end = segment.to;
  }
  const percent = /^\s*(?:\\?%|percent(?:age)?|pct)/i.exec(window.slice(end));
  const content = joined.join(',') + (percent === null ? '' : '\\%');
  return { text: boxMatch(content)?.text ?? content, end: start + end };
}

function behindColon(text: string): Match | undefined {
  return behindWord(text, 'answer:', 50);
}

function behindAnswer(text: string): Match | undefined {
  return behindWord(text, 'answer', 50);
}

/** The right-most mathematics or number that begins within `reach` characters behind the word. */
function behindWord(text: string, word: string, reach: number): Match | undefined {
  const lower = text.toLowerCase();
  let at = lower.lastIndexOf(word);
  for (let tried = 0; at >= 0 && tried < occurrences; tried += 1) {
    const from = at + word.length;
    const window = text.slice(from, from + reach + 2_000);
    const segment = findSegments(window).find((candidate) => candidate.from <= reach);
    const number =
      /(?:^|[\s=])(?:\*\*)?[$€£¥₹]?(-?\d+(?:,\d{3})*(?:[.,]\d+)?(?:\s*[-+*/^×÷]\s*\d+(?:\.\d+)?)*\s*(?:%|percent)?)/.exec(
        window.slice(0, reach + 60),
      );
    if (segment !== undefined && (number === null || segment.to > (number.index ?? 0)))
      return withNeighbours(window.slice(segment.from), from + segment.from);
    if (number?.[1] !== undefined && number.index <= reach)
      return { text: number[1].trim(), end: from + number.index + number[0].length };
    at = at === 0 ? -1 : lower.lastIndexOf(word, at - 1);
  }
  return undefined;
}

/** Class 300: the mathematics or number that ends right-most. */
function anywhere(text: string): Match | undefined {
  const segments = findSegments(text);
  const last = segments.at(-1);
  const number = plainNumber(text);
  if (number !== undefined && (last === undefined || number.end > last.to)) return number;
  if (last === undefined) return undefined;
  let first = segments.length - 1;
  while (first > 0) {
    const gap = text.slice(segments[first - 1]?.to ?? 0, segments[first]?.from ?? 0);
    if (!/^\s*(?:,?and|,?or|,)\s*$/.test(gap)) break;
    first -= 1;
  }
  const from = segments[first]?.from ?? last.from;
  return withNeighbours(text.slice(from, last.to + 20), from);
}

/** Characters at the end of a text in which plain numbers are looked for. */
const reach = 2_000;

const numbers =
  /(?:^|[\s=])(?:\*\*)?[$€£¥₹]?(-?[1-9]\d{0,2}(?:[ ,]\d{3})+(?:\.\d+)?|-?\d+[.,]\d+|-?\.?\d+)(\s*(?:%|percent|pct))?/gi;
const arithmetic =
  /(?:^|[\s=])(?:\*\*)?(-?\(?-?\d[\d.\s+*×/^()÷-]*[+*×/^()÷-][\d.\s+*×/^()÷-]*\d\)?)(?=\*\*|[.,:\s)$]|$)/g;
const fractions = /-?\\frac\{-?\d+(?:[.,]\d+)?\}\{-?\d+(?:[.,]\d+)?\}(\s*(?:\\?%|percent|pct))?/g;

/** The plain number, arithmetic or fraction that ends right-most, a percent word read as a sign. */
function plainNumber(text: string): Match | undefined {
  const offset = Math.max(0, text.length - reach);
  const tail = text.slice(offset);
  let best: Match | undefined;
  const offer = (content: string, end: number): void => {
    if (best === undefined || end > best.end) best = { text: content, end: offset + end };
  };
  for (const match of tail.matchAll(arithmetic))
    offer((match[1] ?? '').trim(), match.index + match[0].length);
  for (const match of tail.matchAll(numbers)) {
    const digits = match[1] ?? '';
    const plain =
      /^-?\d+,\d+$/.test(digits) && !/^-?[1-9]\d{0,2}(?:,\d{3})+$/.test(digits)
        ? digits.replace(',', '.')
        : digits;
    offer(plain + (match[2] === undefined ? '' : '\\%'), match.index + match[0].length);
  }
  for (const match of tail.matchAll(fractions)) {
    const percent = match[1] ?? '';
    offer(
      match[0].slice(0, match[0].length - percent.length) + (percent === '' ? '' : '\\%'),
      match.index + match[0].length,
    );
  }
  return best;
}
