"""Measure LoRA training of an 8B model on one GPU: plain TRL, then each means of ours in turn.

python bench/gpu.py [--device cpu --shape tiny] [--steps 6]

The model has Llama-3.1-8B's shape and random weights, made on the device: nothing is downloaded.
SFT is on examples of 124 tokens (27 answered), DPO on pairs of 2 x 227 (100 answered), 8 in an
update. TRL takes one at a time, first recomputing activations, and DPO's reference in every step;
then comes the workflow's own training, its reference computed before and not counted. The chip's
matrix rate is that of large products in bf16; the share of it counts the operations that the
examples need, not those repeated. Needs torch, transformers, accelerate, peft, trl, pandas,
pyarrow, pydantic.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

GIB = 2**30
# Of each shape the arguments of LlamaConfig; the first are meta-llama/Llama-3.1-8B's.
_NAMES = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers")
_NAMES += ("num_attention_heads", "num_key_value_heads")
SHAPES = {
    "llama-3.1-8b": dict(zip(_NAMES, (128_256, 4096, 14_336, 32, 32, 8), strict=True)),
    "tiny": dict(zip(_NAMES, (512, 128, 384, 2, 4, 2), strict=True)),
}
# Tokens of a sequence, and of its answer.
LENGTHS = {"sft": (124, 27), "dpo": (227, 100)}
GOALS = {"sft": 0.45, "dpo": 0.40}
UPDATE = 8


@dataclass(frozen=True)
class Means:
    """What is switched on: micro-batches of tokens or one at a time, recomputing, Liger."""

    name: str
    by_tokens: bool = True
    checkpointing: bool | None = None
    liger: bool = False


MEANS = (
    Means("TRL, recomputing", by_tokens=False, checkpointing=True),
    Means("TRL", by_tokens=False, checkpointing=False),
    Means("by tokens, recomputing", checkpointing=True),
    Means("by tokens"),
    Means("by tokens, Liger", liger=True),
)


def main() -> None:
    """Measure and print the table."""
    from datasets import disable_progress_bars

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--shape", choices=[*SHAPES], default="llama-3.1-8b")
    parser.add_argument("--steps", type=int, default=6)
    options = parser.parse_args()
    expect_device("gpu", options.device, options.shape)
    disable_progress_bars()
    rate, chip = matrix_rate(options.device)
    print(f"{chip}: {rate / 1e12:.1f} TFLOP/s in products; {options.shape}, LoRA of rank 8")
    print(f"{'training':<28}{'tokens/s':>10}{'share':>8}{'goal':>6}{'s/update':>10}{'GiB':>8}")
    model = make_model(options.shape, options.device)
    for kind in ("sft", "dpo"):
        for means in MEANS:
            if means.liger and not (find_spec("liger_kernel") and options.device == "cuda"):
                continue
            seconds, memory = measure(model, kind, means, options)
            print_row(kind, means, model, seconds, memory, rate)


def expect_device(name: str, device: str, shape: str) -> None:
    """End with a message where the wanted device is not there."""
    import torch

    if device == "cpu" and shape != "tiny":
        sys.exit(f"{name}: on the CPU only --shape tiny is measured")
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit(
            f"{name}: not measured, there is no GPU here (--device cpu --shape tiny runs the same "
            "code on the CPU)"
        )
    if device == "cpu" and torch.cuda.is_available():
        sys.exit(f"{name}: hide the GPU to measure the CPU (CUDA_VISIBLE_DEVICES=)")


def matrix_rate(device: str) -> tuple[float, str]:
    """Return operations per second of large matrix products, and the chip's name."""
    import torch

    on_gpu = device == "cuda"
    size, dtype = (8192, torch.bfloat16) if on_gpu else (512, torch.float32)
    left, right = torch.randn(2, size, size, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(8):
        synchronise(device)
        start = time.perf_counter()
        for _ in range(4):
            left @ right
        synchronise(device)
        best = min(best, (time.perf_counter() - start) / 4)
    return 2 * size**3 / best, torch.cuda.get_device_name() if on_gpu else "CPU"


def synchronise(device: str) -> None:
    """Wait until the device has done what it was given."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def make_model(shape: str, device: str) -> Any:
    """Return a Llama of the shape with random weights on the device."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    config = LlamaConfig(**SHAPES[shape], max_position_embeddings=8192, tie_word_embeddings=False)
    torch.manual_seed(0)
    with torch.device(device):
        dtype = torch.bfloat16 if device == "cuda" else torch.float32
        return AutoModelForCausalLM.from_config(config, dtype=dtype)


def make_tokenizer() -> Any:
    """Return a tokenizer of two words with a chat template; the examples are tokens already."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {"<end>": 0, "<unknown>": 1}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unknown>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    template = "{% for message in messages %}{{ message['content'] }} <end> {% endfor %}"
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>", unk_token="<unknown>",
        chat_template=template,
    )  # fmt: skip


def make_rows(kind: str, number: int, vocabulary: int) -> Any:
    """Return examples, or pairs with their reference, of random tokens."""
    import torch
    from datasets import Dataset

    (length, answered), rows = LENGTHS[kind], []
    for ids in torch.randint(2, vocabulary, (number, 2 * length)).tolist():
        one, other = ids[:length], ids[length:]
        asked = length - answered
        if kind == "sft":
            rows.append({"input_ids": one, "labels": [-100] * asked + one[asked:]})
        else:
            sides = {"chosen_ids": one[asked:], "rejected_ids": other[asked:]}
            reference = {"ref_chosen_logps": 0.0, "ref_rejected_logps": 0.0}
            rows.append({"prompt_ids": one[:asked], **sides, **reference})
    return Dataset.from_list(rows)


def make_trainer(model: Any, kind: str, means: Means, folder: str, options: Any) -> Any:
    """Return the workflow's trainer, or TRL's own with the same settings."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    from lahja.core.config.training import DpoSettings, SftSettings
    from lahja.prompts.chat import assistant_turn, user_turn
    from lahja.training import dpo, sft
    from lahja.training.adapters import trainer_arguments
    from lahja.training.batches import TokenBudget

    lora = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    text = {"prompt": ["x"], "completion": ["x"], "chosen": ["x"], "rejected": ["x <end> x"]}
    text, given = pd.DataFrame(text), (model, make_tokenizer())
    settings = (SftSettings if kind == "sft" else DpoSettings)(
        batch=1, accumulation=UPDATE, epochs=1, cutoff=8192, liger=means.liger,
        gradient_checkpointing=means.checkpointing,
    )  # fmt: skip
    arguments = trainer_arguments(settings, Path(folder), options.device)
    if means.by_tokens:
        build = (sft.build_trainer, text) if kind == "sft" else (dpo.build_trainer, settings, text)
        trainer = build[0](*build[1:], *given, arguments, lora)
        trainer.read_by(settings, TokenBudget(Path(folder), settings, options.device))
        return trainer
    arguments |= {"per_device_train_batch_size": 1, "gradient_accumulation_steps": UPDATE}
    shared = {"model": model, "processing_class": given[1], "peft_config": lora}
    prompt = {"prompt": user_turn("x")}
    if kind == "sft":
        rows = Dataset.from_list([prompt | {"completion": assistant_turn("x")}])
        return SFTTrainer(args=SFTConfig(**arguments), train_dataset=rows, **shared)
    sides = {"chosen": assistant_turn("x"), "rejected": assistant_turn("x <end> x")}
    rows = Dataset.from_list([prompt | sides])
    return DPOTrainer(args=DPOConfig(**arguments), train_dataset=rows, **shared)


def measure(model: Any, kind: str, means: Means, options: Any) -> tuple[float, float]:
    """Return the seconds of an update after the second, and the peak of memory in bytes."""
    import torch
    from transformers import TrainerCallback
    from transformers.trainer_callback import PrinterCallback

    from lahja.training.adapters import completions_only

    times: list[float] = []

    class Clock(TrainerCallback):
        """Notes when each update begins, and the last one's end."""

        def on_step_begin(self, args, state, control, **kwargs):
            """Note the time."""
            synchronise(options.device)
            times.append(time.perf_counter())

        on_train_end = on_step_begin

    with tempfile.TemporaryDirectory(prefix="lahja-gpu-") as folder:
        trainer = make_trainer(model, kind, means, folder, options)
        number = options.steps * UPDATE
        trainer.train_dataset = make_rows(kind, number, model.config.vocab_size)
        trainer.remove_callback(PrinterCallback)
        trainer.add_callback(Clock())
        if options.device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        with completions_only():
            trainer.train()
    memory = torch.cuda.max_memory_allocated() if options.device == "cuda" else 0
    trainer.model.unload()
    return (times[-1] - times[2]) / (len(times) - 3), memory


def operations(model: Any, kind: str) -> float:
    """Return what one example needs: a forward and a backward pass through frozen weights.

    The head is multiplied where an answer is, embeddings never; attention is left out.
    """
    config, (length, answered) = model.config, LENGTHS[kind]
    head = config.vocab_size * config.hidden_size
    layers = sum(weight.numel() for weight in model.parameters()) - 2 * head
    return 2 * 2 * (layers * length + head * answered) * (2 if kind == "dpo" else 1)


def print_row(
    kind: str, means: Means, model: Any, seconds: float, memory: float, rate: float
) -> None:
    """Print one training's line."""
    tokens = UPDATE * LENGTHS[kind][0] * (2 if kind == "dpo" else 1)
    share = UPDATE * operations(model, kind) / seconds / rate
    print(
        f"{kind.upper()} {means.name:<24}{tokens / seconds:>10,.0f}{share:>8.1%}"
        f"{GOALS[kind]:>6.0%}{seconds:>10.3f}{memory / GIB:>8.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
