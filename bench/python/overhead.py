import same_mkl  # noqa: F401  before torch

import time

import torch

from protocol import serve

A, B = torch.tensor([1.0]), torch.tensor([2.0])
LEAF = torch.tensor([1.0], requires_grad=True)


def no_grad(calls):
    with torch.no_grad():
        start = time.perf_counter()
        for _ in range(calls):
            A.add(B)
        return time.perf_counter() - start


def grad(calls):
    start = time.perf_counter()
    for _ in range(calls):
        LEAF.add(B)
    return time.perf_counter() - start


serve({"no_grad": no_grad, "grad": grad})
