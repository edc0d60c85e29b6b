import { trimEnd } from '../trim.ts';

/** Prose as it is compared: lower case, blanks folded, articles and final punctuation dropped, accents kept. */
export function foldText(text: string): string {
  const bare = text.includes('\\') || text.includes('$') ? withoutCommands(text) : text;
  const words = bare
    .normalize('NFC')
    .toLowerCase()
    .replace(/[“”"«»`]/g, '')
    .replace(/[‘’]/g, "'")
    .split(/\s+/)
    .filter((word) => word !== '');
  const first = words[0];
  if (words.length > 1 && first !== undefined && articles.has(first)) words.shift();
  const kept = words.filter((word, index) => index === 0 || !articles.has(word)).join(' ');
  return trimEnd(kept, '.,;:!?');
}

const articles: ReadonlySet<string> = new Set(['a', 'an', 'the']);

function withoutCommands(text: string): string {
  return text
    .replace(/\\text\{([^{}]*)\}/g, ' $1 ')
    .replace(/\\[,;:! ]/g, ' ')
    .replaceAll('$', '');
}

/** The text without blanks, except between digits: `x + 1` and `x+1` are one notation, `1 2` and `12` are not. */
export function squeeze(text: string): string {
  return text.replace(/(?<=\d)\s+(?=\d)/g, '\u0001').replace(/\s+/g, '');
}
