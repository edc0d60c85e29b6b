import same_mkl  # noqa: F401  before torch

import os
import tempfile
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from datasets import Dataset
from PIL import Image
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessorPil,
)
from trl import GRPOConfig, GRPOTrainer

from protocol import serve



class Processor(Qwen2_5_VLProcessor):
    """Pictures only: a processor of videos would need torchvision."""

    def check_argument_for_proper_class(self, argument_name, argument):
        if argument_name != "video_processor":
            super().check_argument_for_proper_class(argument_name, argument)


READY = {}
TYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


def picture(seed):
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (112, 112, 3), generator=generator, dtype=torch.uint8)
    return Image.fromarray(pixels.numpy())


def prepare(checkpoint, dtype, threads, problems, rollouts, tokens):
    torch.set_num_threads(threads)
    model = Qwen2_5_VLForConditionalGeneration.from_pretrained(checkpoint, dtype=TYPES[dtype])
    tokenizer = PreTrainedTokenizerFast.from_pretrained(checkpoint)
    tokenizer.image_token = "<|image_pad|>"
    tokenizer.video_token = "<|video_pad|>"
    template = open(os.path.join(checkpoint, "chat_template.jinja")).read()
    processor = Processor(
        image_processor=Qwen2VLImageProcessorPil(min_pixels=3136, max_pixels=12544),
        tokenizer=tokenizer,
        video_processor=None,
        chat_template=template,
    )
    rows = [
        {"prompt": [{"role": "user", "content": "How many red shapes are there?"}], "image": picture(i)}
        for i in range(problems)
    ]

    def reward(completions, **_):
        return [float(i % 2) for i in range(len(completions))]

    arguments = GRPOConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=problems * rollouts,
        gradient_accumulation_steps=1,
        num_generations=rollouts,
        max_completion_length=tokens,
        generation_kwargs={"min_new_tokens": tokens},
        temperature=1.0,
        top_p=1.0,
        top_k=0,
        beta=0.0,
        learning_rate=1e-6,
        max_steps=10_000,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
    )
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        processing_class=processor,
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.create_optimizer_and_scheduler(num_training_steps=10_000)
    batches = iter(trainer.get_train_dataloader())
    READY["trainer"], READY["batches"] = trainer, batches
    return {"parameters": sum(p.numel() for p in model.parameters())}


def step():
    trainer = READY["trainer"]
    try:
        batch = next(READY["batches"])
    except StopIteration:
        READY["batches"] = iter(trainer.get_train_dataloader())
        batch = next(READY["batches"])
    start = time.perf_counter()
    trainer.model.train()
    trainer.training_step(trainer.model, batch, None)
    torch.nn.utils.clip_grad_norm_(trainer.model.parameters(), 1.0)
    trainer.optimizer.step()
    trainer.model.zero_grad()
    trainer.state.global_step += 1
    return time.perf_counter() - start


if __name__ == "__main__":
    serve({"prepare": prepare, "step": step})
