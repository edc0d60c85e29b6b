import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { benchmarkOf, scoreResponse } from '#eval';
import { candidatesIn } from '../../src/eval/mega/parse-json.ts';
import { scoreMega } from '../../src/eval/mega/score-mega.ts';

/** One reference answer for every metric. */
const GOLDS: Readonly<Record<string, string>> = {
  exact_str_match: "'Paris'",
  exact_str_match_case_insensitive: "'Paris'",
  simple_str_match: "'a-b c.'",
  near_str_match: "'the quick brown fox'",
  multi_ref_phrase: `"['a cat', 'one cat']"`,
  normalized_similarity_damerau_levenshtein: "'abcd'",
  general_single_numerical_match: "'12.5'",
  boxed_single_numerical_match: "'12.5'",
  number_rel_diff_ratio: "'40'",
  positive_int_match: "'7'",
  latex_expr_equality: String.raw`'\\frac{1}{2}x'`,
  text_with_latex_expr_equality: String.raw`'\\frac{1}{2}'`,
  set_equality: `"['b', 'a']"`,
  set_equality_case_insensitive: `"['B', 'a']"`,
  set_precision: `"['a', 'b']"`,
  jaccard_index: `"['a', 'b']"`,
  jaccard_index_case_insensitive: `"['a', 'B']"`,
  chess_move_list_jaccard_index: `"['e4', 'Nf3']"`,
  sequence_equality: `"['a', 'b']"`,
  sequence_equality_case_insensitive: `"['a', 'B']"`,
  sequence_accuracy_case_insensitive: `"['a', 'B']"`,
  longest_common_list_prefix_ratio: `"['a', 'b']"`,
  dict_equality: `"{'x': 1, 'y': [1, 2]}"`,
  dict_precision: `"{'x': 'a'}"`,
  dict_exact_str_match_agg_recall: `"{'x': 'a', '__proto__': 'b'}"`,
  dict_set_equality_agg_jaccard: `"{'x': ['a', 'b']}"`,
  dict_jaccard_agg_jaccard: `"{'x': ['a', 'b']}"`,
  dict_nbbox_iou_tuple_agg_jaccard: `"{'x': [[0.1, 0.1, 0.4, 0.5]]}"`,
  nbbox_iou_single: `"[0.1, 0.1, 0.4, 0.5]"`,
  nbbox_iou_tuple: `"[[0.1, 0.1, 0.4, 0.5], [0.5, 0.5, 0.9, 0.9]]"`,
  nbbox_iou_sequence: `"[[0.1, 0.1, 0.4, 0.5]]"`,
  xml_nbbox_iou_single: "'<box>0.1, 0.1, 0.4, 0.5</box>'",
  xml_norm_point_in_bbox: "'<point>0.2, 0.3</point>'",
  xml_norm_point_distance: "'<point>0.1, 0.2</point>'",
  normalized_rmse: "'0.5'",
  code_result_exact_str_match: "'1, 2'",
  str_set_equality_line_break: "'a B'",
  str_set_equality_comma: "'b, a'",
  angle_seq_float_rmse: `"[10.0, 20.5]"`,
  sequence_coords_similarity: `"[[1, 2], [3, 4]]"`,
};

function itemOf(metric: string, gold: string, parser = 'answer_string') {
  return benchmarkOf('megabench').read(
    {
      id: 'task_1',
      task_name: 'task',
      task_description: 'Say it.',
      query_text: 'Now.',
      answer: `{'out': ${gold}}`,
      eval_context: "{'bounding_boxes': ['(0.1, 0.1, 0.4, 0.5)']}",
      metric_info: `{'field_score_function': {'out': '${metric}'}, 'aggregation': {'function': 'mean', 'field_weights': {'out': 1}}, 'response_parse_function': '${parser}'}`,
    },
    { file: 'core/test.jsonl', asking: true },
  );
}

test.each(Object.entries(GOLDS))(
  '%s gives a reference answer full marks and another answer less',
  (metric, gold) => {
    const item = itemOf(metric, gold);
    // Of several phrases one is the answer.
    const shown =
      metric === 'multi_ref_phrase'
        ? 'one cat'
        : (/^(['"])(.*)\1$/.exec(gold)?.[2]?.replaceAll('\\\\', '\\') ?? gold);
    const right = scoreResponse(benchmarkOf('megabench'), item, {
      response: `Thinking.\nAnswer: ${shown}`,
    });
    expect(right.official).toMatchObject({ status: 'correct', score: 1 });
    const wrong = scoreResponse(benchmarkOf('megabench'), item, { response: 'Answer: zzz' });
    expect(wrong.official.score).toBeLessThan(1);
  },
);

interface Differential {
  readonly metric: string;
  readonly parser: string;
  readonly answers: Readonly<Record<string, string>>;
  readonly response: string;
  readonly score: number;
}

test('replies made from reference answers have the scores that the published metrics give', () => {
  const path = new URL('../fixtures/eval/mega-differential.jsonl', import.meta.url);
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines.length).toBeGreaterThan(2_000);
  const differing = lines.flatMap((line) => {
    const row = JSON.parse(line) as Differential;
    const names = Object.keys(row.answers);
    const { score } = scoreMega(
      {
        task: 'task',
        parser: row.parser,
        aggregation: 'mean',
        singleLine: !Object.values(row.answers).some((answer) => answer.includes('\n')),
        context: new Map([['bounding_boxes', ['(0.0, 0.0, 0.3, 0.3)', '(0.6, 0.6, 0.9, 0.9)']]]),
        fields: names.map((name) => ({
          name,
          metric: row.metric,
          weight: 1,
          answer: row.answers[name] ?? '',
        })),
      },
      row.response,
    );
    return Math.abs(score - row.score) < 1e-6 ? [] : [{ ...row, own: score }];
  });
  expect(differing).toEqual([]);
});

test('every implemented metric has a reference answer here', async () => {
  const { megaMetrics } = await import('../../src/eval/mega/metrics.ts');
  expect([...megaMetrics.keys()].sort()).toEqual(Object.keys(GOLDS).sort());
});

test('fields are read from the last object of a response and weighed', () => {
  const item = benchmarkOf('megabench').read(
    {
      id: 't',
      task_name: 't',
      answer: "{'a': '1', 'b': 'x'}",
      metric_info:
        "{'field_score_function': {'a': 'exact_str_match', 'b': 'exact_str_match'}, 'aggregation': {'function': 'mean', 'field_weights': {'a': 3, 'b': 1}}, 'response_parse_function': 'json'}",
    },
    { file: 'f', asking: false },
  );
  const response = '{"a": "0"} then {\'a\': 1, "b": "y"}';
  const { official } = scoreResponse(benchmarkOf('megabench'), item, { response });
  expect(official.score).toBe(0.75);
});

test('a task whose metric needs a judge is listed as not scored, never as wrong', () => {
  const item = itemOf('gpt_4o_as_judge', "'x'");
  const { official } = scoreResponse(benchmarkOf('megabench'), item, { response: 'Answer: x' });
  expect(official).toMatchObject({ status: 'unverifiable', reason: 'metric gpt_4o_as_judge' });
});

test('the last box counts as the answer only under the name that says so', () => {
  const row = {
    id: 't',
    task_name: 't',
    answer: "{'a': 'x'}",
    metric_info:
      "{'field_score_function': {'a': 'exact_str_match'}, 'response_parse_function': 'answer_string'}",
  };
  const response = 'so \\boxed{y} or \\boxed{x}';
  const status = (name: string) => {
    const benchmark = benchmarkOf(name);
    return scoreResponse(benchmark, benchmark.read(row, { file: 'f', asking: false }), { response })
      .official.status;
  };
  expect([status('megabench'), status('megabench-box')]).toEqual(['wrong', 'correct']);
});

test('media beyond the marks come first, the others in the places of their marks', () => {
  const item = benchmarkOf('megabench').read(
    {
      id: 't',
      task_name: 't',
      query_text: 'See <image>.',
      query_media: "['b.png']",
      global_media: "['a.png']",
      answer: "{'a': 'x'}",
      metric_info:
        "{'field_score_function': {'a': 'exact_str_match'}, 'response_parse_function': 'answer_string'}",
    },
    { file: 'f', asking: true },
  );
  const shown = item.question.map((piece) =>
    piece.kind === 'text' ? piece.text : piece.cell.kind === 'path' ? piece.cell.path : '',
  );
  expect(shown).toEqual(['a.png', 'See ', 'b.png', '.']);
});

test('stretches in braces are whole, those in brackets end before a brace of no pair', () => {
  expect(candidatesIn('a {b {c} d} [1, {2}] [x } y] {')).toEqual(['{b {c} d}', '[1, {2}]']);
});
