"""Writes the references of the engine's tests: `python scripts/make-engine-fixtures.py`.

Needs torch 2.13.0 and numpy. Inputs follow from formulas that stand in test/engine/formula.ts too, so
that only outputs and gradients are stored:

  test/fixtures/engine/operators.json   per operator: inputs by description, output, gradients
  test/fixtures/engine/losses.json      ten losses of the 12.3 M-parameter decoder
  test/fixtures/engine/adamw.json       twenty steps of AdamW
"""

import json
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "bench", "python"))
import same_mkl  # noqa: E402  before torch

import numpy  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import decoder  # noqa: E402

FOLDER = os.path.join(ROOT, "test", "fixtures", "engine")


def real(*shape, low=-1.0, high=1.0, grad=True):
    return dict(kind="real", shape=list(shape), low=low, high=high, grad=grad)


def index(*shape, below):
    return dict(kind="index", shape=list(shape), below=below)


def mask(*shape):
    return dict(kind="mask", shape=list(shape))


def values(*numbers, shape=None):
    return dict(kind="values", shape=shape or [len(numbers)], values=list(numbers))


def build(spec, seed):
    count = int(numpy.prod(spec["shape"]))
    bits = decoder.mixed(count, seed)
    if spec["kind"] == "real":
        unit = bits.astype(numpy.float64) / 4294967296
        data = spec["low"] + (spec["high"] - spec["low"]) * unit
    elif spec["kind"] == "index":
        data = bits.astype(numpy.int64) % spec["below"]
    elif spec["kind"] == "mask":
        data = (bits >> numpy.uint32(7)) % 2 == 1
    else:
        data = numpy.array(spec["values"], dtype=numpy.int64)
    return torch.from_numpy(numpy.asarray(data).reshape(spec["shape"]))


def unary(function, low=-1.0, high=1.0):
    return [real(3, 4, low=low, high=high)], function


positive = dict(low=0.2, high=2.0)
CASES = {
    # products
    "matmul": ([real(2, 3, 4), real(4, 2)], torch.matmul),
    "mm": ([real(3, 4), real(4, 2)], torch.mm),
    "bmm": ([real(2, 3, 4), real(2, 4, 2)], torch.bmm),
    "addmm": ([real(2), real(3, 4), real(4, 2)], lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2)),
    "baddbmm": ([real(2, 3, 2), real(2, 3, 4), real(2, 4, 2)], torch.baddbmm),
    "linear": ([real(3, 4), real(2, 4), real(2)], F.linear),
    "einsum": ([real(2, 3, 4), real(5, 4)], lambda a, b: torch.einsum("BTD,VD->BTV", a, b)),
    "dot": ([real(5), real(5)], torch.dot),
    "outer": ([real(3), real(4)], torch.outer),
    "mv": ([real(3, 4), real(4)], torch.mv),
    # softmax family
    "softmax": ([real(3, 5)], lambda x: torch.softmax(x, -1)),
    "logSoftmax": ([real(3, 5)], lambda x: torch.log_softmax(x, -1)),
    "logsumexp": ([real(3, 5)], lambda x: torch.logsumexp(x, -1)),
    "sigmoid": unary(torch.sigmoid),
    "logSigmoid": unary(F.logsigmoid),
    "softplus": unary(F.softplus),
    "tanh": unary(torch.tanh),
    # norms
    "layerNorm": ([real(3, 6), real(6), real(6)], lambda x, w, b: F.layer_norm(x, [6], w, b, 1e-5)),
    "rmsNorm": ([real(3, 6), real(6)], lambda x, w: F.rms_norm(x, [6], w, 1e-6)),
    "groupNorm": ([real(2, 4, 3), real(4), real(4)], lambda x, w, b: F.group_norm(x, 2, w, b)),
    "linalgVectorNorm": ([real(3, 4)], lambda x: torch.linalg.vector_norm(x)),
    # gather, scatter, index
    "gather": ([real(3, 4), index(3, 2, below=4)], lambda x, i: x.gather(1, i)),
    "scatter": (
        [real(3, 4), values(0, 3, 2, 1, 1, 0, shape=[3, 2]), real(3, 2)],
        lambda x, i, s: x.scatter(1, i, s),
    ),
    "scatterAdd": ([real(3, 4), index(3, 5, below=4), real(3, 5)], lambda x, i, s: x.scatter_add(1, i, s)),
    "index": ([real(4, 3), index(5, below=4)], lambda x, i: x[i]),
    "indexSelect": ([real(4, 3), index(5, below=3)], lambda x, i: x.index_select(1, i)),
    "indexPut": (
        [real(4, 3), index(5, below=4), real(5, 3)],
        lambda x, i, v: torch.index_put(x, (i,), v, accumulate=True),
    ),
    "indexAdd": ([real(4, 3), index(5, below=4), real(5, 3)], lambda x, i, s: x.index_add(0, i, s)),
    "indexCopy": ([real(4, 3), values(2, 0), real(2, 3)], lambda x, i, s: x.index_copy(0, i, s)),
    "take": ([real(3, 4), index(5, below=12)], torch.take),
    "takeAlongDim": ([real(3, 4), index(3, 2, below=4)], lambda x, i: torch.take_along_dim(x, i, 1)),
    "embedding": ([real(6, 3), index(2, 4, below=6)], lambda w, i: F.embedding(i, w)),
    # masks
    "maskedFill": ([real(3, 4), mask(3, 4)], lambda x, m: x.masked_fill(m, -3.0)),
    "maskedScatter": ([real(3, 4), mask(3, 4), real(3, 4)], lambda x, m, s: x.masked_scatter(m, s)),
    "maskedSelect": ([real(3, 4), mask(3, 4)], lambda x, m: x.masked_select(m)),
    "where": ([mask(3, 4), real(3, 4), real(3, 4)], torch.where),
    # convolutions and pictures
    "conv1d": ([real(2, 3, 6), real(4, 3, 3), real(4)], lambda x, w, b: F.conv1d(x, w, b, padding=1)),
    "conv2d": ([real(1, 2, 5, 5), real(3, 2, 3, 3), real(3)], lambda x, w, b: F.conv2d(x, w, b, stride=2)),
    "conv3d": ([real(1, 2, 2, 4, 4), real(3, 2, 2, 2, 2)], lambda x, w: F.conv3d(x, w, stride=2)),
    "avgPool2d": ([real(1, 2, 4, 4)], lambda x: F.avg_pool2d(x, 2)),
    "upsampleBilinear2d": (
        [real(1, 2, 3, 3)],
        lambda x: F.interpolate(x, size=(5, 4), mode="bilinear", align_corners=False),
    ),
    "upsampleBicubic2d": (
        [real(1, 2, 4, 4)],
        lambda x: F.interpolate(x, size=(6, 7), mode="bicubic", align_corners=False),
    ),
    "upsampleBicubic2dAa": (
        [real(1, 2, 6, 6)],
        lambda x: F.interpolate(x, size=(3, 4), mode="bicubic", align_corners=False, antialias=True),
    ),
    # attention
    "attention": (
        [real(1, 2, 4, 8), real(1, 2, 4, 8), real(1, 2, 4, 8)],
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    ),
    "groupedAttention": (
        [real(1, 4, 3, 8), real(1, 2, 3, 8), real(1, 2, 3, 8)],
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
    ),
    # losses
    "crossEntropyLoss": ([real(5, 6), index(5, below=6)], F.cross_entropy),
    "nllLoss": ([real(5, 6), index(5, below=6)], F.nll_loss),
    "mseLoss": ([real(3, 4), real(3, 4)], F.mse_loss),
    "smoothL1Loss": ([real(3, 4), real(3, 4)], F.smooth_l1_loss),
    "binaryCrossEntropyWithLogits": (
        [real(3, 4), real(3, 4, low=0.1, high=0.9, grad=False)],
        F.binary_cross_entropy_with_logits,
    ),
    "klDiv": ([real(3, 4, low=-3, high=-0.5), real(3, 4, low=0.1, high=0.9, grad=False)], F.kl_div),
    # order
    "sort": ([real(3, 5)], lambda x: torch.sort(x, -1)[0]),
    "topk": ([real(3, 5)], lambda x: torch.topk(x, 2, -1)[0]),
    "kthvalue": ([real(3, 5)], lambda x: torch.kthvalue(x, 2, -1)[0]),
    "maxAlong": ([real(3, 5)], lambda x: torch.max(x, -1)[0]),
    "minAlong": ([real(3, 5)], lambda x: torch.min(x, -1)[0]),
    "amax": ([real(3, 5)], lambda x: torch.amax(x, [1])),
    # sums
    "sum": ([real(3, 4)], lambda x: x.sum(1, True)),
    "mean": ([real(3, 4)], lambda x: x.mean(0)),
    "prod": ([real(3, 4, **positive)], lambda x: x.prod(1)),
    "variance": ([real(3, 4)], lambda x: torch.var(x, [1], correction=1)),
    "std": ([real(3, 4)], lambda x: torch.std(x, [1], correction=0)),
    "cumsum": ([real(3, 4)], lambda x: x.cumsum(1)),
    "cumprod": ([real(3, 4, **positive)], lambda x: x.cumprod(1)),
    # shape
    "cat": ([real(2, 3), real(2, 2)], lambda a, b: torch.cat([a, b], 1)),
    "stack": ([real(2, 3), real(2, 3)], lambda a, b: torch.stack([a, b], 1)),
    "pad": ([real(2, 3)], lambda x: F.pad(x, [1, 2], value=0.5)),
    "padReflect": ([real(1, 2, 5)], lambda x: F.pad(x, [2, 1], mode="reflect")),
    "roll": ([real(3, 4)], lambda x: x.roll([1], [1])),
    "flip": ([real(3, 4)], lambda x: x.flip([0])),
    "repeat": ([real(2, 3)], lambda x: x.repeat([2, 2])),
    "repeatInterleave": ([real(2, 3)], lambda x: x.repeat_interleave(3, 1)),
    "expand": ([real(2, 1)], lambda x: x.expand([2, 4])),
    "narrow": ([real(3, 5)], lambda x: x.narrow(1, 1, 3)),
    "unfold": ([real(7)], lambda x: x.unfold(0, 3, 2)),
    "diagonal": ([real(3, 4)], lambda x: x.diagonal(1)),
    "tril": ([real(4, 4)], lambda x: x.tril(-1)),
    "triu": ([real(4, 4)], lambda x: x.triu(1)),
    "permute": ([real(2, 3, 4)], lambda x: x.permute([2, 0, 1])),
    # elementwise
    "add": ([real(3, 4), real(4)], lambda a, b: torch.add(a, b, alpha=0.5)),
    "sub": ([real(3, 4), real(3, 1)], torch.sub),
    "mul": ([real(3, 4), real(3, 4)], torch.mul),
    "div": ([real(3, 4), real(3, 4, **positive)], torch.div),
    "rsub": ([real(3, 4)], lambda x: torch.rsub(x, 1.5)),
    "pow": ([real(3, 4, **positive)], lambda x: torch.pow(x, 2.5)),
    "powTensor": ([real(3, 4, **positive), real(3, 4)], torch.pow),
    "exp": unary(torch.exp),
    "expm1": unary(torch.expm1),
    "log": unary(torch.log, 0.2, 2.0),
    "log1p": unary(torch.log1p, -0.5, 2.0),
    "sqrt": unary(torch.sqrt, 0.2, 2.0),
    "rsqrt": unary(torch.rsqrt, 0.2, 2.0),
    "square": unary(torch.square),
    "reciprocal": unary(torch.reciprocal, 0.5, 2.0),
    "abs": unary(torch.abs),
    "neg": unary(torch.neg),
    "sin": unary(torch.sin),
    "cos": unary(torch.cos),
    "erf": unary(torch.erf),
    "relu": unary(torch.relu),
    "silu": unary(F.silu),
    "gelu": unary(F.gelu),
    "geluTanh": unary(lambda x: F.gelu(x, approximate="tanh")),
    "glu": ([real(3, 4)], lambda x: F.glu(x, -1)),
    "clamp": unary(lambda x: x.clamp(-0.3, 0.4)),
    "minimum": ([real(3, 4), real(3, 4)], torch.minimum),
    "maximum": ([real(3, 4), real(3, 4)], torch.maximum),
    "atan2": ([real(3, 4), real(3, 4, **positive)], torch.atan2),
    "logaddexp": ([real(3, 4), real(3, 4)], torch.logaddexp),
    "lerp": ([real(3, 4), real(3, 4)], lambda a, b: torch.lerp(a, b, 0.3)),
    "addcmul": ([real(3, 4)] * 3, lambda a, b, c: torch.addcmul(a, b, c, value=0.5)),
    "addcdiv": (
        [real(3, 4), real(3, 4), real(3, 4, **positive)],
        lambda a, b, c: torch.addcdiv(a, b, c, value=0.5),
    ),
}


def run(inputs, function, dtype):
    tensors = []
    for place, spec in enumerate(inputs):
        tensor = build(spec, place + 1)
        if spec["kind"] == "real":
            tensor = tensor.to(torch.float32).to(dtype)
            tensor.requires_grad_(spec["grad"])
        tensors.append(tensor)
    output = function(*tensors)
    count = output.numel()
    weights = build(real(*output.shape), 77).to(torch.float32).to(dtype).reshape(output.shape)
    (output * weights).sum().backward()
    round_ = lambda x: [float(f"{v:.8g}") for v in x.detach().double().flatten().tolist()]
    return dict(
        shape=list(output.shape),
        output=round_(output),
        grads=[round_(t.grad) for t in tensors if t.requires_grad],
    )


def operators():
    out = {}
    for name, (inputs, function) in CASES.items():
        out[name] = dict(inputs=inputs, f32=run(inputs, function, torch.float32))
        try:
            out[name]["bf16"] = run(inputs, function, torch.bfloat16)
        except (RuntimeError, NotImplementedError) as error:
            out[name]["bf16"] = dict(missing=str(error).splitlines()[0])
    return out


def losses():
    out = {}
    for name, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16)):
        model = decoder.Decoder(dtype, **decoder.REFERENCE)
        trainer = decoder.Trainer(model, 1e-4)
        ids = decoder.tokens(4, 128, 2048)
        cos, sin = decoder.tables(128, 64, dtype)
        out[name] = []
        for _ in range(10):
            loss = model.loss(ids, cos, sin)
            loss.backward()
            trainer.step()
            out[name].append(loss.item())
    return out


def adamw():
    """Twenty steps on two tensors with gradients by formula, learning rate rising and falling."""
    out = {}
    for name, dtype in (("f32", torch.float32), ("bf16", torch.bfloat16)):
        shapes = [(4, 3), (5,)]
        parameters = [build(real(*s), 40 + i).float().to(dtype) for i, s in enumerate(shapes)]
        masters = [p.float().clone().requires_grad_(True) for p in parameters]
        optimizer = torch.optim.AdamW(masters, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
        norms = []
        for step in range(20):
            for i, (shape, master) in enumerate(zip(shapes, masters)):
                master.grad = build(real(*shape), 100 + 10 * step + i).float().to(dtype).float()
            norms.append(float(torch.nn.utils.clip_grad_norm_(masters, 1.0)))
            for group in optimizer.param_groups:
                group["lr"] = 1e-2 * (1 - abs(step - 10) / 12)
            optimizer.step()
        out[name] = dict(
            masters=[m.detach().flatten().tolist() for m in masters],
            parameters=[m.detach().to(dtype).double().flatten().tolist() for m in masters],
            means=[optimizer.state[m]["exp_avg"].flatten().tolist() for m in masters],
            squares=[optimizer.state[m]["exp_avg_sq"].flatten().tolist() for m in masters],
            norms=norms,
        )
    return out


def write(name, content):
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, name), "w") as file:
        json.dump(content, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["losses"]:
        print(json.dumps(losses()))
        sys.exit()
    torch.manual_seed(0)
    write("operators.json", operators())
    write("adamw.json", adamw())
    shipped = subprocess.run(
        [sys.executable, os.path.abspath(__file__), "losses"],
        env={**os.environ, "VL_RETHINKER_MKL_AS_SHIPPED": "1"},
        check=True,
        capture_output=True,
    )
    write("losses.json", {"answered": losses(), "asShipped": json.loads(shipped.stdout)})
