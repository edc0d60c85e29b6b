import { atFirstUse } from '../at-first-use.ts';
import { literalText, readLiteral } from './python-literal.ts';

/**
 * What follows the last `Answer:` or `answer:` (to the next star where it stands in stars), else the
 * whole response; of that the content of a code block, else of an answer of one line its first
 * paragraph. Lists and objects are written as Python prints them, quotes around a text are dropped.
 * Source: `megabench/metrics/parsing/answer_str_parse.py` of TIGER-AI-Lab/MEGA-Bench.
 */
export function parseAnswerString(response: string, singleLine = true): string {
  const content = behindAnswer(response).trim();
  const block = codeBlock(content)?.trim();
  const text = block ?? (singleLine ? withoutMore(content) : content);
  if (text.length > 65_536) return text;
  if (!/^[{[]/.test(text)) {
    const value = readLiteral(text);
    return typeof value === 'string' ? value : text;
  }
  const data = lastData(text);
  return data === undefined ? text : literalText(data);
}

const wordEnd = atFirstUse(() => new RegExp('[\\p{L}\\p{N}_]', 'u'));

function behindAnswer(response: string): string {
  const text = response.replaceAll('answer:', 'Answer:');
  const last = text.lastIndexOf('Answer:');
  if (last < 0) return text;
  const after = text.slice(last + 'Answer:'.length);
  if (text.charAt(last - 1) === '*') {
    const star = after.indexOf('*');
    const starred = star < 0 ? '' : after.slice(0, star).trim();
    return starred === '' ? after.replace(/^\*+/, '') : starred;
  }
  return wordEnd().test(text.charAt(last - 1)) ? text : after;
}

function codeBlock(content: string): string | undefined {
  const open = content.indexOf('```');
  const close = open < 0 ? -1 : content.indexOf('```', open + 3);
  return close < 0 ? undefined : content.slice(open + 3, close).replace(/^\w*\s*/, '');
}

/** The first paragraph, where it looks like an answer and a blank line follows the first line. */
function withoutMore(text: string): string {
  const first = (text.split('\n\n')[0] ?? '').trim();
  const looks = /^(?:[\w-]+(?:,\s*[\w-]+)*|[\w-]+\.|\([\w-]+\)$)/.test(first);
  const lines = text.trim().split('\n');
  const ended = lines[1] !== undefined && lines[1].trim() === '';
  return looks && first !== '' && ended ? first : text;
}

/** The data of a text that begins with a bracket: as a whole, else up to its last closing bracket. */
function lastData(text: string): ReturnType<typeof readLiteral> {
  const end = Math.max(text.lastIndexOf(']'), text.lastIndexOf('}')) + 1;
  return readLiteral(text) ?? readLiteral(text.slice(0, end));
}
