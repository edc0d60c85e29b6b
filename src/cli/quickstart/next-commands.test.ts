import { expect, test } from 'vitest';

import { commands } from '../commands.ts';
import { parseInput } from '../parse-options.ts';
import { nextCommands } from './next-commands.ts';

test('what to try next can be typed as it stands: a picture that is there, a question on one line', async () => {
  const shown = [
    { picture: '/home/p/runs/q/pictures/a.png', question: 'Which?\nChoices:\n(A) x' },
    { picture: '/home/p/runs/q/pictures/b.png', question: 'How many squares are there?' },
  ];
  const lines = nextCommands('runs/q', shown, '/home/p');
  expect(lines.at(-1)).toBe(
    'npx vl-rethinker ask --model runs/q/stage-2/best --image runs/q/pictures/b.png "How many squares are there?"',
  );
  for (const line of lines) {
    const [, , name, ...args] = [...line.matchAll(/"([^"]*)"|(\S+)/gu)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    );
    const command = await commands.find((entry) => entry.name === name)?.load();
    expect(() => command && parseInput(command, args)).not.toThrow();
    expect(command).toBeDefined();
  }
});

test('without a picture to name a place is left for one', () => {
  expect(nextCommands('q', [], '/home').at(-1)).toContain('--image PICTURE "How many');
});
