r"""Writes what Python's own `ast.literal_eval` makes of a table of literals.

    python scripts/make-python-literals.py > test/fixtures/data/python-literals.json

Each entry is { text, value }, the value tagged by kind, or { text, error } where Python refuses it.
Fixtures committed were made with Python 3.11.
"""

import ast
import json
import sys
import warnings

LITERALS = [
    "'a'", '"a"', "''", "'it\\'s'", '"say \\"hi\\""', "'''three\nlines'''", '"""a"b"""', r"r'\n\d'", r"'\n\t\\'", r"'\x41\u00e9\U0001f600'",
    r"'\101\0'", r"'\d'", "b'ab'", r"b'\xff\n'", r"rb'\x'", "u'ü'", "'a' 'b'", "('a'\n 'b')", "'a' \"b\" '''c'''", "b'a' b'b'",
    "0", "1", "-1", "+1", "1_000", "0xFF", "0o17", "0b101", "000", "12345678901234567890",
    "-9007199254740993", "1.5", "1.", ".5", "1e3", "1E-3", "-0.0", "1_0.0_1", "2j", "1+2j",
    "-1.5-2j", "True", "False", "None", "[]", "[1]", "[1, 2,]", "()", "(1,)", "(1)",
    "(1, 'a')", "{}", "{'a': 1}", "{'a': 1, 'b': [2, {'c': None}],}", "{1, 2}", "{1,}", "set()", "['$MgS$', 'MgS']", "['24/7', '3.429']", "{'__proto__': 1}",
    "[[], [[]], ()]", " [1] ", "[1, # one\n 2]", "['a', \"it's\", 'say \"x\"']", "{(1, 2): 'pair'}", "'\\\n'", "-0", "'ü€'",
    # refused
    "", "abc", "1 +", "1+2", "--1", "'a", "'a\nb'", "[1", "[1 2]", "[,]", "{1: }", "{1: 2, 3}", "{{}: 2}", "{[1]: 2}", "{([1],): 2}", "{[1]}", "f'a'", "007",
    "1__0", "1_", "0x", "__import__('os')", "a.b", "[x for x in y]", "'a' b'b'", r"'\x4'", r"'\uD'", "1 2", "{'a': 1", "(1, 2", "inf", "nan", "b'ü'", "not True", "1abc", "set(1)",
]


def tagged(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, complex):
        return {"complex": [repr(value.real), repr(value.imag)]}
    if isinstance(value, bytes):
        return {"bytes": list(value)}
    if isinstance(value, (list, tuple)):
        return {"items": [tagged(each) for each in value]}
    if isinstance(value, dict):
        return {"dict": [[tagged(key), tagged(each)] for key, each in value.items()]}
    return {"set": [tagged(each) for each in sorted(value)]}


def entry(text):
    warnings.simplefilter("ignore")
    try:
        return {"text": text, "value": tagged(ast.literal_eval(text))}
    except (ValueError, SyntaxError, TypeError) as error:
        return {"text": text, "error": type(error).__name__}


json.dump([entry(text) for text in LITERALS], sys.stdout, ensure_ascii=False, indent=1)
sys.stdout.write("\n")
