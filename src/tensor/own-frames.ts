import { fileURLToPath } from 'node:url';

const folder = new URL('.', import.meta.url).href;
const path = fileURLToPath(folder);

/** Whether a line of a stack is of this room and no test: callers want to see their own lines. */
export function isOwnFrame(line: string): boolean {
  return (line.includes(folder) || line.includes(path)) && !line.includes('.test.ts');
}
