import { literal, maybeTextIn, picturesIn, textIn } from '../columns.ts';
import { macroMean } from '../benchmark.ts';
import type { Benchmark } from '../benchmark.ts';
import { ItemError } from '../item.ts';
import type { MegaItem, Piece } from '../item.ts';
import { megaMetrics } from '../mega/metrics.ts';
import { fromJson, jsonOf, literalOf, strOf } from '../mega/python.ts';
import type { PythonValue, Row } from '#data';

/** MEGA-Bench core: 440 tasks with structured answers and a metric for each field. */
export const megabench: Benchmark = {
  name: 'megabench',
  title: 'MEGA-Bench core',
  hub: 'TIGER-Lab/MEGA-Bench',
  wants: (path) => /\.(json|jsonl|parquet)$/.test(path) && !/(^|\/)(open|open_|core_)/.test(path),
  splits: ['test'],
  prompts: ['official'],
  mode: 'own',
  rule: 'metric of each field, weighted; tasks whose metric needs a judge are not scored',
  read(row) {
    const mega = metricsOf(row);
    const missing = [
      ...new Set(
        mega.fields.map(({ metric }) => metric).filter((metric) => !megaMetrics.has(metric)),
      ),
    ];
    const parts = ['task_description', 'example_text', 'query_text']
      .map((column) => maybeTextIn(row, column) ?? '')
      .filter((part) => part !== '');
    const pictures = ['global_media', 'example_media', 'query_media'].flatMap((column) =>
      mediaIn(row, column),
    );
    const turn = placed(parts.join('\n'), pictures);
    return {
      id: textIn(row, 'id'),
      question: turn,
      prompts: { official: turn },
      answer: mega.fields.map(({ answer }) => strOf(answer)),
      mega,
      ...(missing.length > 0 ? { notScored: `metric ${missing.join(', ')}` } : {}),
      groups: {
        task: [mega.task],
        application: [maybeTextIn(row, 'application') ?? ''],
        'output format': [maybeTextIn(row, 'output_format') ?? ''],
      },
    };
  },
  headline: { ...macroMean('task'), how: 'mean over the tasks that are scored' },
};

type Dict = ReadonlyMap<PythonValue, PythonValue>;

function metricsOf(row: Row): MegaItem {
  const answers = dict(dataIn(row['answer']), 'answer');
  const info = dict(dataIn(row['metric_info']), 'metric_info');
  const functions = dict(info.get('field_score_function'), 'field_score_function');
  const aggregation = info.get('aggregation');
  const about: Dict = aggregation instanceof Map ? aggregation : new Map();
  const given = about.get('field_weights');
  const weights: Dict = given instanceof Map ? given : new Map();
  const parser = info.get('response_parse_function');
  const fields = [...functions].map(([key, metric]) => {
    const name = strOf(key);
    const answer = answers.get(name);
    if (answer === undefined)
      throw new ItemError(
        `expected a field ${name} in answer, found ${[...answers.keys()].map(strOf).join(', ')}`,
      );
    if (typeof metric !== 'string')
      throw new ItemError(`expected the name of a metric for ${name}`);
    return { name, metric: metric.toLowerCase(), weight: Number(weights.get(name) ?? 1), answer };
  });
  const function_ = about.get('function');
  return {
    task: textIn(row, 'task_name', 'id'),
    parser: typeof parser === 'string' ? parser.toLowerCase() : 'json',
    aggregation: typeof function_ === 'string' ? function_.toLowerCase() : 'mean',
    singleLine: !fields.some(({ answer }) => typeof answer === 'string' && answer.includes('\n')),
    context: dataIn(row['eval_context']) ?? null,
    fields,
  };
}

/** A column that holds data, or a text with a Python literal or JSON. */
function dataIn(value: unknown): PythonValue | undefined {
  if (typeof value === 'string') return literalOf(value) ?? jsonOf(value);
  return value === undefined ? undefined : fromJson(value);
}

function dict(value: PythonValue | undefined, name: string): Dict {
  if (value instanceof Map) return value;
  throw new ItemError(
    `expected a dict in ${name}, found ${value === undefined ? 'nothing' : typeof value}`,
  );
}

/** Media paths: a list, or a text that holds one. */
function mediaIn(row: Row, column: string): readonly Piece[] {
  const value = row[column];
  const data = typeof value === 'string' ? (literal(value) ?? value) : value;
  return picturesIn({ [column]: data }, column);
}

/** `<image>` and `<video>` marks stand for the media in order; media beyond the marks come first. */
function placed(text: string, pictures: readonly Piece[]): readonly Piece[] {
  const texts = text.split(/<(?:image|video)>/);
  const unmarked = Math.max(0, pictures.length - (texts.length - 1));
  const pieces: Piece[] = pictures.slice(0, unmarked);
  for (const [index, part] of texts.entries()) {
    const picture = index === 0 ? undefined : pictures[unmarked + index - 1];
    if (picture !== undefined) pieces.push(picture);
    if (part !== '') pieces.push({ kind: 'text', text: part });
  }
  return pieces;
}

/**
 * The same with the last box taken for the answer, for models that were trained to end in a box. Its
 * name stands in the metric, because the figures are not comparable.
 */
export const megabenchBox: Benchmark = {
  ...megabench,
  name: 'megabench-box',
  title: 'MEGA-Bench core, last box as the answer',
  rule: `${megabench.rule}; the last box becomes the answer line`,
  read(row, place) {
    const item = megabench.read(row, place);
    return item.mega === undefined ? item : { ...item, mega: { ...item.mega, boxAsAnswer: true } };
  },
};
