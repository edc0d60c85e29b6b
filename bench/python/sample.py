"""transformers `generate` on the work of `bench/sample.ts`: problems with pictures, a group each."""

import time

import torch
import transformers
from protocol import serve
from transformers import Qwen2_5_VLForConditionalGeneration

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

current = {}


def prepare(checkpoint, dtype, threads, problems, group, text, side, new):
    torch.set_num_threads(threads)
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[dtype]
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(checkpoint, dtype=kind).eval()
    model.set_attn_implementation("sdpa")
    torch.manual_seed(0)
    config = model.config
    grid = side // 14
    places = (grid // 2) ** 2
    words = torch.randint(0, min(config.image_token_id, config.video_token_id), (problems, text))
    pictures = torch.full((problems, places), config.image_token_id)
    ids = torch.cat([pictures, words], 1)
    pixels = torch.rand(problems, grid * grid, 3 * 2 * 14 * 14).mul(2).sub(1).to(kind)
    current.update(model=model, ids=ids, pixels=pixels, grid=grid, group=group, new=new)
    return {"parameters": sum(each.numel() for each in model.parameters())}


@torch.inference_mode()
def generate(batch):
    """Seconds for all completions, `batch` of them at a time."""
    model, group, new, grid = (current[name] for name in ("model", "group", "new", "grid"))
    rows = current["ids"].repeat_interleave(group, 0)
    pixels = current["pixels"].repeat_interleave(group, 0)
    start = time.perf_counter()
    for first in range(0, len(rows), batch):
        ids = rows[first : first + batch]
        out = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            pixel_values=pixels[first : first + batch].flatten(0, 1),
            image_grid_thw=torch.tensor([[1, grid, grid]]).repeat(len(ids), 1),
            mm_token_type_ids=(ids == model.config.image_token_id).int(),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            min_new_tokens=new,
            max_new_tokens=new,
            eos_token_id=None,
            pad_token_id=0,
        )
        assert out.shape[1] == ids.shape[1] + new, out.shape
    return time.perf_counter() - start


serve({"prepare": prepare, "generate": generate})
