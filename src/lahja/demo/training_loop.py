"""Train a stand-in from scratch by a plain loop, and write its folder."""

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.core.config.training import LoopSettings
from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path, canonical_json
from lahja.core.progress import Progress
from lahja.models.device import pick_precision
from lahja.models.folder import base_digest, write_record
from lahja.training.tracking import write_curve

if TYPE_CHECKING:
    import torch

# The label of a position that bears no loss, as in PyTorch.
IGNORED = -100


def write_stand_in(
    output: Path, model: Any, tokenizer: Any, curve: list[dict], settings: dict, **record: Any
) -> None:
    """Write a trained model's checkpoint, tokenizer, curve and record as the folder `output`."""
    with atomic_path(output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_curve(folder, curve)
        facts = {"settings": canonical_json(settings), "n_parameters": model.num_parameters()}
        facts["digest"] = base_digest(folder)
        write_record(folder, record | facts)


def padded(rows: list[list[int]], filler: int) -> "torch.Tensor":
    """Return rows of ids as one tensor, shape (rows, longest), filled up on the right."""
    import torch

    tensors = [torch.tensor(row) for row in rows]
    return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True, padding_value=filler)


def train_loop(
    model: Any, lengths: list[int], loss_of: Callable, settings: LoopSettings, output: Path
) -> list[dict[str, float]]:
    """Train the model in place and return its curve: step, loss and learning rate.

    Batches are of rows of like `lengths`; `loss_of` gives the mean loss of one, a tensor. A loss
    that is not finite raises `LahjaError` with the step and the folder that the model was for.
    """
    import torch

    optimizer = torch.optim.AdamW(
        model.parameters(), betas=(0.9, 0.95), weight_decay=settings.weight_decay, fused=True
    )
    plan, curve = _plan(lengths, settings), []
    device = next(model.parameters()).device.type
    is_bf16 = pick_precision(settings.precision, device) == "bf16"
    torch.manual_seed(settings.seed)
    model.train()
    with Progress(len(plan), "steps") as progress:
        for step, batch in enumerate(plan):
            rate = settings.learning_rate * cosine_rate(step, len(plan), settings.warmup)
            optimizer.param_groups[0]["lr"] = rate
            with torch.autocast(device, torch.bfloat16, enabled=is_bf16):
                loss = loss_of(batch)
            value = loss.item()
            if not math.isfinite(value):
                raise LahjaError(f"{output}: the loss is {value} at step {step + 1} of {len(plan)}")
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            curve.append({"step": step + 1, "loss": value, "learning_rate": rate})
            progress.advance()
    model.eval()
    return curve


def cosine_rate(step: int, n_steps: int, warmup: float) -> float:
    """Return the share of the learning rate at a step: linear warm-up, cosine down to 0.1."""
    rise = max(1, round(warmup * n_steps))
    if step < rise:
        return (step + 1) / rise
    return 0.55 + 0.45 * math.cos(math.pi * (step - rise) / max(1, n_steps - rise))


def token_batches(
    lengths: Sequence[int], batch_tokens: int, seed: int, epoch: int
) -> list[list[int]]:
    """Return row numbers in batches of up to `batch_tokens` tokens, padding included.

    Rows are sorted by length, ties and the order of batches are shuffled anew each epoch.
    """
    rng = random.Random(f"{seed}:{epoch}")
    order = list(range(len(lengths)))
    rng.shuffle(order)
    order.sort(key=lengths.__getitem__)
    batches: list[list[int]] = [[]]
    for row in order:
        if batches[-1] and lengths[row] * (len(batches[-1]) + 1) > batch_tokens:
            batches.append([])
        batches[-1].append(row)
    rng.shuffle(batches)
    return [batch for batch in batches if batch]


def _plan(lengths: list[int], settings: LoopSettings) -> list[list[int]]:
    plan: list[list[int]] = []
    for epoch in range(math.ceil(settings.epochs)):
        batches = token_batches(lengths, settings.batch_tokens, settings.seed, epoch)
        share = min(1.0, settings.epochs - epoch)
        plan += batches[: math.ceil(share * len(batches))]
    return plan
