import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ExampleRow } from './cases.ts';
import { bars, reasonsOfMisses, scoreboard } from './scoreboard.ts';

const file = new URL('../../../shared/data/verify_examples.json', import.meta.url);
test('every group of the example collection reaches its bar', ({ skip }) => {
  skip(!existsSync(file), '../shared/data/verify_examples.json is absent');
  const rows = JSON.parse(readFileSync(file, 'utf8')) as readonly ExampleRow[];
  const board = scoreboard(rows);
  const short = board.filter((group) => {
    const bar = bars.get(group.name);
    return (
      bar !== undefined &&
      (group.correct < bar.correct || group.falsePositives > bar.falsePositives)
    );
  });
  // The misses are named, so that a change that loses a case says which.
  expect(short.map((group) => ({ ...group, why: reasonsOfMisses(rows, group.misses) }))).toEqual(
    [],
  );
  expect(board.length).toBe(bars.size);
});
