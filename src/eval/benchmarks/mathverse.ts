import { groupsOf, maybeTextIn, picturesIn, recordIn, textIn } from '../columns.ts';
import { macroMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import type { Piece } from '../item.ts';

/** MathVerse testmini: 788 problems in five versions that move the text into the picture. */
export const mathverse: Benchmark = {
  name: 'mathverse',
  title: 'MathVerse',
  hub: 'AI4Math/MathVerse',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path) && !/text_only/i.test(path),
  splits: ['testmini'],
  prompts: ['cot', 'wo'],
  mode: 'mathverse',
  rule: 'strict verifier with options parsed from the question; the official rule is a judge model',
  extractionColumn: 'extraction',
  read(row, { asking }) {
    const version = maybeTextIn(row, 'problem_version');
    const own = maybeTextIn(row, 'question') ?? '';
    const judged = maybeTextIn(row, 'question_for_eval') ?? own;
    const pictures = picturesIn(row, 'image');
    const query = (column: string): readonly Piece[] => [
      ...pictures,
      text(asking ? textIn(row, column) : (maybeTextIn(row, column) ?? own)),
    ];
    const about = recordIn(row, 'metadata');
    const choices = optionsOfQuestion(judged === '' ? own : judged);
    const choice = /multi/i.test(maybeTextIn(row, 'question_type') ?? '');
    return {
      id: textIn(row, 'sample_index', 'id'),
      question: [...pictures, text(own)],
      prompts: { cot: query('query_cot'), wo: query('query_wo') },
      answer: textIn(row, 'answer'),
      ...(choice && choices.length > 0 ? { choices } : {}),
      groups: groupsOf({
        version,
        question_type: maybeTextIn(row, 'question_type'),
        subject: maybeTextIn(about, 'subject'),
        subfield: maybeTextIn(about, 'subfield'),
        source: maybeTextIn(about, 'source'),
        'version and subject':
          version === undefined ? undefined : `${version}, ${maybeTextIn(about, 'subject') ?? ''}`,
      }),
    };
  },
  headline: { ...macroMean('version'), how: 'mean over the versions' },
};

/** `Choices:` and lines `A:…`, or inline `A. … B. …`; letters in order from A. */
export function optionsOfQuestion(question: string): readonly string[] {
  const at = question.search(/choices\s*:/i);
  const part = (at < 0 ? question : question.slice(at + 8)).slice(0, 4000);
  const marks = [...part.matchAll(/(?:^|[\s(])\(?([A-H])\s*[:.)]\s*/g)];
  const starts: { readonly from: number; readonly to: number }[] = [];
  for (const mark of marks) {
    if (mark[1] !== String.fromCharCode(65 + starts.length)) continue;
    starts.push({ from: mark.index, to: mark.index + mark[0].length });
  }
  if (starts.length < 2) return [];
  return starts.map(({ to }, index) => part.slice(to, starts[index + 1]?.from).trim());
}

const text = (content: string): Piece => ({ kind: 'text', text: content });
