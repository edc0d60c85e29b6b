import { joints, puzzle, styles } from '#data';

/** What a tokenizer for puzzles learns from: questions, solutions, templates, triggers and joints. */
export function* tokenizerTexts(
  puzzles: number,
  seed: string,
  phrases: readonly string[],
): Generator<string> {
  for (let index = 0; index < puzzles; index++) {
    const shown = puzzle(seed, 'train', index);
    yield shown.problem.question;
    for (const style of styles) yield shown.solution(style).text;
    const phrase = phrases[index % phrases.length];
    if (phrase !== undefined) yield phrase;
  }
  yield* Object.values(joints);
}
