"""Opens checkpoints that we saved with transformers and compares their logits with those of the originals.

    OMP_NUM_THREADS=1 python scripts/check-saved-checkpoint.py [FOLDER…]

FOLDERs are checkpoints; without any, those of test/fixtures. Each is loaded and saved by us in f32 and in bf16, whole and in
shards, then opened by transformers like any other. Equal weights give equal logits: the largest difference must be 0.
Ends with 1 if it is not. Needs torch, transformers 5 and the pinned Node of this project.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from transformers import Qwen2_5_VLForConditionalGeneration

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parent.parent
TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def opened(folder: Path, dtype: str):
    model, info = Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=TYPES[dtype], output_loading_info=True)
    wrong = {key: sorted(value) for key, value in info.items() if value}
    assert not wrong, f"{folder}: {wrong}"
    return model.eval()


def logits(model) -> torch.Tensor:
    """Of 12 words, a picture of 4 × 6 patches and 9 words."""
    config = model.config
    generator = torch.Generator().manual_seed(7)
    words = lambda n: torch.randint(0, 40, (n,), generator=generator)  # noqa: E731
    picture = torch.full((6,), config.image_token_id)
    border = [torch.tensor([token]) for token in (config.vision_start_token_id, config.vision_end_token_id)]
    ids = torch.cat([words(12), border[0], picture, border[1], words(9)])[None]
    pixels = torch.randn(24, 1176, generator=generator).to(model.dtype)
    grid = torch.tensor([[1, 4, 6]])
    types = (ids == config.image_token_id).int()
    with torch.no_grad():
        return model(input_ids=ids, pixel_values=pixels, image_grid_thw=grid, mm_token_type_ids=types).logits.float()


def main() -> None:
    fixtures = sorted(path.parent for path in (ROOT / "test/fixtures").glob("*/**/config.json")
                      if any(path.parent.glob("model*.safetensors")))  # fmt: skip
    folders = [Path(argument).resolve() for argument in sys.argv[1:]] or fixtures
    failed = False
    for folder in folders:
        for dtype, limit in (("f32", "5e9"), ("bf16", "5e9"), ("f32", "30000"), ("bf16", "8000")):
            with tempfile.TemporaryDirectory() as place:
                saved = Path(place) / "saved"
                node = [ROOT / "node_modules/.bin/node", "--conditions=source", ROOT / "scripts/save-again.ts"]
                subprocess.run([*node, folder, saved, dtype, limit], cwd=ROOT, check=True)
                ours, theirs = logits(opened(saved, dtype)), logits(opened(folder, dtype))
                shards = len(list(saved.glob("*.safetensors")))
            difference = (ours - theirs).abs().max().item()
            failed |= difference != 0
            name = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
            print(f"{name}: {dtype}, {shards} file(s), {ours.numel()} logits up to {theirs.abs().max():.2f}, "
                  f"largest difference {difference:g}", flush=True)  # fmt: skip
    sys.exit(failed)


if __name__ == "__main__":
    main()
