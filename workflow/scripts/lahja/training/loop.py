"""A plain training loop for models that are trained from scratch."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.files import atomic_path
from lahja.models.device import autocast
from lahja.progress import Progress

if TYPE_CHECKING:
    import torch
    from torch.optim import Optimizer

_STATE = "state.pt"


@dataclass(frozen=True)
class LoopSettings:
    """How a model is trained from scratch: AdamW, cosine decay to a tenth, clipped gradients."""

    epochs: float = 3.0
    learning_rate: float = 2e-3
    warmup: float = 0.05
    weight_decay: float = 0.01
    batch_tokens: int = 4096
    precision: str | None = None
    checkpoint_seconds: float = 120.0
    seed: int = 0


def train_loop(
    model: "torch.nn.Module",
    batches_of: Callable[[int], list[list[int]]],
    loss_of: Callable[[list[int]], "torch.Tensor"],
    settings: LoopSettings,
    work: Path,
    device: str,
) -> list[dict[str, float]]:
    """Train the model in place and return its curve: step, loss and learning rate.

    `batches_of(epoch)` gives an epoch's batches of rows, `loss_of(rows)` the mean loss of one.
    Goes on from the state in the work folder. A loss that is not finite raises `LahjaError`
    that names the step.
    """
    import torch

    optimizer = _optimizer(model, settings)
    plan = _plan(batches_of, settings.epochs)
    curve = _load_state(work / _STATE, model, optimizer)
    # Dropout differs after a resume only in its draws.
    torch.manual_seed(settings.seed + len(curve))
    model.train()
    saved = monotonic()
    with Progress(len(plan), "steps", done=len(curve)) as progress:
        for step in range(len(curve), len(plan)):
            rate = settings.learning_rate * cosine_rate(step, len(plan), settings.warmup)
            with autocast(settings.precision, device):
                loss = loss_of(plan[step])
            value = loss.item()
            if not math.isfinite(value):
                raise LahjaError(f"{work}: the loss is {value} at step {step + 1} of {len(plan)}")
            _update(model, optimizer, loss, rate)
            curve.append({"step": step + 1, "loss": value, "learning_rate": rate})
            progress.advance()
            if monotonic() - saved > settings.checkpoint_seconds:
                _save_state(work / _STATE, model, optimizer, curve)
                saved = monotonic()
    model.eval()
    return curve


def _optimizer(model: "torch.nn.Module", settings: LoopSettings) -> "Optimizer":
    import torch

    return torch.optim.AdamW(
        model.parameters(),
        lr=settings.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=settings.weight_decay,
        fused=True,
    )


def _update(
    model: "torch.nn.Module", optimizer: "Optimizer", loss: "torch.Tensor", rate: float
) -> None:
    import torch

    for group in optimizer.param_groups:
        group["lr"] = rate
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def cosine_rate(step: int, n_steps: int, warmup: float) -> float:
    """Return the share of the learning rate at a step: linear warm-up, cosine down to 0.1."""
    rise = max(1, round(warmup * n_steps))
    if step < rise:
        return (step + 1) / rise
    progress = (step - rise) / max(1, n_steps - rise)
    return 0.55 + 0.45 * math.cos(math.pi * progress)


def _plan(batches_of: Callable[[int], list[list[int]]], epochs: float) -> list[list[int]]:
    plan: list[list[int]] = []
    for epoch in range(math.ceil(epochs)):
        batches = batches_of(epoch)
        share = min(1.0, epochs - epoch)
        plan += batches[: math.ceil(share * len(batches))]
    return plan


def _load_state(
    path: Path, model: "torch.nn.Module", optimizer: "Optimizer"
) -> list[dict[str, float]]:
    import torch

    if not path.is_file():
        return []
    state: dict[str, Any] = torch.load(path, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["curve"]


def _save_state(
    path: Path,
    model: "torch.nn.Module",
    optimizer: "Optimizer",
    curve: list[dict[str, float]],
) -> None:
    import torch

    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "curve": curve}
    with atomic_path(path) as draft:
        torch.save(state, draft)
