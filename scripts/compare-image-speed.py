"""Compares our image processing with that of transformers on this machine, one thread each, in alternation.

    OMP_NUM_THREADS=1 python scripts/compare-image-speed.py

Prints, per picture, the best and the median milliseconds of both, from decoded pixels to patches, and the ratio of the
bests. Needs transformers and pillow<13; with torchvision, the processor built on it is timed as well.
"""

import json
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import Qwen2VLImageProcessorPil

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parent.parent
SIZES = [(1000, 1000), (1001, 1003), (980, 1008), (768, 1365), (2000, 2000)]
ROUNDS = 3


def processors() -> dict:
    found = {"pil": Qwen2VLImageProcessorPil()}
    try:
        from transformers.models.qwen2_vl.image_processing_qwen2_vl import Qwen2VLImageProcessor

        found["torchvision"] = Qwen2VLImageProcessor()
    except ImportError:
        pass
    return found


def theirs(processor, image: Image.Image) -> list[float]:
    times = []
    for _ in range(15):
        start = time.perf_counter()
        processor(images=image, return_tensors="pt")
        times.append((time.perf_counter() - start) * 1e3)
    return times


def ours(path: Path) -> list[float]:
    node = ["node_modules/.bin/node", "--conditions=source", "scripts/time-image-processing.ts", str(path)]
    return json.loads(subprocess.run(node, cwd=ROOT, check=True, capture_output=True, text=True).stdout)["pixels"]


def main() -> None:
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for height, width in SIZES:
            coarse = Image.fromarray(rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8))
            path = Path(folder) / f"{width}x{height}.png"
            coarse.resize((width, height), Image.Resampling.BICUBIC).save(path, compress_level=1)
            image = Image.open(path).convert("RGB")
            known = processors()
            times: dict[str, list[float]] = {"ours": [], **{name: [] for name in known}}
            for _ in range(ROUNDS):
                times["ours"] += ours(path)
                for name, processor in known.items():
                    times[name] += theirs(processor, image)
            best = {name: min(values) for name, values in times.items()}
            shown = [f"{name} best {best[name]:.1f} median {statistics.median(values):.1f} ms" for name, values in times.items()]
            ratios = [f"ours / {name} {best['ours'] / best[name]:.2f}" for name in known]
            print(f"{width} × {height}:", "; ".join(shown + ratios), flush=True)


if __name__ == "__main__":
    main()
