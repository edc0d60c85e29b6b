import { readFile } from 'node:fs/promises';

import type { Finding, FindingCode, Problem, ReadRow } from '#data';

const EACH = 3;
/** Larger pictures are left out of the page. */
const MOST_BYTES = 512 * 1024;

interface Example {
  readonly finding: Finding;
  readonly problem: Problem | undefined;
  /** Data URLs. */
  readonly pictures: readonly string[];
}

/** The first rows of every code, with their pictures. */
export class Examples {
  readonly byCode = new Map<FindingCode, Example[]>();

  async add({ findings, asRead: problem }: ReadRow): Promise<void> {
    for (const finding of findings) {
      const examples = this.byCode.get(finding.code) ?? [];
      this.byCode.set(finding.code, examples);
      if (examples.length < EACH) {
        examples.push({ finding, problem, pictures: await picturesOf(problem) });
      }
    }
  }
}

async function picturesOf(problem: Problem | undefined): Promise<readonly string[]> {
  const urls: string[] = [];
  for (const { source } of problem?.images ?? []) {
    const bytes = typeof source === 'string' ? await readFile(source) : Buffer.from(source);
    if (bytes.length <= MOST_BYTES) urls.push(`data:;base64,${bytes.toString('base64')}`);
  }
  return urls;
}

/** One page that needs nothing beside it. */
export function examplesPage(name: string, { byCode }: Examples): string {
  const parts = [...byCode].map(([code, examples]) => {
    const shown = examples.map(({ finding, problem, pictures }) =>
      [
        '<article>',
        `<p><b>${escaped(`${finding.file}:${finding.row}`)}</b> ${escaped(finding.id ?? '')} · ${finding.action} · ${escaped(finding.message)}</p>`,
        ...pictures.map((url) => `<img alt="" src="${url}">`),
        problem === undefined ? '' : `<pre>${escaped(problem.question)}</pre>`,
        problem === undefined ? '' : `<pre>${escaped(problem.answer)}</pre>`,
        '</article>',
      ].join('\n'),
    );
    return `<h2>${code}</h2>\n${shown.join('\n')}`;
  });
  return [
    '<!doctype html><meta charset="utf-8">',
    `<title>${escaped(name)}</title>`,
    '<style>body{font:16px system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}article{border-top:1px solid #ccc}img{max-width:20rem;max-height:20rem}pre{white-space:pre-wrap}</style>',
    `<h1>${escaped(name)}</h1>`,
    parts.length > 0 ? parts.join('\n') : '<p>No findings.</p>',
    '',
  ].join('\n');
}

const escaped = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
