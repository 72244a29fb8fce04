"""Preference training of a LoRA adapter with TRL.

The reference is always the model that training starts from: the bare root where the adapter is
a fresh one, or a frozen copy of the parent's adapter. A run whose first step shows otherwise
stops. CPO and SimPO have no reference.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.errors import LahjaError
from lahja.settings import parse_settings
from lahja.tables import PAIRS, read_table
from lahja.training.lora import AdapterRun, train_adapter
from lahja.training.objectives import DpoSettings, build_trainer, find_objective

if TYPE_CHECKING:
    from transformers import Trainer, TrainerCallback

# How far from 0 the rewards of the first step may be. The policy has not moved then, so they
# are 0 up to rounding, and the sigmoid loss is ln 2.
_REWARD_TOLERANCE = 0.01


def train_dpo(run: AdapterRun, probe: "Callable[[Trainer], TrainerCallback] | None" = None) -> None:
    """Train on PAIRS by the objective of the settings, and write the model folder.

    Settings that ask for a probe need the callback that makes it. It is not imported here: what
    it scores with is no part of a training without one.
    """
    options = parse_settings(DpoSettings, run.settings)
    objective = find_objective(options)
    pairs = read_table(run.data, PAIRS)
    if pairs.empty:
        raise LahjaError(f"{run.data}: no preference pairs to train on")
    if options.probe and probe is None:
        raise LahjaError(f"{run.output}: a probe needs its sentences and three scorers")
    callbacks = []
    if objective.has_reference:
        callbacks.append(_expect_reference(run.output))
    else:
        name = options.objective
        print(f"{run.output}: {name} has no reference, so none is checked", file=sys.stderr)

    def make_trainer(*given: Any) -> "Trainer":
        """Return the trainer, with the probe if one is wanted."""
        trainer = build_trainer(options, pairs, *given)
        if probe is not None:
            trainer.add_callback(probe(trainer))
        return trainer

    train_adapter(run, options, make_trainer, callbacks)


def _expect_reference(output: Path) -> "TrainerCallback":
    from transformers import TrainerCallback

    class ExpectReference(TrainerCallback):
        """Stop where the first step shows that the reference is not the start."""

        def on_log(self, args, state, control, logs=None, **kwargs):
            """Check what the first step logs."""
            if state.global_step == 1 and "rewards/chosen" in (logs or {}):
                check_first_step(output, logs)

    return ExpectReference()


def check_first_step(output: Path, logs: dict[str, float]) -> None:
    """Raise `LahjaError` unless the first step's rewards are 0, as where policy = reference."""
    for name in ("rewards/chosen", "rewards/rejected", "rewards/margins"):
        if not abs(logs[name]) < _REWARD_TOLERANCE:
            raise LahjaError(
                f"{output}: {name} is {logs[name]:.4f} at the first step, expected 0: the "
                "reference is not the model that training starts from"
            )
