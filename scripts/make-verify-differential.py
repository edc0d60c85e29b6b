"""Adds the verdicts of the published math-verify package to the pairs in
src/verify/__fixtures__/pairs.jsonl and writes src/verify/__fixtures__/differential.jsonl.

Run with a Python that has math-verify 0.8.0: python scripts/make-verify-differential.py
A pair without mathematics delimiters is given dollars, because math-verify reads no bare LaTeX.
"""

import json
import pathlib

from math_verify import parse, verify

folder = pathlib.Path(__file__).parent.parent / "src" / "verify" / "__fixtures__"


def wrapped(text):
    bare_words = " " in text.strip() and "\\" not in text
    return text if "$" in text or "boxed" in text or bare_words else f"${text}$"


def verdict(gold, prediction):
    try:
        return bool(verify(parse(wrapped(gold)), parse(wrapped(prediction))))
    except Exception:
        return False


with open(folder / "pairs.jsonl", encoding="utf8") as pairs:
    rows = [json.loads(line) for line in pairs]
with open(folder / "differential.jsonl", "w", encoding="utf8") as out:
    for row in rows:
        row["mathVerify"] = verdict(row["gold"], row["prediction"])
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
