/** `text` without the characters of `set` at its end; linear, unlike `/[…]+$/`. White space counts when `blanks`. */
export function trimEnd(text: string, set: string, blanks = true): string {
  let end = text.length;
  while (end > 0) {
    const character = text.charAt(end - 1);
    if (!set.includes(character) && !(blanks && character.trim() === '')) break;
    end -= 1;
  }
  return text.slice(0, end);
}

/** `text` without the characters of `set` at its start. */
export function trimStart(text: string, set: string, blanks = true): string {
  let start = 0;
  while (start < text.length) {
    const character = text.charAt(start);
    if (!set.includes(character) && !(blanks && character.trim() === '')) break;
    start += 1;
  }
  return text.slice(start);
}
