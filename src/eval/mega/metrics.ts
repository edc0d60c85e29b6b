import * as collections from './collections.ts';
import * as geometry from './geometry.ts';
import * as numeric from './numeric.ts';
import * as strings from './strings.ts';
import type { MegaMetric } from './strings.ts';

/**
 * Metrics by their upstream names. What is missing here needs a judge, a geocoder, word lists, running
 * code, or a model. Source: `megabench/metrics/scoring` of TIGER-AI-Lab/MEGA-Bench.
 */
export const megaMetrics: ReadonlyMap<string, MegaMetric> = new Map<string, MegaMetric>([
  ['exact_str_match', strings.exact],
  ['exact_str_match_case_insensitive', strings.exactFolded],
  ['code_result_exact_str_match', strings.codeResult],
  ['simple_str_match', strings.simple],
  ['near_str_match', strings.near],
  ['multi_ref_phrase', strings.anyPhrase],
  ['normalized_similarity_damerau_levenshtein', strings.similar],
  ['general_single_numerical_match', numeric.numerical],
  ['boxed_single_numerical_match', numeric.boxedNumerical],
  ['number_rel_diff_ratio', numeric.ratio],
  ['positive_int_match', numeric.positiveInt],
  ['latex_expr_equality', numeric.latex],
  ['text_with_latex_expr_equality', numeric.textWithLatex],
  ['set_equality', collections.setEquality],
  ['set_equality_case_insensitive', collections.setEqualityFolded],
  ['str_set_equality_line_break', collections.linesEquality],
  ['str_set_equality_comma', collections.partsEquality],
  ['set_precision', collections.setPrecision],
  ['jaccard_index', collections.jaccard],
  ['jaccard_index_case_insensitive', collections.jaccardFolded],
  ['chess_move_list_jaccard_index', collections.chessJaccard],
  ['sequence_equality', collections.sequence],
  ['sequence_equality_case_insensitive', collections.sequenceFolded],
  ['sequence_accuracy_case_insensitive', collections.sequenceAccuracy],
  ['longest_common_list_prefix_ratio', collections.commonPrefix],
  ['dict_equality', collections.dictEquality],
  ['dict_precision', collections.dictPrecision],
  ['dict_exact_str_match_agg_recall', collections.dictRecall],
  ['dict_set_equality_agg_jaccard', collections.dictSets],
  ['dict_jaccard_agg_jaccard', collections.dictJaccard],
  ['dict_nbbox_iou_tuple_agg_jaccard', collections.dictBoxes],
  ['nbbox_iou_single', geometry.boxSingle],
  ['nbbox_iou_tuple', geometry.boxTuple],
  ['nbbox_iou_sequence', geometry.boxSequence],
  ['xml_nbbox_iou_single', geometry.xmlBox],
  ['xml_norm_point_in_bbox', geometry.pointInBox],
  ['xml_norm_point_distance', geometry.pointDistance],
  ['angle_seq_float_rmse', geometry.angles],
  ['normalized_rmse', geometry.normalizedDifference],
  ['sequence_coords_similarity', geometry.coordinates],
]);
