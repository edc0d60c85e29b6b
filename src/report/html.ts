/** Markup that may stand in a page as it is. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | readonly Html[];

/**
 * A piece of a page: texts and numbers between the words of the template are escaped, so nothing that
 * a model or a dataset wrote can become markup.
 *
 * @example markup`<b>${'<i>'}</b>`.markup // '<b>&lt;i&gt;</b>'
 */
export function markup(words: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const rest = parts.map((part, index) => `${markupOf(part)}${words[index + 1] ?? ''}`);
  return { markup: `${words[0] ?? ''}${rest.join('')}` };
}

/** Pieces one after another. */
export function joined(pieces: readonly Html[]): Html {
  return { markup: pieces.map(({ markup }) => markup).join('\n') };
}

function markupOf(part: Part): string {
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  if ('markup' in part) return part.markup;
  return part.map((piece) => piece.markup).join('');
}

function escaped(text: string): string {
  return shown(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Control characters, halves of characters, and marks that turn the direction of writing are shown as �. */
function shown(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
  );
}

/** JSON inside a script element: no text in it can end the element. */
export function jsonScript(id: string, value: unknown): Html {
  const text = JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  return { markup: `<script type="application/json" id="${id}">${text}</script>` };
}
