import same_mkl  # noqa: F401  before torch

import time

import torch

import decoder
from protocol import serve

TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
READY = {}


def prepared(dtype):
    if dtype not in READY:
        model = decoder.Decoder(TYPES[dtype], **decoder.REFERENCE)
        cos, sin = decoder.tables(128, 64, TYPES[dtype])
        READY[dtype] = (model, decoder.Trainer(model, 1e-4), decoder.tokens(4, 128, 2048), cos, sin)
    return READY[dtype]


def step(dtype):
    model, trainer, ids, cos, sin = prepared(dtype)
    start = time.perf_counter()
    loss = model.loss(ids, cos, sin)
    forward = time.perf_counter()
    loss.backward()
    backward = time.perf_counter()
    trainer.step()
    end = time.perf_counter()
    return {"forward": forward - start, "backward": backward - forward, "optimizer": end - backward}


serve({"step": step})
