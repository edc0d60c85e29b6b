import { createHash } from 'node:crypto';

import type { Problem } from './problem.ts';

/** A question without marks of pictures, spaces and letter case: what two copies of it share. */
export function normalQuestion(question: string): string {
  return question
    .normalize('NFKC')
    .replaceAll(/<image(?:[ _]?\d+)?>/gi, ' ')
    .toLowerCase()
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Equal for problems with the same question and the same pictures. */
export function contentKey({ question, images }: Problem): string {
  const parts = [normalQuestion(question), ...images.map(({ hash }) => hash)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

/** SHA-256 over all that a problem says, pictures by their hashes. */
export function problemHash(problem: Problem): string {
  const { id, question, answer, options, category, source, passRates, response } = problem;
  const rates = Object.entries(passRates ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const images = problem.images.map(({ hash }) => hash);
  const parts = [id, question, answer, options ?? null, category, source ?? null, rates, images];
  if (response !== undefined) parts.push(response);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** SHA-256 over problems in their order: the same for the same problems, wherever they lie. */
export function datasetHash(problems: Iterable<Problem>): string {
  const hash = createHash('sha256');
  for (const problem of problems) hash.update(problemHash(problem)).update('\n');
  return hash.digest('hex');
}
