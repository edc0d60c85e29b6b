import { expect, test } from 'vitest';
import { benchmarkOf, scoreResponse } from '#eval';

/** One reference answer for every metric. */
const GOLDS: Readonly<Record<string, string>> = {
  exact_str_match: "'Paris'",
  exact_str_match_case_insensitive: "'Paris'",
  simple_str_match: "'a-b c.'",
  near_str_match: "'the quick brown fox'",
  multi_ref_phrase: "['a cat', 'one cat']",
  normalized_similarity_damerau_levenshtein: "'abcd'",
  general_single_numerical_match: "'12.5'",
  boxed_single_numerical_match: "'12.5'",
  number_rel_diff_ratio: "'40'",
  positive_int_match: "'7'",
  latex_expr_equality: String.raw`'\\frac{1}{2}x'`,
  text_with_latex_expr_equality: String.raw`'\\frac{1}{2}'`,
  set_equality: "['b', 'a']",
  set_equality_case_insensitive: "['B', 'a']",
  set_precision: "['a', 'b']",
  jaccard_index: "['a', 'b']",
  jaccard_index_case_insensitive: "['a', 'B']",
  chess_move_list_jaccard_index: "['e4', 'Nf3']",
  sequence_equality: "['a', 'b']",
  sequence_equality_case_insensitive: "['a', 'B']",
  sequence_accuracy_case_insensitive: "['a', 'B']",
  longest_common_list_prefix_ratio: "['a', 'b']",
  dict_equality: "{'x': 1, 'y': [1, 2]}",
  dict_precision: "{'x': 'a'}",
  dict_exact_str_match_agg_recall: "{'x': 'a', '__proto__': 'b'}",
  dict_set_equality_agg_jaccard: "{'x': ['a', 'b']}",
  dict_jaccard_agg_jaccard: "{'x': ['a', 'b']}",
  dict_nbbox_iou_tuple_agg_jaccard: "{'x': [[0.1, 0.1, 0.4, 0.5]]}",
  nbbox_iou_single: '[0.1, 0.1, 0.4, 0.5]',
  nbbox_iou_tuple: '[[0.1, 0.1, 0.4, 0.5], [0.5, 0.5, 0.9, 0.9]]',
  nbbox_iou_sequence: '[[0.1, 0.1, 0.4, 0.5]]',
  xml_nbbox_iou_single: "'<x1>0.1</x1><y1>0.1</y1><x2>0.4</x2><y2>0.5</y2>'",
  xml_norm_point_in_bbox: '[0.1, 0.1, 0.4, 0.5]',
  xml_norm_point_distance: "'<x>0.1</x><y>0.2</y>'",
  angle_seq_float_rmse: '[10.0, 20.5]',
  sequence_coords_similarity: '[[1, 2], [3, 4]]',
};

function itemOf(metric: string, gold: string, parser = 'answer_string') {
  return benchmarkOf('megabench').read(
    {
      id: 'task_1',
      task_name: 'task',
      task_description: 'Say it.',
      query_text: 'Now.',
      answer: `{'out': ${gold}}`,
      metric_info: `{'field_score_function': {'out': '${metric}'}, 'aggregation': {'function': 'mean', 'field_weights': {'out': 1}}, 'response_parse_function': '${parser}'}`,
    },
    { file: 'core/test.jsonl', asking: true },
  );
}

test.each(Object.entries(GOLDS))(
  '%s gives a reference answer full marks and another answer less',
  (metric, gold) => {
    const item = itemOf(metric, gold);
    const shown = /^'(.*)'$/.exec(gold)?.[1]?.replaceAll('\\\\', '\\') ?? gold;
    const right = scoreResponse(benchmarkOf('megabench'), item, {
      response: `Thinking.\nAnswer: ${shown}`,
    });
    expect(right.official).toMatchObject({ status: 'correct', score: 1 });
    const wrong = scoreResponse(benchmarkOf('megabench'), item, { response: 'Answer: zzz' });
    expect(wrong.official.score).toBeLessThan(1);
    const none = scoreResponse(benchmarkOf('megabench'), item, { response: shown });
    expect(none.official.status).toBe('no-answer');
  },
);

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
  const response = '{"a": "0"} then {\'a\': 1, "b": "y}"}';
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
  expect([status('megabench'), status('megabench-box')]).toEqual(['no-answer', 'correct']);
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
