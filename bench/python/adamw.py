import same_mkl  # noqa: F401  before torch

import time

import torch

import decoder
from protocol import serve

TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
READY = {}


def step(dtype):
    if dtype not in READY:
        model = decoder.Decoder(TYPES[dtype], **decoder.REFERENCE)
        READY[dtype] = (model.parameters(), decoder.Trainer(model, 1e-6))
    parameters, trainer = READY[dtype]
    for parameter in parameters:
        parameter.grad = parameter.detach() * 0.01
    start = time.perf_counter()
    trainer.step()
    return time.perf_counter() - start


serve({"step": step})
