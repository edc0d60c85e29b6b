/** A set-up that cannot go on: the message says what was expected, what was found and what to do. */
export class SetupProblem extends Error {
  /** @override */
  name = 'SetupProblem';
}

/**
 * Turns the complaint of a child program into a sentence, where it is one that people can act on.
 * @param {string} text what the program printed
 * @param {string} folder where it was writing
 * @returns {string | undefined}
 */
export function knownComplaint(text, folder) {
  if (/ENOSPC|No space left on device|Disk quota exceeded/i.test(text))
    return `no space left on the disk of ${folder}. Free about 1.5 GB there, or point VL_RETHINKER_CACHE at another disk, then run this again.`;
  if (/EACCES|EROFS|Permission denied|Read-only file system/i.test(text))
    return `no permission to write in ${folder}. Run this as the owner of that folder, or clone the project into one that you own.`;
  return undefined;
}

/**
 * The last lines of a program's output, indented, for the end of a message.
 * @param {string} text
 * @param {number} [count]
 */
export function lastLines(text, count = 12) {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines
    .slice(-count)
    .map((line) => `\n    ${line.slice(0, 300)}`)
    .join('');
}
