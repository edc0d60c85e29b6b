// Speaks the lines of src/cli/train-wandb.ts in place of Python, and writes down what it is told.
// WANDB_STAND_IN: `missing`, `nobody` (not logged in), `dies` (after three lines); WANDB_TOLD: the file.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const kind = process.env['WANDB_STAND_IN'] ?? '';
const say = (what: object): void => console.log(JSON.stringify(what));
const tell = (line: string): void => appendFileSync(process.env['WANDB_TOLD'] ?? '', `${line}\n`);

if (process.argv.at(-1) === 'check') {
  if (kind === 'missing') say({ missing: "No module named 'wandb'" });
  else if (kind === 'nobody') say({ failed: 'No API key configured.' });
  else say({ version: '0' });
} else {
  let lines = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    tell(line);
    if (lines === 0) say({ url: 'https://example.org/run', dir: '/run/files' });
    if (line === '{}') break;
    lines += 1;
    if (kind === 'dies' && lines === 3) {
      console.error('MemoryError');
      process.exit(3);
    }
  }
}
