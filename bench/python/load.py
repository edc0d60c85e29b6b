import same_mkl  # noqa: F401  before torch

import time

import torch
from safetensors import safe_open

from protocol import serve


def touch(path):
    start = time.perf_counter()
    with safe_open(path, "pt") as file:
        for name in file.keys():
            file.get_tensor(name).view(torch.float32).sum().item()
    return time.perf_counter() - start


def cast(path):
    start = time.perf_counter()
    with safe_open(path, "pt") as file:
        for name in file.keys():
            file.get_tensor(name).float()
    return time.perf_counter() - start


serve({"touch": touch, "cast": cast})
