/** Characters at the end of a response in which an answer phrase counts. */
const tail = 300;

/** Answer words in English; each is followed by a verb or a colon. */
const english = ['answer', 'option', 'choice', 'conclusion'];
/** Answer words and sentence openers of further languages; what follows is the answer. */
const others = [
  '答案',
  '结果是',
  '选择',
  'réponse',
  'respuesta',
  'resposta',
  'antwort',
  'risposta',
  'ответ',
  'الإجابة',
  'الجواب',
  'الناتج',
  'उत्तर',
  'jawaban',
  'câu trả lời',
  'cevap',
  '答え',
  '정답',
  '답은',
];

export interface Phrase {
  /** Where what follows the phrase begins and ends. */
  readonly start: number;
  readonly end: number;
}

/**
 * The last answer phrase near the end of the response: `Answer:`, `**Answer:**`, "the (final |
 * correct) answer is", "answer should be", "the correct option is". Undefined without one.
 */
export function findPhrase(text: string, language: 'en' | 'any'): Phrase | undefined {
  const from = tailStart(text);
  const lower = text.slice(from).toLowerCase();
  if (lower.length !== text.length - from) return undefined;
  let best: number | undefined;
  const words = language === 'any' ? [...english, ...others] : english;
  for (const word of words) {
    for (let at = lower.lastIndexOf(word); at >= 0; at = lower.lastIndexOf(word, at - 1)) {
      const after = joinEnd(lower, at, word);
      if (after === undefined || onlyMarks(lower.slice(after))) {
        if (at === 0) break;
        continue;
      }
      if (!lineGoesOn(lower, at, after)) {
        if (at === 0) break;
        continue;
      }
      if (best === undefined || after > best) best = after;
      break;
    }
  }
  if (best === undefined) return undefined;
  return sentence(text, from + best);
}

/** The last 300 characters or the last non-empty line, whichever reaches further back. */
function tailStart(text: string): number {
  const trimmed = text.trimEnd();
  const line = trimmed.lastIndexOf('\n') + 1;
  return Math.min(Math.max(line, trimmed.length - 2_000), Math.max(0, trimmed.length - tail));
}

const onlyMarks = (text: string): boolean =>
  /^[\s*_.$:`#]*$/.test(text.slice(0, 400)) && text.length < 400;

/**
 * An unqualified "the answer is" is completed in its own line; after "the correct answer is:",
 * `Answer:` or a heading the next line counts too.
 */
function lineGoesOn(lower: string, at: number, after: number): boolean {
  const rest = /^[^\n]*/.exec(lower.slice(after, after + 200))?.[0] ?? '';
  if (!lower.slice(at, after).includes('\n') && !/^[\s*_:]*$/.test(rest)) return true;
  if (/(?:correct|right|best|final)\s+$/.test(lower.slice(Math.max(0, at - 12), at))) return true;
  return !/\b(?:is|are|be)\b/.test(lower.slice(at, after));
}

/** End of the word and the verb or colon that makes it a phrase. */
function joinEnd(lower: string, at: number, word: string): number | undefined {
  if (/[a-z]/.test(lower.charAt(at - 1)) && /^[a-z]/.test(word)) return undefined;
  const rest = lower.slice(at + word.length, at + word.length + 40);
  if (!/^[a-z]/.test(word)) {
    const match = /^\s*(?:[:：]|是|为|is|es|est|é|ist|è|هو|هي|है|は|는|은)?\s*[:：]?/.exec(rest);
    return at + word.length + (match?.[0].length ?? 0);
  }
  const colon =
    word === 'answer' || word === 'conclusion'
      ? /^s?\**\s*(?:is|are|should be|would be|will be|must be|=)?\s*\**\s*:\s*\**/
      : /^\**\s*:\s*\**/;
  const verb = /^s?\**\s+(?:is|are|should be|would be|will be|must be)\b/;
  const qualified =
    word === 'answer' ||
    word === 'conclusion' ||
    /(?:correct|right|best|final)\s+$/.test(lower.slice(Math.max(0, at - 12), at));
  const match = (qualified ? colon.exec(rest) : null) ?? (qualified ? verb.exec(rest) : null);
  if (match === null) return word === 'answer' ? headingEnd(rest, at + word.length) : undefined;
  return at + word.length + match[0].length;
}

/** `### Answer` or `**Final Answer**` on a line of its own. */
function headingEnd(rest: string, end: number): number | undefined {
  const match = /^s?\s*\**\s*\n/.exec(rest);
  return match === null ? undefined : end + match[0].length;
}

/** From the phrase to the end of its sentence, or the next line when the phrase ends its own. */
function sentence(text: string, after: number): Phrase {
  let start = after;
  while (start < text.length && /[\s*_:]/.test(text.charAt(start))) start += 1;
  const display = text.startsWith('$$', start) || text.startsWith('\\[', start);
  let end = start;
  while (end < text.length) {
    const character = text.charAt(end);
    if (character === '\n' && !display) break;
    if (display && end > start + 2 && (text.startsWith('$$', end) || text.startsWith('\\]', end))) {
      end += 2;
      break;
    }
    if (!display && /[.!?]/.test(character) && /\s/.test(text.charAt(end + 1)) && end > start + 2)
      break;
    if (character === '。') break;
    end += 1;
  }
  return { start, end };
}
