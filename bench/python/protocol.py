"""The Python half of the benchmark pipe: JSON lines in on stdin, JSON lines out on stdout.

A baseline calls serve({"case": function}). Each function takes keyword arguments and returns
seconds, or a dictionary of seconds by part, or anything else that JSON can carry.
"""

import json
import os
import sys
import traceback


def _versions():
    versions = {"python": sys.version.split()[0]}
    for name in ("torch", "transformers", "numpy", "math_verify"):
        module = sys.modules.get(name)
        if module is not None and getattr(module, "__version__", None):
            versions[name] = module.__version__
    return versions


def serve(cases):
    # Whatever a library prints must not end up between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def say(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    say({"ready": True, "versions": _versions()})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            value = cases[request["case"]](**request.get("args", {}))
            say({"id": request["id"], "value": value})
        except Exception as error:  # the caller decides whether one failed case ends the run
            traceback.print_exc(file=sys.stderr)
            say({"id": request["id"], "error": f"{type(error).__name__}: {error}"})
