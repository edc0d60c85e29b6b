/** A complete box: its content is `text.slice(start, end)`, the command begins at `from` and ends at `to`. */
export interface Box {
  readonly from: number;
  readonly start: number;
  readonly end: number;
  readonly to: number;
}

export interface Boxes {
  /** Outermost complete boxes in order. */
  readonly boxes: readonly Box[];
  /** Start of the content of the last box that never closes; −1 when all close. */
  readonly unclosed: number;
}

const space = /\s/;

/** Finds `\boxed{…}`, `\fbox{…}` and `\boxed 7` in one pass over the text. */
export function findBoxes(text: string): Boxes {
  const first = nextBox(text, 0);
  if (first < 0) return { boxes: [], unclosed: -1 };
  const found: Box[] = [];
  const open: { readonly at: number; readonly from: number }[] = [];
  let unclosed = -1;
  for (let at = first; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 123) open.push({ at, from: -1 });
    else if (code === 125) {
      const opened = open.pop();
      if (opened !== undefined && opened.from >= 0)
        add(found, { from: opened.from, start: opened.at + 1, end: at, to: at + 1 });
    } else if (code === 92) {
      const after = boxCommand(text, at);
      if (after < 0) {
        // A doubled backslash before `boxed` is one that was escaped twice.
        if (boxCommand(text, at + 1) < 0) at += 1;
        continue;
      }
      let content = after;
      while (content < text.length && space.test(text.charAt(content))) content += 1;
      if (text.charCodeAt(content) === 123) {
        open.push({ at: content, from: at });
        at = content;
      } else {
        const end = content > after ? tokenEnd(text, content) : content;
        if (end > content) add(found, { from: at, start: content, end, to: end });
        at = Math.max(after - 1, at);
      }
    }
  }
  for (const opened of open) if (opened.from >= 0) unclosed = opened.at + 1;
  return { boxes: found, unclosed };
}

function nextBox(text: string, from: number): number {
  const boxed = text.indexOf('\\boxed', from);
  const fbox = text.indexOf('\\fbox', from);
  if (boxed < 0) return fbox;
  return fbox < 0 ? boxed : Math.min(boxed, fbox);
}

/** Where the command at `at` ends when it is a box; −1 otherwise. */
function boxCommand(text: string, at: number): number {
  if (text.startsWith('\\boxed', at)) return at + 6;
  return text.startsWith('\\fbox', at) ? at + 5 : -1;
}

/** One token without braces: up to a blank or a sign that closes mathematics or a sentence. */
function tokenEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && end - start < 64 && !' \n\t\r$,;)}]'.includes(text.charAt(end)))
    end += 1;
  while (end > start && text.charAt(end - 1) === '.') end -= 1;
  return end;
}

/** Adds a box and drops those that lie inside it. */
function add(found: Box[], box: Box): void {
  for (let last = found.at(-1); last !== undefined && last.from > box.from; last = found.at(-1))
    found.pop();
  found.push(box);
}

const between = /and|or|,|;/;

/**
 * The boxes that form one list with the last one: less than 10 characters between neighbours, or
 * less than 70 with a separator among them and different contents.
 */
export function joinedBoxes(text: string, boxes: readonly Box[]): readonly Box[] {
  const joined: Box[] = [];
  for (let at = boxes.length - 1; at >= 0; at -= 1) {
    const box = boxes[at];
    const next = joined[0];
    if (box === undefined) break;
    if (next !== undefined && !adjacent(text, box, next)) break;
    joined.unshift(box);
    if (joined.length > 64) break;
  }
  return joined;
}

function adjacent(text: string, box: Box, next: Box): boolean {
  const distance = next.from - box.to;
  if (distance < 10) return true;
  if (distance >= 70 || !between.test(text.slice(box.to, next.from))) return false;
  return text.slice(box.start, box.end).trim() !== text.slice(next.start, next.end).trim();
}
