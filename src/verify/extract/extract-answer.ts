import type { Policy } from '../policy.ts';
import type { Found, Reason } from '../verdict.ts';
import type { Box } from './boxes.ts';
import { findBoxes, joinedBoxes } from './boxes.ts';
import { findPhrase } from './phrase.ts';

/** Where to look and what kind of answer is expected. */
export interface Wanted {
  readonly policy: Policy;
  /** The gold is a list, set or tuple: neighbouring boxes may form one list. */
  readonly listed: boolean;
  /** Finds the answer in what follows an answer phrase. */
  readonly accept: (text: string) => { readonly start: number; readonly end: number } | undefined;
}

export interface Extraction {
  readonly found?: Found;
  /** Why there is no answer. */
  readonly missing?: Reason;
  readonly notes: readonly string[];
}

/** Layer 1: where the answer stands in a response. First hit of box, tag, phrase. */
export function extractAnswer(response: string, wanted: Wanted): Extraction {
  const close = response.lastIndexOf('</think>');
  const { reasoning } = wanted.policy;
  if (reasoning === 'keep') return search(response, 0, wanted);
  if (close < 0) {
    if (reasoning === 'strip-or-nothing') return { missing: 'only-in-reasoning', notes: [] };
    return search(response, 0, wanted);
  }
  const from = close + '</think>'.length;
  const result = search(response.slice(from), from, wanted);
  if (result.found !== undefined || result.missing === 'unclosed-box') return result;
  const before = search(response.slice(0, close), 0, wanted);
  return before.found === undefined ? result : { missing: 'only-in-reasoning', notes: [] };
}

function search(text: string, offset: number, wanted: Wanted): Extraction {
  const { policy } = wanted;
  if (policy.answerTag === 'prefer') {
    const tag = inTag(text, offset, 'first', wanted);
    if (tag !== undefined) return tag;
  }
  const boxed = inBox(text, offset, wanted);
  if (boxed !== undefined) return boxed;
  if (policy.requireBox) return { missing: 'no-box', notes: [] };
  if (policy.answerTag === 'after-box') {
    const tag = inTag(text, offset, 'last', wanted);
    if (tag !== undefined) return tag;
  }
  return inPhrase(text, offset, wanted);
}

function inBox(text: string, offset: number, wanted: Wanted): Extraction | undefined {
  const { boxes, unclosed } = findBoxes(text);
  const last = boxes.at(-1);
  if (last === undefined) {
    if (unclosed < 0) return undefined;
    if (wanted.policy.unclosedBox === 'reject') return { missing: 'unclosed-box', notes: [] };
    return {
      found: foundAt(text, offset, { start: unclosed, end: text.length }, 'box'),
      notes: ['unclosed-box'],
    };
  }
  const join =
    wanted.policy.boxes === 'join' || (wanted.policy.boxes === 'gold-decides' && wanted.listed);
  const joined = join ? joinedBoxes(text, boxes) : [last];
  if (joined.length > 1) return joinedExtraction(text, offset, joined);
  const content = text.slice(last.start, last.end);
  if (content.trim() === '') return { missing: 'empty-box', notes: [] };
  return { found: foundAt(text, offset, last, 'box'), notes: [] };
}

function joinedExtraction(text: string, offset: number, joined: readonly Box[]): Extraction {
  const contents = joined.map((box) => text.slice(box.start, box.end).trim());
  const distinct = contents.filter((content, index) => content !== contents[index - 1]);
  const first = joined[0]?.start ?? 0;
  const end = joined.at(-1)?.end ?? 0;
  return {
    found: { text: distinct.join(', '), start: offset + first, end: offset + end, via: 'box' },
    notes: ['boxes-joined'],
  };
}

function foundAt(
  text: string,
  offset: number,
  range: { readonly start: number; readonly end: number },
  via: Found['via'],
): Found {
  const raw = text.slice(range.start, range.end);
  const start = range.start + (raw.length - raw.trimStart().length);
  const trimmed = raw.trim();
  return { text: trimmed, start: offset + start, end: offset + start + trimmed.length, via };
}

/** The last `<answer>…</answer>`, or the first where tags are preferred; a box inside it is unwrapped. */
function inTag(
  text: string,
  offset: number,
  which: 'first' | 'last',
  wanted: Wanted,
): Extraction | undefined {
  const close = which === 'last' ? text.lastIndexOf('</answer>') : text.indexOf('</answer>');
  if (close < 0) return undefined;
  const open = text.lastIndexOf('<answer>', close);
  if (open < 0) return undefined;
  const start = open + '<answer>'.length;
  const content = text.slice(start, close);
  const box = findBoxes(content).boxes.at(-1);
  if (content.trim() === '') return undefined;
  const range = box ?? stated(content, wanted) ?? { start: 0, end: content.length };
  return { found: foundAt(content, offset + start, range, 'tag'), notes: [] };
}

/** What the last answer phrase states; also inside a tag: `<answer>The answer is 42</answer>`. */
function stated(
  content: string,
  wanted: Wanted,
): { readonly start: number; readonly end: number } | undefined {
  const phrase = findPhrase(content, wanted.policy.language);
  const range = phrase && wanted.accept(content.slice(phrase.start, phrase.end));
  return phrase && range && { start: phrase.start + range.start, end: phrase.start + range.end };
}

function inPhrase(text: string, offset: number, wanted: Wanted): Extraction {
  const range = stated(text, wanted);
  if (range === undefined) return { missing: 'no-phrase', notes: [] };
  return { found: foundAt(text, offset, range, 'phrase'), notes: [] };
}
