"""What supervised and preference training of a LoRA adapter share."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.files import atomic_path, canonical_json, digest_of_file
from lahja.models.device import pick_dtype, pick_precision, use_device
from lahja.models.folder import (
    ADAPTER,
    load_model,
    load_tokenizer,
    model_digest,
    write_adapter_record,
)
from lahja.training.curve import write_curve
from lahja.training.interruption import last_checkpoint, stopped_by_sigterm
from lahja.training.micro_batches import (
    MicroBatches,
    count_halvings,
    halved_for_next_time,
    plan_micro_batches,
)
from lahja.training.processes import count_processes, first_process_first, is_first_process
from lahja.training.reporting import curve_arguments, show_progress
from lahja.training.work import close_work, open_work

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainerCallback


@dataclass(frozen=True)
class LoraSettings:
    """LLaMA-Factory's defaults for LoRA (its example recipes), which the paper trains with.

    An update is on `batch` × `accumulation` examples, however many processes share them.
    """

    learning_rate: float
    rank: int = 8
    alpha: int = 16
    dropout: float = 0.0
    cutoff: int = 2048
    schedule: str = "cosine"
    warmup: float = 0.1
    batch: int = 1
    accumulation: int = 8
    epochs: float = 3.0
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    precision: str | None = None
    quantisation: str | None = None
    gradient_checkpointing: bool | None = None
    group_by_length: bool = True
    checkpoint_steps: int = 200
    seed: int = 0


@dataclass(frozen=True)
class AdapterRun:
    """One training step of the model graph: where it starts, what it learns, where it ends."""

    root: Path
    parent: Path | None
    data: Path
    settings: dict[str, Any]
    work: Path
    output: Path
    record: dict[str, Any]
    threads: int | None = None
    report_to: str = "none"
    curves: Path | None = None


TrainerMaker = Callable[
    ["PreTrainedModel", "PreTrainedTokenizerBase", dict[str, Any], "LoraConfig | None"], "Trainer"
]


def train_adapter(
    run: AdapterRun,
    options: LoraSettings,
    make_trainer: TrainerMaker,
    callbacks: list["TrainerCallback"],
) -> None:
    """Train a fresh adapter, or the parent's further, and write the model folder.

    `make_trainer` gets the model, the tokenizer, the arguments that TRL's trainers share, and
    the LoRA configuration where the adapter is to be a fresh one. Run in each of several
    processes, it shares the examples among them.
    """
    from datasets import disable_progress_bars
    from transformers.trainer_callback import PrinterCallback

    curves = curve_arguments(run.report_to, run.curves)
    disable_progress_bars()
    device = use_device(run.threads)
    with first_process_first(device):
        work = _open_work(run)
        checkpoint = last_checkpoint(work)
    halvings = count_halvings(work)
    batches = plan_micro_batches(options.batch, options.accumulation, count_processes(), halvings)
    model = _load(run, options, device)
    fresh = None if run.parent else _lora(options)
    arguments = trainer_arguments(options, batches, work, device) | curves
    trainer = make_trainer(model, load_tokenizer(run.root), arguments, fresh)
    if options.quantisation:
        _keep_small_updates(trainer.model)
    trainer.remove_callback(PrinterCallback)
    for callback in [_stop_at_nan(run.output), show_progress(), *callbacks]:
        trainer.add_callback(callback)
    with (
        completions_only(),
        halved_for_next_time(work, batches, halvings),
        stopped_by_sigterm(trainer, run.output),
    ):
        trainer.train(resume_from_checkpoint=checkpoint)
    if is_first_process():
        _finish(run, trainer)


def _open_work(run: AdapterRun) -> Path:
    # Neither processes nor halvings are part of the identity: the checkpoint serves with any.
    start = model_digest(run.root, run.parent)
    return open_work(run.work, settings=run.settings, data=digest_of_file(run.data), start=start)


def _load(run: AdapterRun, options: LoraSettings, device: str) -> "PreTrainedModel":
    model = load_model(
        run.root,
        run.parent,
        dtype=pick_dtype(None if device == "cuda" else "fp32", device),
        device=device,
        trainable=True,
        quantisation=options.quantisation,
    )
    if run.parent is not None:
        _expect_shape(model, run.parent, options)
    return model


def _keep_small_updates(model: "PeftModel") -> None:
    # TRL turns the adapter of quantised weights into bf16, which rounds away an update of 5e-6.
    for name, weight in model.named_parameters():
        if "lora_" in name:
            weight.data = weight.data.float()


def trainer_arguments(
    options: LoraSettings, batches: MicroBatches, work: Path, device: str
) -> dict[str, Any]:
    """Return the arguments that SFTConfig and DPOConfig share."""
    checkpointing = options.gradient_checkpointing
    return {
        "output_dir": str(work),
        "learning_rate": options.learning_rate,
        "lr_scheduler_type": options.schedule,
        "warmup_steps": options.warmup,
        "per_device_train_batch_size": batches.size,
        "gradient_accumulation_steps": batches.count,
        "num_train_epochs": options.epochs,
        "weight_decay": options.weight_decay,
        "max_grad_norm": options.max_grad_norm,
        "max_length": options.cutoff,
        "bf16": pick_precision(options.precision, device) == "bf16",
        "use_cpu": device == "cpu",
        "gradient_checkpointing": device == "cuda" if checkpointing is None else checkpointing,
        "train_sampling_strategy": "group_by_length" if options.group_by_length else "random",
        # All that is trained has a part in every step.
        "ddp_find_unused_parameters": False,
        "save_steps": options.checkpoint_steps,
        "save_total_limit": 1,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "disable_tqdm": True,
        "report_to": "none",
        "seed": options.seed,
        "data_seed": options.seed,
        "dataloader_pin_memory": device == "cuda",
    }


@contextmanager
def completions_only() -> Iterator[None]:
    """Let TRL compute the output layer on the CPU where there is a label, as it does on a GPU.

    TRL 1.16 scores every position on devices without Triton, prompts included, and throws those
    scores away; that is two thirds of a step of a small model. The loss is the same.
    """
    from trl.trainer import utils

    original = utils._use_triton
    utils._use_triton = lambda device: True
    try:
        yield
    finally:
        utils._use_triton = original


def _lora(options: LoraSettings) -> "LoraConfig":
    from peft import LoraConfig

    return LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _expect_shape(model: "PreTrainedModel", parent: Path, options: LoraSettings) -> None:
    config = model.peft_config["default"]
    if (config.r, config.lora_alpha) != (options.rank, options.alpha):
        raise LahjaError(
            f"{parent}: has rank {config.r} and alpha {config.lora_alpha}, but the step that "
            f"continues it asks for {options.rank} and {options.alpha}"
        )


def _stop_at_nan(output: Path) -> "TrainerCallback":
    from transformers import TrainerCallback

    class StopAtNan(TrainerCallback):
        """Stop, naming the step, when the loss is no number."""

        def on_log(self, args, state, control, logs=None, **kwargs):
            """Raise `LahjaError` where the loss is not finite."""
            loss = (logs or {}).get("loss")
            if loss is not None and not math.isfinite(loss):
                raise LahjaError(
                    f"{output}: the loss is {loss} at step {state.global_step} of {state.max_steps}"
                )

    return StopAtNan()


def _finish(run: AdapterRun, trainer: "Trainer") -> None:
    with atomic_path(run.output) as folder:
        # The frozen reference that DPO keeps beside the trained adapter is not part of the model.
        trainer.model.save_pretrained(folder / ADAPTER, selected_adapters=["default"])
        (folder / ADAPTER / "README.md").unlink(missing_ok=True)
        write_curve(folder, trainer.state.log_history)
        facts = {**run.record, "settings": canonical_json(run.settings)}
        write_adapter_record(folder, run.root, run.parent, facts)
    close_work(run.work)
