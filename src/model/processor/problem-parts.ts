import type { Problem } from '#data';

import type { Part } from './prompt.ts';
import { withTemplate } from './templates.ts';

/** Marks the place of a picture in a question. */
const MARK = '<image>';

/** A problem whose marks and pictures do not fit together. */
export class PlaceholderError extends Error {
  override readonly name = 'PlaceholderError';
}

/**
 * What a problem puts into its user turn: question and prompt template, pictures in the places of the
 * `<image>` marks. Pictures without any mark come before the question, in order.
 *
 * @throws PlaceholderError on any other mismatch; TemplateError for an unknown template.
 */
export function problemParts(
  { id, question, images }: Problem,
  template: string,
): { readonly parts: readonly Part[]; readonly placeholderInserted: boolean } {
  const marks = question.split(MARK).length - 1;
  const placeholderInserted = marks === 0 && images.length > 0;
  if (marks !== images.length && !placeholderInserted) {
    throw new PlaceholderError(
      `problem ${id}: expected one ${MARK} for each of ${images.length} pictures, found ${marks}; ` +
        'correct the question or its pictures, or drop the problem',
    );
  }
  const marked = placeholderInserted ? MARK.repeat(images.length) + question : question;
  const parts: Part[] = [];
  for (const [place, text] of withTemplate(marked, template).split(MARK).entries()) {
    const image = images[place - 1];
    if (image !== undefined) parts.push({ kind: 'image', image });
    if (text !== '') parts.push({ kind: 'text', text });
  }
  return { parts, placeholderInserted };
}
