import { join } from 'node:path';
import type { AblationSet, Assessed, BlockTable, CellResult } from '#ablate';
import { ablationPage, markdownOf } from '#ablate';
import { ReportError, writePage } from '#report';

/** What is written of an ablation after every cell. */
export interface Written {
  readonly out: string;
  readonly set: AblationSet;
  readonly facts: readonly string[];
  readonly base: Assessed;
  readonly tables: readonly BlockTable[];
  readonly results: readonly CellResult[];
}

/**
 * Writes the page, its table and its data. A full disk does not cost a cell that is measured: the
 * answer is why they could not be written, undefined when they were.
 */
export function writePages({
  out,
  set,
  facts,
  base,
  tables,
  results,
}: Written): string | undefined {
  const { name, summary } = set;
  const texts = {
    'ablation.html': ablationPage({ name, summary, facts, tables, results }),
    'ablation.md': `# Ablation ${name}\n\n${facts.join('\n\n')}\n\n${markdownOf(tables)}`,
    'ablation.json': `${JSON.stringify({ set: name, facts, base, tables, results }, undefined, 1)}\n`,
  };
  try {
    for (const [file, text] of Object.entries(texts)) writePage(join(out, file), text);
    return undefined;
  } catch (cause) {
    if (!(cause instanceof ReportError)) throw cause;
    return cause.message;
  }
}
