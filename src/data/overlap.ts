import { normalQuestion } from './content-key.ts';
import type { Problem } from './problem.ts';

/** Shorter questions are shared by chance: "Find x." */
const LEAST_CHARACTERS = 24;

/** Questions and pictures of evaluation sets, to find them again in training data. */
export class Benchmarks {
  readonly #questions = new Map<string, string>();
  readonly #pictures = new Map<string, string>();

  /** @param name Of the set, as messages name it. */
  add({ id, question, images }: Problem, name: string): void {
    const text = normalQuestion(question);
    if (text.length >= LEAST_CHARACTERS) this.#questions.set(text, `${name} ${id}`);
    for (const { hash } of images) this.#pictures.set(hash, `${name} ${id}`);
  }

  /** What a problem shares with them, in words; undefined for nothing. */
  overlap({ question, images }: Problem): string | undefined {
    const picture = images
      .map(({ hash }) => this.#pictures.get(hash))
      .find((id) => id !== undefined);
    const text = this.#questions.get(normalQuestion(question));
    if (picture !== undefined && picture === text) return `question and picture of ${picture}`;
    if (picture !== undefined) return `a picture of ${picture}`;
    return text === undefined ? undefined : `the question of ${text}`;
  }
}
