"""Training a LoRA adapter: what supervised, preference and on-line training share."""

import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

from lahja.core import files
from lahja.core.config.training import DpoSettings, GrpoSettings, SftSettings
from lahja.core.errors import LahjaError
from lahja.core.settings import without_execution
from lahja.core.stages import version
from lahja.models import folder as models
from lahja.models.device import pick_dtype, pick_precision, use_device
from lahja.training.batches import TokenBudget
from lahja.training.distributed import first_process_first, is_first_process
from lahja.training.tracking import tracker_arguments, watched, write_curve

# Of the stages of work, those that every training of an adapter depends on.
_STAGES = ("chat", "models", "training")
AdapterSettings = SftSettings | DpoSettings | GrpoSettings


@dataclass(frozen=True)
class AdapterRun:
    """One training step of the model graph, from `base_model` or, if given, its `adapter`.

    `record` goes into `model.json` of the folder `output`.
    """

    base_model: Path
    adapter: Path | None
    data: Path
    settings: dict[str, Any]
    checkpoint_dir: Path
    output: Path
    record: dict[str, Any]
    report_to: str = "none"
    curves: Path | None = None


def train_adapter(
    run: AdapterRun, stages: Sequence[str], settings: AdapterSettings, examples: pd.DataFrame,
    make_trainer: Callable, **identity: Any,
) -> None:  # fmt: skip
    """Train a fresh adapter, or continue the initial one, and write the model folder.

    `stages` are those whose versions count besides, and `identity` is what else the outcome depends
    on. `make_trainer` gets `examples`, the model, the tokenizer, the arguments that TRL's trainers
    share, and the LoRA configuration of a fresh adapter. An interrupted run resumes.
    """
    from datasets import disable_progress_bars
    from transformers.trainer_callback import PrinterCallback

    if examples.empty:
        raise LahjaError(f"{run.data}: no examples to train on")
    tracker = tracker_arguments(run.report_to, run.curves)
    disable_progress_bars()
    device, folder = use_device(), run.checkpoint_dir
    with first_process_first(device):
        identity["data"] = files.digest_of_file(run.data)
        identity["initial_model"] = models.model_digest(run.base_model, run.adapter)
        open_checkpoint_dir(folder, (*_STAGES, *stages), run.settings, **identity)
        checkpoint = last_checkpoint(folder)
    budget = TokenBudget(folder, settings, device)
    tokenizer = models.load_tokenizer(run.base_model)
    model, lora = _initial_model(run, settings, device)
    arguments = trainer_arguments(settings, folder, device) | tracker
    with completions_only():
        trainer = make_trainer(examples, model, tokenizer, arguments, lora)
        n_left = trainer.read_by(settings, budget)
        counts = _count_dropped(run, settings.cutoff, len(examples), n_left)
        for name, weight in trainer.model.named_parameters():
            if settings.quantisation and "lora_" in name:
                # TRL makes these bf16, which rounds away an update of 5e-6.
                weight.data = weight.data.float()
        trainer.remove_callback(PrinterCallback)
        with budget.halved_when_out_of_memory(), watched(trainer, run.output):
            trainer.train(resume_from_checkpoint=checkpoint)
    if is_first_process():
        _write_model(run, trainer, counts)


def _initial_model(run: AdapterRun, settings: AdapterSettings, device: str) -> tuple[Any, Any]:
    """Return the model, and the LoraConfig of the adapter that it lacks, or None."""
    from peft import LoraConfig

    # On the CPU frozen weights stay float32 under bf16 autocast: rounding them gains nothing.
    dtype = pick_dtype(settings.precision if device == "cuda" else "fp32", device)
    how = {"dtype": dtype, "device": device, "quantisation": settings.quantisation}
    model = models.load_model(run.base_model, run.adapter, trainable=True, **how)
    shape = {"r": settings.rank, "lora_alpha": settings.alpha, "lora_dropout": settings.dropout}
    if run.adapter is None:
        return model, LoraConfig(**shape, target_modules="all-linear", task_type="CAUSAL_LM")
    found = model.peft_config["default"]
    if (found.r, found.lora_alpha) != (settings.rank, settings.alpha):
        raise LahjaError(
            f"{run.adapter}: has rank {found.r} and alpha {found.lora_alpha}, but the step that "
            f"continues it asks for {settings.rank} and {settings.alpha}"
        )
    return model, None


def trainer_arguments(
    settings: AdapterSettings, checkpoint_dir: Path, device: str
) -> dict[str, Any]:
    """Return the arguments that TRL's configurations of these trainings share."""
    if settings.liger and (device != "cuda" or find_spec("liger_kernel") is None):
        raise LahjaError("liger: needs a GPU and Liger's kernels: pip install liger-kernel")
    return {
        "output_dir": str(checkpoint_dir), "num_train_epochs": settings.epochs,
        # A step of the trainer is a whole update, which `ByTokens` cuts.
        "per_device_train_batch_size": settings.batch * settings.accumulation,
        "max_length": settings.cutoff, "seed": settings.seed, "data_seed": settings.seed,
        "learning_rate": settings.learning_rate, "lr_scheduler_type": settings.schedule,
        "warmup_steps": settings.warmup, "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "bf16": pick_precision(settings.precision, device) == "bf16",
        "use_cpu": device == "cpu", "dataloader_pin_memory": device == "cuda",
        "use_liger_kernel": settings.liger,
        "gradient_checkpointing": bool(settings.gradient_checkpointing),
        # All that is trained has a part in every step.
        "ddp_find_unused_parameters": False,
        "save_steps": settings.checkpoint_steps, "save_total_limit": 1,
        "logging_steps": 1, "logging_nan_inf_filter": False,
        "disable_tqdm": True, "report_to": "none",
    }  # fmt: skip


def open_checkpoint_dir(folder: Path, stages: Sequence[str], settings: dict, **data: Any) -> None:
    """Make the folder of a run's checkpoints, emptied first where it holds another run's.

    Runs are the same where all is that the outcome depends on: the versions of the stages of
    work, the settings (but for those that only say how fast), and the digests of data and models.
    """
    identity = {"version": version(*stages), "settings": without_execution(settings), **data}
    record = {"identity": files.digest_of_text(files.canonical_json(identity))}
    file = folder / "run.json"
    if folder.is_dir() and not (file.is_file() and files.read_json(file) == record):
        shutil.rmtree(folder)
    files.write_json(file, record)


def last_checkpoint(folder: Path) -> str | None:
    """Return the newest checkpoint that was written to its end; remove what is newer.

    The trainer writes its state last, so that a checkpoint cut off by a crash lacks it.
    """
    found = folder.glob("checkpoint-*")
    for path in sorted(found, key=lambda path: -int(path.name.removeprefix("checkpoint-"))):
        with suppress(LahjaError):
            files.read_json(path / "trainer_state.json")
            return str(path)
        shutil.rmtree(path)
    return None


def completions_only() -> AbstractContextManager:
    """Let TRL compute the output layer on the CPU where there is a label, as it does on a GPU.

    TRL 1.16 scores every position on devices without Triton, prompts included, and throws those
    scores away; that is two thirds of a step of a small model. The loss is the same.
    """
    from trl.trainer import utils

    return patch.object(utils, "_use_triton", lambda device: True)


def _count_dropped(run: AdapterRun, cutoff: int, n_examples: int, n_left: int) -> dict[str, int]:
    """Return how many examples there were, and how many had a prompt that leaves no response."""
    n_dropped, reason = n_examples - n_left, f"their prompt fills the cutoff of {cutoff} tokens"
    if n_left == 0:
        raise LahjaError(f"{run.data}: none of {n_examples} examples can be learnt: {reason}")
    if n_dropped and is_first_process():
        told = f"dropped {n_dropped} of {n_examples} examples: {reason}"
        print(f"{run.data}: {told}", file=sys.stderr)
    return {"n_examples": n_examples, "n_dropped": n_dropped}


def _write_model(run: AdapterRun, trainer: Any, counts: dict[str, int]) -> None:
    with files.atomic_path(run.output) as folder:
        # The frozen reference that DPO keeps beside the trained adapter is not part of the model.
        trainer.model.save_pretrained(folder / models.ADAPTER, selected_adapters=["default"])
        (folder / models.ADAPTER / "README.md").unlink(missing_ok=True)
        # PEFT writes sets, whose order changes from process to process.
        config = folder / models.ADAPTER / models.ADAPTER_CONFIG
        facts = files.read_json(config)
        files.write_json(config, facts | {"target_modules": sorted(facts["target_modules"])})
        write_curve(folder, trainer.state.log_history)
        facts = {**run.record, **counts, "settings": files.canonical_json(run.settings)}
        models.write_adapter_record(folder, run.base_model, run.adapter, facts)
    shutil.rmtree(run.checkpoint_dir)
