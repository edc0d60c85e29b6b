import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodePng } from '#data';

/** A folder with these files; texts as they are, other values as JSON. */
export function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'eval-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(join(folder, name), raw ? content : JSON.stringify(content));
  }
  return folder;
}

export const lines = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** A picture of one colour. */
export function picture(shade: number): Uint8Array {
  const rgb = new Uint8Array(4 * 4 * 3).fill(shade);
  return encodePng(rgb, 4, 4);
}

/** MATH-V rows in the published layout: `test.jsonl` beside `images/`. */
export function mathvisionFolder(count: number): string {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: String(index + 1),
    question: `Which letter is number ${index + 1}?\n<image1>`,
    options: ['A', 'B', 'C', 'D', 'E'],
    answer: 'ABCDE'[index % 5],
    level: 1 + (index % 5),
    subject: index % 2 === 0 ? 'algebra' : 'counting',
    image: `images/${index + 1}.png`,
  }));
  const images = Object.fromEntries(rows.map((row, index) => [row.image, picture(index)]));
  return folderOf({ 'test.jsonl': lines(rows), ...images });
}
