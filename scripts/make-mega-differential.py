"""Writes test/fixtures/eval/mega-differential.jsonl: replies made from reference answers, and the score
that MEGA-Bench's own metrics and parsers give them.

    python -m venv V && V/bin/pip install rapidfuzz==3.9.5 Unidecode==1.3.8 regex matplotlib pillow numpy \
        sympy==1.13.2 antlr4-python3-runtime==4.11.0
    V/bin/python scripts/make-mega-differential.py MEGABENCH   # folder `megabench` of the repository
"""

import ast
import importlib
import json
import pathlib
import random
import sys
import types

utils = types.ModuleType("utils")


def lazy_import(module, name):
    return lambda: getattr(importlib.import_module(module), name)


utils.lazy_import = lazy_import
sys.modules["utils"] = utils
sys.path.insert(0, sys.argv[1])
from metrics import AggregationType, MetricType, ResponseParseType  # noqa: E402
from metrics.parsing.common.utils import evaluate_as_string  # noqa: E402

TEXTS = ["Paris", "a-b c.", "The quick brown fox", "B", "São Tomé", "Nf3", "12", "3.50", "don't"]
LISTS = ["['b', 'a']", "['A', 'Bb', 'c d']", "[1, 2, 3]", "[1.5, 2.0]", "a, b, c", "('x', 'y')", "{'p', 'q'}",
         "[['a', 'b'], ['c', 'd-e']]", "['e4', 'Nf3#', 'Qh5!']", "['a']", "None, x", "[(1, 2), (3, 4)]"]
DICTS = ["{'x': 'a', 'y': 'b'}", "{'x': ['a', 'b'], 'y': ['c']}", "{'x': 1, 'y': 2.0}", "{'1': 'a'}",
         '{"x": "a", "y": null}', "{'x': {'z': 'w'}}"]
BOXES = ["[0.1, 0.1, 0.4, 0.5]", "[[0.1, 0.1, 0.4, 0.5], [0.5, 0.5, 0.9, 0.9]]", "(0.2, 0.2, 0.3, 0.3)"]
BOXDICT = ["{'x': [[0.1, 0.1, 0.4, 0.5]], 'y': [[0.5, 0.5, 0.9, 0.9]]}"]
NUMBERS = ["40", "12.5", "-3", "0.07", "7", "1e3", "[1, 2, 3]", "x = 5", "50%", "\\frac{1}{2}", "2\\pi", "1/3", "$12",
           "3 cm", "\\boxed{8}", "\\sqrt{2}"]
POINTS = ["<point>0.1, 0.2</point>"]
XML = ["<box>0.1, 0.1, 0.4, 0.5</box>"]
COORDS = ["[[0.1, 0.2], [0.3, 0.4]]", "[(0.5, 0.5)]"]
ANGLES = ["[10.0, 20.5]", "[1, 2, 3]", "5"]

GOLDS = {
    "exact_str_match": TEXTS + LISTS[:3], "exact_str_match_case_insensitive": TEXTS,
    "code_result_exact_str_match": ["```\n1\n2\n```", "plain"], "simple_str_match": TEXTS + LISTS[:2],
    "near_str_match": TEXTS, "multi_ref_phrase": ["['a cat', 'one cat']", "kitten， cat", "7"],
    "normalized_similarity_damerau_levenshtein": TEXTS + ["ca", "kitten sitting"],
    "general_single_numerical_match": NUMBERS, "boxed_single_numerical_match": NUMBERS,
    "number_rel_diff_ratio": ["40", "12.5", "-3", "0"], "positive_int_match": ["7", "0", "-2"],
    "set_equality": LISTS, "set_equality_case_insensitive": LISTS, "str_set_equality_line_break": ["a\nB", "x"],
    "str_set_equality_comma": LISTS, "set_precision": LISTS, "jaccard_index": LISTS,
    "jaccard_index_case_insensitive": LISTS, "chess_move_list_jaccard_index": LISTS,
    "sequence_equality": LISTS, "sequence_equality_case_insensitive": LISTS,
    "sequence_accuracy_case_insensitive": LISTS, "longest_common_list_prefix_ratio": LISTS,
    "dict_equality": DICTS, "dict_precision": DICTS, "dict_exact_str_match_agg_recall": DICTS,
    "dict_set_equality_agg_jaccard": DICTS, "dict_jaccard_agg_jaccard": DICTS,
    "dict_nbbox_iou_tuple_agg_jaccard": BOXDICT, "nbbox_iou_single": BOXES, "nbbox_iou_tuple": BOXES,
    "nbbox_iou_sequence": BOXES, "xml_nbbox_iou_single": XML, "xml_norm_point_in_bbox": POINTS,
    "xml_norm_point_distance": POINTS, "angle_seq_float_rmse": ANGLES, "normalized_rmse": ["0.5", "[1]"],
    "sequence_coords_similarity": COORDS,
}
CONTEXT = {"bounding_boxes": ["(0.0, 0.0, 0.3, 0.3)", "(0.6, 0.6, 0.9, 0.9)"]}
SLOW = {"general_single_numerical_match", "boxed_single_numerical_match"}


def variants(gold, draw):
    yield from [gold, gold.upper(), f"  {gold} ", f'"{gold}"', f"{gold}.", f"({gold})", gold[:-1], f"{gold} and", "",
                "zzz", f"[{gold}]", gold.replace("'", '"'), gold.replace(" ", ""), gold.replace(", ", ","), "[]", "{}",
                "None", "'", gold.swapcase()]
    digits = [at for at, sign in enumerate(gold) if sign.isdigit()]
    for _ in range(3):
        if digits:
            at = draw.choice(digits)
            yield gold[:at] + draw.choice("0123456789") + gold[at + 1:]
        signs = list(gold)
        if len(signs) > 1:
            at = draw.randrange(len(signs) - 1)
            signs[at], signs[at + 1] = signs[at + 1], signs[at]
        yield "".join(signs)
    try:
        value = ast.literal_eval(gold)
    except (SyntaxError, ValueError):
        return
    if isinstance(value, (list, tuple)):
        items = list(value)
        yield str(items[::-1])
        yield str(items[:-1])
        yield str(items + items[:1])
        yield str(tuple(items))
        yield ", ".join(map(str, items))
        yield json.dumps(items)
    if isinstance(value, dict):
        yield json.dumps(value)
        yield str(dict(list(value.items())[:1]))
        yield str({**value, "extra": "e"})
        yield str({key: str(each) for key, each in value.items()})


def framed(text, draw):
    yield f"Answer: {text}"
    yield draw.choice([text, f"Thinking.\n**Answer: {text}**", f"Answer: no\nthen answer: {text}",
                       f"Answer:\n```\n{text}\n```", f"Answer: {text}\n\nBecause I say so.", f"Answer:\n{text}\n",
                       f"```json\n{text}\n```", f"Answer: {text}\nmore", f"ANSWER: {text}"])


def score(metric_name, parser_name, answers, response):
    parser = ResponseParseType.from_string(parser_name)
    metric = MetricType.from_string(metric_name)
    if parser.is_single_field_parser():
        [field] = answers
        found = parser.parse(response, field, is_single_line_ans="\n" not in answers[field])
    else:
        found = parser.parse(response)
        if not isinstance(found, dict) or not found:
            found = {field: response for field in answers}
    scores = {}
    for field, gold in answers.items():
        against = CONTEXT if metric_name == "xml_norm_point_in_bbox" else evaluate_as_string(gold)
        value = metric.match(found.get(field), against)
        scores[field] = float(value[0] if isinstance(value, tuple) else value)
    total = AggregationType.from_string("mean").aggregate(scores, {field: 1 for field in answers})
    return max(0.0, float(total))


def main():
    draw = random.Random(11)
    rows = []
    for metric, golds in GOLDS.items():
        for gold in golds:
            seen = set()
            for text in variants(gold, draw):
                for response in framed(text, draw):
                    if response in seen or (metric in SLOW and draw.random() < 0.75 and text != gold):
                        continue
                    seen.add(response)
                    parser = draw.choice(["answer_string"] * 6 + ["verbatim_answer_string", "ascii_answer_string"])
                    rows.append((metric, parser, {"out": gold}, response))
            for other in golds[:3]:
                pair = {"out": gold, "more": other}
                reply = draw.choice([json.dumps(pair), str(pair), f"Answer: {json.dumps(pair)}",
                                     json.dumps({"out": gold}), f"```json\n{json.dumps(pair, indent=1)}\n```", gold,
                                     json.dumps({"out": gold, "more": 3})])
                if metric not in SLOW:
                    rows.append((metric, "json", pair, reply))
    kept = draw.sample(rows, min(len(rows), 2400))
    path = pathlib.Path(__file__).parent.parent / "test/fixtures/eval/mega-differential.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for metric, parser, answers, response in kept:
            try:
                value = score(metric, parser, answers, response)
            except Exception as error:
                # What ends the original's run has no verdict.
                print(metric, parser, repr(response)[:60], repr(error)[:80])
                continue
            row = {"metric": metric, "parser": parser, "answers": answers, "response": response, "score": value}
            file.write(json.dumps(row) + "\n")
    print(len(kept))


main()
