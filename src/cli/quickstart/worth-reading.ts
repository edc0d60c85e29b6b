import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answers } from '../assess/answers.ts';
import { testPuzzles } from '../assess/run-assessment.ts';
import type { Measurements } from './summary.ts';

interface Kind {
  readonly title: string;
  readonly from: keyof Measurements;
  readonly fits: (answers: Answers) => boolean;
  readonly text: (answers: Answers) => string;
}

const withTrigger = ({ greedy, forced }: Answers): string =>
  `${greedy.text}⟨${forced?.trigger.trim() ?? ''}⟩${forced?.text ?? ''}`;

const kinds: readonly Kind[] = [
  {
    title: 'stage 1 is wrong, and right behind a trigger (⟨…⟩ is ours)',
    from: 'stage1',
    fits: ({ greedy, forced }) => !greedy.correct && forced?.correct === true,
    text: withTrigger,
  },
  {
    title: 'stage 2 waits by itself and corrects itself',
    from: 'stage2',
    fits: (answers) => waited(answers, false, true) !== undefined,
    text: (answers) => waited(answers, false, true)?.text ?? '',
  },
  {
    title: 'stage 2 waits by itself and spoils a right answer',
    from: 'stage2',
    fits: (answers) => waited(answers, true, false) !== undefined,
    text: (answers) => waited(answers, true, false)?.text ?? '',
  },
];

/** A response in which a wait of the model's own changed the answer. */
function waited({ greedy, sampled }: Answers, before: boolean, after: boolean) {
  return [greedy, ...sampled].find(
    ({ correctBefore, correct }) => correctBefore === before && correct === after,
  );
}

/** A problem to ask again, with its picture as a file. */
export interface Shown {
  readonly picture: string;
  readonly question: string;
}

/** Responses that show what happened, with their pictures written to a folder, and their problems. */
export function worthReading(
  found: Measurements,
  folder: string,
): { readonly lines: readonly string[]; readonly shown: readonly Shown[] } {
  const shown: Shown[] = [];
  const lines = kinds.flatMap(({ title, from, fits, text }) => {
    const place = found[from].findIndex(fits);
    const answers = found[from][place];
    if (answers === undefined) return [];
    const { problem } = testPuzzles(place + 1, 0)[place] ?? {};
    const [picture] = problem?.images ?? [];
    if (problem === undefined || picture === undefined) return [];
    const path =
      typeof picture.source === 'string' ? picture.source : join(folder, `${problem.id}.png`);
    if (typeof picture.source !== 'string') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, picture.source);
    }
    const question = problem.question.replace(/<image>\s*/gu, '');
    const said = text(answers).trim().replaceAll(/\n+/gu, ' ⏎ ');
    shown.push({ picture: path, question });
    return [
      title,
      `  ${path}`,
      `  ${question.replaceAll('\n', ' ')}  (answer: ${problem.answer})`,
      `  ${said}`,
      '',
    ];
  });
  return { lines, shown };
}
