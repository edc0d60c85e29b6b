"""Pictures to patches with transformers' processor, one thread."""

import os
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from PIL import Image
from protocol import serve
from transformers import Qwen2VLImageProcessorPil

torch.set_num_threads(1)
processor = Qwen2VLImageProcessorPil(min_pixels=3136, max_pixels=12845056)
current = {}


def prepare(width, height, folder):
    """Draws smooth noise and stores it as PNG and JPEG."""
    x, y, c = np.arange(width)[None, :, None], np.arange(height)[:, None, None], np.arange(3)
    values = 128 + 80 * np.sin(x / 17 + c) + 40 * np.sin(y / 5)
    picture = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    for kind in ("png", "jpg"):
        picture.save(f"{folder}/picture.{kind}")
    current.update(picture=picture, folder=folder)


def pixels():
    start = time.perf_counter()
    processor(images=current["picture"], return_tensors="pt")
    return time.perf_counter() - start


def file(kind):
    start = time.perf_counter()
    with Image.open(f"{current['folder']}/picture.{kind}") as picture:
        processor(images=picture.convert("RGB"), return_tensors="pt")
    return time.perf_counter() - start


serve({"prepare": prepare, "pixels": pixels, "file": file})
