"""Forward and backward of a right-padded batch with pictures in transformers."""

import time

import torch
import transformers
from protocol import serve
from safetensors.torch import load_file
from transformers import Qwen2_5_VLForConditionalGeneration

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

current = {}


def prepare(checkpoint, batch, dtype, threads):
    """Loads model and batch and picks the faster attention; returns it with the loss."""
    torch.set_num_threads(threads)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(checkpoint, dtype=kind).train()
    tensors = load_file(batch)
    mask = tensors.pop("response_mask")
    tensors["pixel_values"] = tensors["pixel_values"].to(kind)
    tensors["mm_token_type_ids"] = (tensors["input_ids"] == model.config.image_token_id).int()
    current.update(model=model, inputs=tensors, mask=mask[:, 1:].float())
    best = {}
    for attention in ("eager", "sdpa"):
        model.set_attn_implementation(attention)
        step()
        best[attention] = min(sum(step().values()) for _ in range(3))
    chosen = min(best, key=best.get)
    model.set_attn_implementation(chosen)
    step()
    return {"attention": chosen, "times": best, "loss": current["loss"]}


def step():
    model, inputs, mask = current["model"], current["inputs"], current["mask"]
    start = time.perf_counter()
    logits = model(**inputs, use_cache=False).logits[:, :-1].float()
    logprobs = logits.log_softmax(-1).gather(-1, inputs["input_ids"][:, 1:, None])[..., 0]
    loss = -(logprobs * mask).sum() / mask.sum()
    forward = time.perf_counter()
    loss.backward()
    end = time.perf_counter()
    model.zero_grad(set_to_none=True)
    current["loss"] = loss.item()
    return {"forward": forward - start, "backward": end - forward}


serve({"prepare": prepare, "step": step})
