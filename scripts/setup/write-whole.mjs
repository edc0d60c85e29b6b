import fs from 'node:fs';

/** Writes a file that readers see whole or not at all. @param {string} file @param {string} text */
export function writeWhole(file, text) {
  fs.writeFileSync(`${file}.${process.pid}`, text);
  fs.renameSync(`${file}.${process.pid}`, file);
}
