"""The reference decoder of test/engine/decoder.ts in PyTorch: same formula for the weights, same steps."""

import numpy
import torch
import torch.nn.functional as F

REFERENCE = dict(layers=4, width=512, heads=8, key_value_heads=2, hidden=1408, vocabulary=2048)


def mixed(count, seed):
    """32 well-mixed bits of every position below count and a seed."""
    with numpy.errstate(over="ignore"):
        bits = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(2654435761)
        bits = bits + numpy.uint32((seed * 40503) & 0xFFFFFFFF)
        bits = (bits ^ (bits >> numpy.uint32(16))) * numpy.uint32(2246822519)
        bits = (bits ^ (bits >> numpy.uint32(13))) * numpy.uint32(3266489917)
        return bits ^ (bits >> numpy.uint32(16))


def weights(shape, seed):
    count = int(numpy.prod(shape))
    values = (mixed(count, seed).astype(numpy.float64) / 4294967296 - 0.5) * (0.02 * numpy.sqrt(12))
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape))


def tokens(batch, length, vocabulary):
    ids = mixed(batch * (length + 1), 999).astype(numpy.int64) % vocabulary
    return torch.from_numpy(ids.reshape(batch, length + 1))


def tables(length, head, dtype):
    position = numpy.arange(length, dtype=numpy.float64)[:, None]
    at = numpy.arange(head) % (head // 2)
    angles = torch.from_numpy((position * 10000.0 ** (-(2.0 * at) / head)).astype(numpy.float32))
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x, cos, sin):
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


def rms_norm(x, weight):
    if x.dtype == torch.float32:
        return F.rms_norm(x, weight.shape, weight, 1e-6)
    wide = x.float()
    return (wide * (wide.square().mean(-1, True) + 1e-6).rsqrt()).to(x.dtype) * weight


class Decoder:
    def __init__(self, dtype, layers, width, heads, key_value_heads, hidden, vocabulary):
        self.heads, self.head = heads, width // heads
        narrow = self.head * key_value_heads
        seed = 0

        def take(*shape, norm=False):
            nonlocal seed
            seed += 1
            values = torch.ones(shape) if norm else weights(shape, seed)
            return values.to(dtype).requires_grad_(True)

        self.embed = take(vocabulary, width)
        self.layers = []
        for _ in range(layers):
            self.layers.append(
                dict(
                    attention_norm=take(width, norm=True),
                    q=take(width, width),
                    k=take(narrow, width),
                    v=take(narrow, width),
                    o=take(width, width),
                    mlp_norm=take(width, norm=True),
                    gate=take(hidden, width),
                    up=take(hidden, width),
                    down=take(width, hidden),
                )
            )
        self.norm = take(width, norm=True)

    def parameters(self):
        return [self.embed, *(p for layer in self.layers for p in layer.values()), self.norm]

    def split(self, flat):
        batch, length, _ = flat.shape
        return flat.view(batch, length, -1, self.head).transpose(1, 2)

    def layer(self, p, x, cos, sin, cache=None):
        h = rms_norm(x, p["attention_norm"])
        q = rotate(self.split(F.linear(h, p["q"])), cos, sin)
        k = rotate(self.split(F.linear(h, p["k"])), cos, sin)
        v = self.split(F.linear(h, p["v"]))
        if cache is not None:
            if "key" in cache:
                k = torch.cat((cache["key"], k), 2)
                v = torch.cat((cache["value"], v), 2)
            cache["key"], cache["value"] = k, v
        a = F.scaled_dot_product_attention(q, k, v, is_causal=cache is None, enable_gqa=True)
        x = x + F.linear(a.transpose(1, 2).flatten(2), p["o"])
        h = rms_norm(x, p["mlp_norm"])
        return x + F.linear(F.silu(F.linear(h, p["gate"])) * F.linear(h, p["up"]), p["down"])

    def logits(self, ids, cos, sin, caches=None):
        x = F.embedding(ids, self.embed)
        for index, p in enumerate(self.layers):
            x = self.layer(p, x, cos, sin, None if caches is None else caches[index])
        return F.linear(rms_norm(x, self.norm), self.embed)

    def loss(self, ids, cos, sin):
        logits = self.logits(ids[:, :-1], cos, sin).float()
        return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].reshape(-1))


class Trainer:
    """AdamW by the fused kernel on f32 masters; parameters of another type are their copies."""

    def __init__(self, model, learning_rate=1e-3):
        self.parameters = model.parameters()
        self.masters = [
            p if p.dtype == torch.float32 else p.detach().float().requires_grad_(True)
            for p in self.parameters
        ]
        self.optimizer = torch.optim.AdamW(
            self.masters, lr=learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, fused=True
        )

    def step(self):
        with torch.no_grad():
            for parameter, master in zip(self.parameters, self.masters):
                if master is not parameter:
                    master.grad = parameter.grad.float()
                    parameter.grad = None
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            copies = [(p, m) for p, m in zip(self.parameters, self.masters) if p is not m]
            if copies:
                torch._foreach_copy_([p for p, _ in copies], [m for _, m in copies])
