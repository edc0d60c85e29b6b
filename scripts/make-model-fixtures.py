"""Makes test/fixtures/model: what transformers computes for three very small Qwen2.5-VL models.

    python scripts/make-model-fixtures.py [OUT]

Needs torch, transformers 5, safetensors. Everything derives from seeds; run with OMP_NUM_THREADS=1.
`vl-rethinker parity test/fixtures/model` compares our model with the result; the tensors of a case and
their tolerances stand in its fixture.json. All weights and pixels are exact in bf16.
"""

import copy
import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
from transformers.vision_utils import get_vision_position_ids, get_vision_window_index

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

NEW_TOKENS = 12
LEAST_MARGIN = 0.02  # between the two best logits of a greedy step
RESPONSE = 6  # last tokens of a row, over which the loss is taken
OPTIMIZER = {"lr": 1e-3, "betas": [0.9, 0.95], "eps": 1e-8, "clipGradNorm": 1.0, "steps": 3, "weightDecay": 0.1}

VOCABULARY = 64
SPECIAL = dict(
    bos_token_id=56, eos_token_id=57, vision_start_token_id=58, vision_end_token_id=59, vision_token_id=60,
    image_token_id=61, video_token_id=62,
)
PADDING = 63

# A row is a list of text lengths (int) and pictures (height, width in patches).
MODELS = {
    # Two query heads share a key head, windows of 2 × 2 tokens that do not divide the picture, published names.
    "windows": dict(
        seed=11, tied=False, keys="published", config="flat", dtype=torch.bfloat16, shard_bytes=60_000,
        text=dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2),
        vision=dict(depth=3, hidden_size=16, intermediate_size=24, num_heads=2, window_size=56, fullatt_block_indexes=[1]),
        sections=[1, 1, 2], epsilon=1e-6, rows=[[3, (6, 4), 7], [6, (2, 2), 2, (2, 2), 7]],
    ),
    # Tied head, as many key heads as query heads, nested names and config.
    "tied": dict(
        seed=12, tied=True, keys="nested", config="nested", dtype=torch.bfloat16, shard_bytes=None,
        text=dict(hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2),
        vision=dict(depth=2, hidden_size=8, intermediate_size=12, num_heads=1, window_size=112, fullatt_block_indexes=[1]),
        sections=[2, 2, 2], epsilon=1e-5, rows=[[9], [2, (2, 4), 8]],
    ),
    # One layer, one key head, pairs that never turn with t, windows of one token and no full attention, grids that
    # fill no, one and several windows, another rotary base in the tower.
    "edges": dict(
        seed=13, tied=False, keys="nested", config="flat", dtype=torch.float32, shard_bytes=None,
        text=dict(hidden_size=24, intermediate_size=20, num_hidden_layers=1, num_attention_heads=3, num_key_value_heads=1,
                  head_dim=8),
        vision=dict(depth=1, hidden_size=8, intermediate_size=20, num_heads=1, window_size=28, fullatt_block_indexes=[],
                    rope_parameters=dict(rope_type="axial", rope_theta=300.0)),
        sections=[0, 3, 1], epsilon=1e-3, rows=[[(2, 2), 7], [1, (2, 8), (6, 2), 8]],
    ),
}

TOLERANCE = {
    "hidden": 5e-5, "logits": 5e-5, "vision_hidden": 5e-5, "image_embeds": 5e-5, "logprobs": 2e-5,
    "token_logprobs": 2e-5, "loss": 1e-5, "grad_norm": 2e-5, "grad": 1e-4,
}


def published(name):
    return name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")


def flat_config(spec):
    """The shape in which the checkpoints were published."""
    vision = dict(spec["vision"], in_chans=3, out_hidden_size=spec["text"]["hidden_size"], patch_size=14,
                  spatial_merge_size=2, temporal_patch_size=2, tokens_per_second=2, hidden_act="silu")
    return dict(
        architectures=["Qwen2_5_VLForConditionalGeneration"], model_type="qwen2_5_vl", hidden_act="silu",
        attention_dropout=0.0, max_position_embeddings=512, use_sliding_window=False, vocab_size=VOCABULARY,
        rms_norm_eps=spec["epsilon"], rope_theta=1e6, rope_scaling=dict(type="mrope", mrope_section=spec["sections"]),
        tie_word_embeddings=spec["tied"], torch_dtype="bfloat16", vision_config=vision, **spec["text"], **SPECIAL,
    )


def build(spec):
    """A model without trivial weights: no zero bias, no norm of ones, attention that is not flat."""
    config = Qwen2_5_VLConfig.from_dict(flat_config(spec))
    model = Qwen2_5_VLForConditionalGeneration(config).float().eval()
    model.set_attn_implementation("eager")
    random = torch.Generator().manual_seed(spec["seed"])
    for name, parameter in sorted(model.named_parameters()):
        normal = torch.randn(parameter.shape, generator=random)
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
        if name.endswith("bias"):
            normal *= 0.4
        elif parameter.ndim == 1:
            normal = 1 + 0.2 * normal
        elif "embed_tokens" in name and not spec["tied"]:
            normal *= 0.7
        else:
            normal *= (2.4 if "embed_tokens" in name or "lm_head" in name else 1.2) * fan_in**-0.5
        parameter.data.copy_(normal.bfloat16())
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = PADDING
    return model


def write_checkpoint(model, spec, folder):
    folder.mkdir(parents=True)
    config = flat_config(spec)
    if spec["config"] == "nested":
        config = json.loads(Qwen2_5_VLConfig.from_dict(copy.deepcopy(config)).to_json_string(use_diff=True))
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    rename = published if spec["keys"] == "published" else lambda name: name
    weights = {rename(n): t.detach().to(spec["dtype"]).clone() for n, t in model.state_dict().items()
               if not (spec["tied"] and n == "lm_head.weight")}
    limit = spec["shard_bytes"]
    if limit is None:
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return
    shards = [{}]
    for name, tensor in weights.items():
        if shards[-1] and sum(t.nbytes for t in shards[-1].values()) + tensor.nbytes > limit:
            shards.append({})
        shards[-1][name] = tensor
    names = [f"model-{i + 1:05}-of-{len(shards):05}.safetensors" for i in range(len(shards))]
    for file, shard in zip(names, shards):
        save_file(shard, folder / file, metadata={"format": "pt"})
    index = dict(metadata=dict(total_size=sum(t.nbytes for t in weights.values())),
                 weight_map={name: file for file, shard in zip(names, shards) for name in shard})
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def left_padded(rows, seed):
    """Model inputs and a loss mask for rows of text lengths and pictures."""
    random = torch.Generator().manual_seed(seed)
    lines, grids = [], []
    for row in rows:
        line = []
        for piece in row:
            if isinstance(piece, int):
                line += torch.randint(0, 56, (piece,), generator=random).tolist()
                continue
            grids.append([1, *piece])
            places = [SPECIAL["image_token_id"]] * (piece[0] * piece[1] // 4)
            line += [SPECIAL["vision_start_token_id"], *places, SPECIAL["vision_end_token_id"]]
        lines.append(line)
    width = max(map(len, lines))
    ids = torch.tensor([[PADDING] * (width - len(line)) + line for line in lines])
    mask = torch.tensor([[0] * (width - len(line)) + [1] * len(line) for line in lines])
    inputs = dict(input_ids=ids, attention_mask=mask)
    if grids:
        patches = sum(h * w for _, h, w in grids)
        pixels = torch.randn(patches, 1176, generator=random).bfloat16().float()
        # Without mm_token_type_ids transformers numbers image places like text.
        inputs |= dict(pixel_values=pixels, image_grid_thw=torch.tensor(grids),
                       mm_token_type_ids=(ids == SPECIAL["image_token_id"]).int())
    loss_mask = torch.zeros_like(ids)
    loss_mask[:, -RESPONSE:] = 1
    return inputs, loss_mask


def token_logprobs(logits, ids):
    """[B, T], 0 in the first column."""
    all_but_first = logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    return torch.nn.functional.pad(all_but_first, (1, 0))


def loss_of(logits, inputs, loss_mask):
    return -(token_logprobs(logits, inputs["input_ids"]) * loss_mask).sum() / loss_mask.sum()


class File:
    """Tensors of one or more cases."""

    def __init__(self, name):
        self.name, self.tensors = f"cases/{name}.safetensors", {}

    def entry(self, name, tensor, role, where=None, tolerance=None):
        tensor = tensor.detach().clone().contiguous()
        self.tensors[name] = tensor
        kind = {torch.float32: "F32", torch.bfloat16: "BF16", torch.int64: "I64"}[tensor.dtype]
        found = dict(dtype=kind, shape=list(tensor.shape), role=role)
        if where:
            found["where"] = where
        if role == "expected":
            family = "grad" if name.startswith("grad.") else name
            found["tolerance"] = TOLERANCE.get(family, 0) if tolerance is None else tolerance
        return {name: found}

    def inputs(self, inputs, loss_mask):
        found = {}
        for name, tensor in {**inputs, "loss_mask": loss_mask}.items():
            if name != "mm_token_type_ids":
                found |= self.entry(name, tensor.bfloat16() if name == "pixel_values" else tensor, "input")
        return found

    def save(self, folder):
        (folder / "cases").mkdir(exist_ok=True)
        save_file(self.tensors, folder / self.name)
        (folder / self.name).chmod(0o644)


def forward_case(model, spec, name, inputs, loss_mask, file):
    model.zero_grad()
    mask = inputs["attention_mask"]
    found = file.inputs(inputs, loss_mask)
    found |= file.entry("logprob_mask", torch.nn.functional.pad(mask[:, 1:] * mask[:, :-1], (1, 0)), "input")
    found |= file.entry("position_mask", mask.expand(3, -1, -1), "input")
    types = inputs.get("mm_token_type_ids", torch.zeros_like(mask).int())
    grid = inputs.get("image_grid_thw")
    positions, deltas = model.model.get_rope_index(inputs["input_ids"], types, image_grid_thw=grid, attention_mask=mask)
    found |= file.entry("position_ids", positions, "expected", where="position_mask")
    found |= file.entry("rope_deltas", deltas, "expected")
    if grid is not None:
        order, borders = get_vision_window_index(grid, 2, spec["vision"]["window_size"], 14)
        found |= file.entry("vision_position_ids", get_vision_position_ids(grid, 2), "expected")
        found |= file.entry("vision_window_index", order, "expected")
        found |= file.entry("vision_cu_window_seqlens", borders.long(), "expected")
        with torch.no_grad():
            features = model.get_image_features(inputs["pixel_values"], grid, return_dict=True)
        found |= file.entry("vision_hidden", features.last_hidden_state, "expected")
        found |= file.entry("image_embeds", torch.cat(features.pooler_output), "expected")
    hidden = model.model(**inputs).last_hidden_state
    logits = model.lm_head(hidden)
    loss = loss_of(logits, inputs, loss_mask)
    loss.backward()
    found |= file.entry("hidden", hidden, "expected", where="attention_mask")
    found |= file.entry("logits", logits, "expected", where="attention_mask")
    found |= file.entry("logprobs", token_logprobs(logits, inputs["input_ids"]), "expected", where="logprob_mask")
    found |= file.entry("loss", loss.reshape(1), "expected")
    grads = {published(n): torch.zeros_like(p) if p.grad is None else p.grad for n, p in model.named_parameters()}
    norms = {n: g.double().norm().item() for n, g in grads.items()}
    total = sum(norm**2 for norm in norms.values()) ** 0.5
    found |= file.entry("grad_norm", torch.tensor([total], dtype=torch.float32), "expected")
    layer, block = min(1, spec["text"]["num_hidden_layers"] - 1), min(1, spec["vision"]["depth"] - 1)
    for parameter in (
        "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", f"model.layers.{layer}.self_attn.k_proj.weight",
        "model.norm.weight", "visual.blocks.0.attn.qkv.bias", f"visual.blocks.{block}.mlp.gate_proj.weight",
        "visual.merger.ln_q.weight",
    ):
        found |= file.entry(f"grad.{parameter}", grads[parameter], "expected")
    return dict(name=name, kind="forward", padding="left", file=file.name, tensors=found,
                gradNorms=dict(tolerance=1e-4, values=norms))


def continuation(model, inputs):
    """Greedy tokens and their log-probabilities [B, n], and the smallest margin over the second best."""
    with torch.no_grad():
        out = model.generate(**inputs, do_sample=False, min_new_tokens=NEW_TOKENS, max_new_tokens=NEW_TOKENS,
                             return_dict_in_generate=True, output_logits=True)
    tokens = out.sequences[:, inputs["input_ids"].shape[1]:]
    logits = torch.stack(out.logits, 1).float()
    first, second = logits.topk(2, -1).values.unbind(-1)
    return tokens, logits.log_softmax(-1).gather(-1, tokens[..., None])[..., 0], (first - second).min().item()


def greedy_case(name, found, file, continued):
    tokens, logprobs, margin = continued
    found = {n: e for n, e in found.items() if e["role"] == "input" and n in (
        "input_ids", "attention_mask", "loss_mask", "pixel_values", "image_grid_thw")}
    found |= file.entry("tokens", tokens, "expected")
    found |= file.entry("token_logprobs", logprobs, "expected")
    return dict(name=name, kind="greedy", padding="left", newTokens=NEW_TOKENS, smallestMargin=margin,
                file=file.name, tensors=found)


def bf16_case(model, name, inputs, loss_mask, file):
    found = file.inputs(inputs, loss_mask)
    kept = inputs["attention_mask"].bool()
    with torch.no_grad():
        exact = model(**inputs).logits
        error = (copy.deepcopy(model).bfloat16()(**inputs).logits.float() - exact)[kept]
    found |= file.entry("logits_f32", exact, "reference")
    return dict(name=name, kind="bf16", file=file.name, tensors=found,
                rmsLimit=1.5 * error.square().mean().sqrt().item(), maxAbsLimit=2 * error.abs().max().item())


def adamw_case(model, spec, name, inputs, loss_mask, file):
    model = copy.deepcopy(model)
    found = file.inputs(inputs, loss_mask)
    named = {published(n): p for n, p in model.named_parameters() if ".visual." not in n}
    before = {n: p.detach().clone() for n, p in named.items()}
    optimizer = torch.optim.AdamW(named.values(), lr=OPTIMIZER["lr"], betas=tuple(OPTIMIZER["betas"]),
                                  eps=OPTIMIZER["eps"], weight_decay=OPTIMIZER["weightDecay"])
    losses, norms = [], []
    for _ in range(OPTIMIZER["steps"]):
        optimizer.zero_grad()
        loss = loss_of(model(**inputs).logits, inputs, loss_mask)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(named.values(), OPTIMIZER["clipGradNorm"]))
        optimizer.step()
        losses.append(loss)
    losses.append(loss_of(model(**inputs).logits, inputs, loss_mask))
    change = {n: p.detach() - before[n] for n, p in named.items()}
    found |= file.entry("loss", torch.stack(losses), "expected", tolerance=1e-4)
    found |= file.entry("grad_norm", torch.stack(norms), "expected", tolerance=2e-4)
    name_of = f"model.layers.{min(1, spec['text']['num_hidden_layers'] - 1)}.mlp.down_proj.weight"
    found |= file.entry(f"delta.{name_of}", change[name_of], "expected", tolerance=3e-2)
    values = {n: d.norm().item() for n, d in change.items()}
    return dict(name=name, kind="adamw", optimizer=OPTIMIZER, file=file.name, tensors=found,
                deltaNorms=dict(tolerance=5e-3, values=values))


def make(name, spec, out):
    folder = out / name
    model = build(spec)
    write_checkpoint(model, spec, folder / "model")
    # The first seed whose continuation never comes near a tie, so that equal tokens are a fair demand.
    seed = spec["seed"] * 100
    while True:
        inputs, loss_mask = left_padded(spec["rows"], seed)
        continued = continuation(model, inputs)
        if continued[2] >= LEAST_MARGIN:
            break
        seed += 1
    shared, text = File("batch"), File("text")
    cases = [forward_case(model, spec, "batch", inputs, loss_mask, shared)]
    cases.append(greedy_case("greedy", cases[0]["tensors"], shared, continued))
    plain, plain_mask = left_padded([[10], [16]], seed + 1)
    cases.append(bf16_case(model, "bf16", plain, plain_mask, text))
    cases.append(adamw_case(model, spec, "adamw", plain, plain_mask, text))
    for file in (shared, text):
        file.save(folder)
    manifest = dict(
        format=1, kind="model", name=name, attention="eager", computeDtype="F32",
        rule="max|ours − expected| ≤ tolerance · max|expected|, over the elements where the mask named by `where` is 1",
        versions=dict(transformers=transformers.__version__, torch=torch.__version__),
        specialTokenIds=dict(SPECIAL, pad_token_id=PADDING),
        checkpoints=[dict(path="model", keys=spec["keys"], config=spec["config"], dtype="BF16" if spec["dtype"] == torch.bfloat16 else "F32", tied=spec["tied"],
                          sharded=spec["shard_bytes"] is not None)],
        cases=cases,
    )
    (folder / "fixture.json").write_text(json.dumps(manifest, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    default = Path(__file__).parent.parent / "test/fixtures/model"
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    shutil.rmtree(out, ignore_errors=True)
    for name, spec in MODELS.items():
        make(name, spec, out)
