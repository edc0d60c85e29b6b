"""vLLM on the CPU on the work of `bench/sample.ts`, text only: as many prompt tokens, no picture.

Runs in an environment of its own (`VL_VLLM_PYTHON`); what a picture costs is left out in vLLM's favour.
"""

import importlib.util
import os
import sys
import time

os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Unless told, it takes one thread.
os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count()))

# vLLM looks at a model's class in a process of its own, which must find the same modules.
if importlib.util.find_spec("torchvision") is None:
    stand_ins = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sample_stand_ins")
    sys.path.append(stand_ins)
    os.environ["PYTHONPATH"] = os.pathsep.join([stand_ins, os.environ.get("PYTHONPATH", "")])

import torch
from protocol import serve
from vllm import LLM, SamplingParams

current = {}


def prepare(checkpoint, dtype, threads, problems, group, length, new, eager):
    torch.set_num_threads(threads)
    model = LLM(
        model=checkpoint,
        dtype={"f32": "float32", "bf16": "bfloat16"}[dtype],
        skip_tokenizer_init=True,
        enforce_eager=eager,
        max_model_len=length + new + 16,
        max_num_seqs=problems * group,
        limit_mm_per_prompt={"image": 0, "video": 0},
        enable_prefix_caching=True,
    )
    generator = torch.Generator().manual_seed(0)
    prompts = torch.randint(0, 2000, (problems, length), generator=generator).tolist()
    current.update(model=model, prompts=prompts, group=group, new=new)
    return {"engine": type(model.llm_engine).__name__}


def generate():
    model, group, new = (current[name] for name in ("model", "group", "new"))
    params = SamplingParams(
        n=group, temperature=1.0, max_tokens=new, min_tokens=new, ignore_eos=True, detokenize=False
    )
    prompts = [{"prompt_token_ids": ids} for ids in current["prompts"]]
    model.reset_prefix_cache()
    start = time.perf_counter()
    outputs = model.generate(prompts, params, use_tqdm=False)
    seconds = time.perf_counter() - start
    drawn = sum(len(each.token_ids) for output in outputs for each in output.outputs)
    assert drawn == len(prompts) * group * new, drawn
    return seconds


serve({"prepare": prepare, "generate": generate})
