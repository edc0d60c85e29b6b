import type { PythonValue } from '#data';
import { parseJson } from './parse-json.ts';
import { literalOf, strOf } from './python.ts';

/** Characters of a response that are read, from its end. */
const READ = 65_536;

/** Fields of an answer by name. Parsers that read one field give it whatever the response is. */
export function parseResponse(
  parser: string,
  response: string,
  fields: readonly string[],
  singleLine: boolean,
): ReadonlyMap<string, PythonValue> {
  const [only = ''] = fields.filter((name) => !name.startsWith('##'));
  const own = response.slice(-READ);
  if (parser === 'answer_string') return new Map([[only, answerString(own, singleLine)]]);
  if (parser === 'ascii_answer_string') return new Map([[only, drawnAnswer(own, true)]]);
  if (parser === 'verbatim_answer_string') return new Map([[only, drawnAnswer(own, false)]]);
  const found = parseJson(own);
  if (!(found instanceof Map) || found.size === 0)
    return new Map(fields.map((name) => [name, response]));
  return new Map(
    [...found].map(([name, value]) => [
      strOf(name),
      typeof value === 'string' ? unquoted(value) : value,
    ]),
  );
}

/** A text literal is its content; everything else stays. */
export function unquoted(text: string): string {
  const value = literalOf(text);
  return typeof value === 'string' ? value : text;
}

/** Only the last `Answer:` (or `answer:`) stays. */
function lastAnswer(response: string): string {
  const text = response.replaceAll('answer:', 'Answer:');
  const at = text.lastIndexOf('Answer:');
  return at < 0 ? text : text.slice(0, at).replaceAll('Answer:', '') + text.slice(at);
}

/**
 * What follows the last `Answer:` (to the next star where it stands in stars), else the whole response:
 * the content of a code block, else of an answer of one line its first paragraph; objects and lists as
 * Python prints them, other texts without quotes around them.
 */
export function answerString(response: string, singleLine: boolean): string {
  const match = /\*\*?Answer:\s*(.*?)\*\*?|(?<![\p{L}\p{N}_])Answer:\s*(.*)/su.exec(
    lastAnswer(response),
  );
  const content = (match === null ? lastAnswer(response) : match[1] || match[2] || '').trim();
  const block = /```[\p{L}\p{N}_]*\s*\n*(.*?)\s*```/su.exec(content)?.[1]?.trim();
  const text = block ?? (singleLine ? withoutMore(content) : content);
  if (!text.startsWith('{') && !text.startsWith('[')) return unquoted(text);
  const data = parseJson(text);
  if (data instanceof Map && data.size === 0 && !text.includes('{}')) return text;
  if (Array.isArray(data) && data.length === 0 && !text.includes('[]')) return text;
  return strOf(data);
}

/** The first paragraph, where it looks like an answer and a blank line follows the first line. */
function withoutMore(text: string): string {
  const first = (text.split('\n\n')[0] ?? '').trim();
  const looks = /^(?:[\w-]+(?:,\s*[\w-]+)*|[\w-]+\.|\([\w-]+\)$)/.test(first);
  return looks && first !== '' && !goesOn(text) ? first : text;
}

function goesOn(text: string): boolean {
  const lines = text.replace(/\r?\n$|\r$/, '').split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
  const at = lines.findIndex((line) => line.trim() !== '');
  if (at < 0) return false;
  return lines[at + 1] === undefined || lines[at + 1]?.trim() !== '';
}

/** Drawings keep their white space; several blank lines become one, those around it go. */
function drawnAnswer(response: string, trimmed: boolean): string {
  const match = /\*\*?Answer:(.*?)\*\*?|(?<![\p{L}\p{N}_])Answer:(.*)/su.exec(lastAnswer(response));
  const content = match === null ? lastAnswer(response) : match[1] || match[2] || '';
  const single = oneBlankLine(content);
  const ended = trimmed ? single.trimEnd() : withoutLastLines(single);
  const lead = ended.slice(0, ended.length - ended.trimStart().length);
  const text = ended.slice(lead.lastIndexOf('\n') + 1);
  const source = text.trim() === '' || text.length > 10_000 ? text.trimEnd() : text;
  const block = trimmed
    ? /```[\p{L}\p{N}_]*(?:\s*\n+)?(.*?)\s*```/su
    : /```[\p{L}\p{N}_]*(?:\s*\n+)?(.*?)(?:\n+\s*)?```/su;
  const found = block.exec(source)?.[1] ?? source;
  if (!found.startsWith('{') && !found.startsWith('[')) return unquoted(found);
  const data = parseJson(found);
  if (data instanceof Map && data.size === 0 && !found.includes('{}')) return found;
  if (Array.isArray(data) && data.length === 0 && !found.includes('[]')) return found;
  return strOf(data);
}

function oneBlankLine(text: string): string {
  const lines: string[] = [];
  let blanks: string[] = [];
  const flush = (): void => {
    if (blanks.length > 0) lines.push(blanks.length > 1 ? '' : (blanks[0] ?? ''));
    blanks = [];
  };
  for (const line of text.split('\n')) {
    if (line.trim() === '') blanks.push(line);
    else {
      flush();
      lines.push(line);
    }
  }
  flush();
  return lines.join('\n');
}

function withoutLastLines(text: string): string {
  const kept = text.trimEnd();
  const at = text.indexOf('\n', kept.length);
  return at < 0 ? text : text.slice(0, at);
}
