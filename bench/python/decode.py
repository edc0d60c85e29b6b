import same_mkl  # noqa: F401  before torch

import time

import torch
import torch.nn.functional as F

import decoder
from protocol import serve

TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
SEQUENCES, TOKENS = 8, 64
MODELS = {}


class Fused:
    """The operators of bench/fused-decoder.ts."""

    def __init__(self, model):
        self.model, dtype = model, model.embed.dtype
        size = decoder.REFERENCE
        self.n, self.k, self.h = size["heads"], size["key_value_heads"], model.head
        self.layers = []
        for p in model.layers:
            joined = lambda *names: torch.cat([p[n] for n in names]).detach().t()
            cache = lambda: torch.zeros(SEQUENCES, self.k, TOKENS, self.h, dtype=dtype)
            self.layers.append(
                (p["attention_norm"], joined("q", "k", "v"), joined("o"), p["mlp_norm"])
                + (joined("gate", "up"), joined("down"), cache(), cache())
            )

    def logits(self, ids, at, cos, sin):
        n, k, h = self.n, self.k, self.h
        cos, sin = cos.select(0, at), sin.select(0, at)
        x = F.embedding(ids, self.model.embed)
        for first, qkv, o, second, gate_up, down, keys, values in self.layers:
            all_ = F.rms_norm(x, first.shape, first, 1e-6).mm(qkv).view(-1, n + 2 * k, h)
            plain = all_.narrow(1, 0, n + k)
            turned = (plain * cos).addcmul(plain.roll(h // 2, -1), sin)
            keys.select(2, at).copy_(turned.narrow(1, n, k))
            values.select(2, at).copy_(all_.narrow(1, n + k, k))
            q = turned.narrow(1, 0, n).unsqueeze(2)
            past = keys.narrow(2, 0, at + 1), values.narrow(2, 0, at + 1)
            a = F.scaled_dot_product_attention(q, *past, enable_gqa=True)
            x = x.addmm(a.view(-1, n * h), o)
            gate, up = F.rms_norm(x, second.shape, second, 1e-6).mm(gate_up).chunk(2, -1)
            x = x.addmm(F.silu(gate) * up, down)
        norm = self.model.norm
        return F.linear(F.rms_norm(x, norm.shape, norm, 1e-6), self.model.embed)


def prepared(dtype):
    if dtype not in MODELS:
        model = decoder.Decoder(TYPES[dtype], **decoder.REFERENCE)
        cos, sin = decoder.tables(TOKENS, 64, TYPES[dtype])
        sign = torch.ones(64, dtype=sin.dtype)
        sign[:32] = -1
        MODELS[dtype] = model, Fused(model), cos, sin, sin * sign
    return MODELS[dtype]


def sample(logits):
    return torch.softmax(logits.float(), -1).multinomial(1).view(-1)


@torch.no_grad()
def plain(dtype, count):
    model, _, cos, sin, _ = prepared(dtype)
    start = time.perf_counter()
    caches = [{} for _ in model.layers]
    ids = torch.arange(SEQUENCES)
    for at in range(count):
        logits = model.logits(ids.view(-1, 1), cos.narrow(0, at, 1), sin.narrow(0, at, 1), caches)
        ids = sample(logits.select(1, 0))
    return time.perf_counter() - start


@torch.no_grad()
def fused(dtype, count):
    _, model, cos, _, signed = prepared(dtype)
    start = time.perf_counter()
    ids = torch.arange(SEQUENCES)
    for at in range(count):
        ids = sample(model.logits(ids, at, cos, signed))
    return time.perf_counter() - start


serve({"plain": plain, "fused": fused})
