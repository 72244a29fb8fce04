"""The callback that probes a training as it goes, ends it early and keeps its best step."""

import shutil
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.settings import parse_settings
from lahja.training.curve import PROBE
from lahja.training.lora import AdapterRun
from lahja.training.probe import BEST, Probe, ProbeSettings, best_probe, is_over
from lahja.training.probe_scores import ProbeFiles, TranslationProbe
from lahja.training.processes import count_processes, is_first_process

if TYPE_CHECKING:
    from transformers import Trainer, TrainerCallback


def probe_of(run: AdapterRun, files: ProbeFiles) -> "Callable[[Trainer], TrainerCallback]":
    """Return what gives a trainer the probe that the run's settings ask for.

    Its work folder keeps the adapters of probed steps while the training runs.
    """
    settings = parse_settings(ProbeSettings, run.settings["probe"])

    def make(trainer: "Trainer") -> "TrainerCallback":
        """Return the probe as a callback of this trainer."""
        from transformers import TrainerCallback

        class ProbeTraining(Probing, TrainerCallback):
            """`Probing` as a callback of the trainer."""

        return ProbeTraining(trainer, settings, files, run.work / "probes", run.threads)

    return make


class Probing:
    """Translate a few sentences before the first step and after every so many.

    Of several processes the first one measures, and all hear what it found.
    """

    def __init__(
        self,
        trainer: "Trainer",
        settings: ProbeSettings,
        files: ProbeFiles,
        work: Path,
        threads: int | None,
    ):
        """Note all; the scorers are loaded for the first probe."""
        self._trainer, self._settings, self._work = trainer, settings, work
        self._files, self._threads = files, threads
        self._translation: TranslationProbe | None = None

    def on_train_begin(self, args, state, control, **kwargs):
        """Measure the start, unless a checkpoint remembers it."""
        if not probes_of(state.log_history):
            self._probe(state)

    def on_step_end(self, args, state, control, **kwargs):
        """Measure where it is time, keep what is best so far, and end what only loses."""
        if state.global_step % self._settings.every and state.global_step != state.max_steps:
            return
        self._probe(state)
        probes = probes_of(state.log_history)
        if best_probe(probes, self._settings) == probes[-1] and is_first_process():
            _save(self._trainer, self._work / str(state.global_step))
        if is_over(probes, self._settings):
            _say(f"no gain in dialect and a loss in translation: ends at {probes[-1].step}")
            control.should_training_stop = True

    def on_save(self, args, state, control, **kwargs):
        """Remove the adapters that this checkpoint no longer needs."""
        best = self._best(state)
        for folder in self._work.glob("[0-9]*") if best and is_first_process() else ():
            if int(folder.name) != best.step:
                shutil.rmtree(folder)

    def on_train_end(self, args, state, control, **kwargs):
        """Give the model the adapter of its best step."""
        best = self._best(state)
        if best and self._settings.keep == BEST:
            _say(f"the best step is {best.step}")
            _restore(self._trainer, self._work / str(best.step))

    def _best(self, state) -> Probe | None:
        probes = probes_of(state.log_history)
        return best_probe(probes, self._settings) if len(probes) > 1 else None

    def _probe(self, state) -> None:
        trainer, found = self._trainer, [None]
        if is_first_process():
            self._translation = self._translation or TranslationProbe(
                self._files, self._settings, self._threads
            )
            with _as_used(trainer):
                found = [self._translation.measure(trainer.model, trainer.processing_class)]
        if count_processes() > 1:
            from accelerate.utils import broadcast_object_list

            broadcast_object_list(found)
        _log(trainer, Probe(state.global_step, *found[0]))


def probes_of(history: list[dict[str, Any]]) -> list[Probe]:
    """Return the probes in a trainer's log, in their order."""
    return [
        Probe(row["step"], **{field: row[column] for column, field in PROBE.items()})
        for row in history
        if all(column in row for column in PROBE)
    ]


def _log(trainer: "Trainer", probe: Probe) -> None:
    from transformers import Trainer

    values = asdict(probe)
    _say(f"step {probe.step}: chrF++ {probe.chrf_plus_plus:.2f}, ADI2 {probe.adi2:.4f}")
    is_due = trainer.control.should_log
    # The trainer's own, past TRL's, which would mix in what it has gathered of the step. It takes
    # this for the step's own log, which is still to come.
    Trainer.log(trainer, {column: values[field] for column, field in PROBE.items()})
    trainer.control.should_log = is_due


def _say(text: str) -> None:
    if is_first_process():
        print(f"probe: {text}", file=sys.stderr, flush=True)


@contextmanager
def _as_used(trainer: "Trainer"):
    was_training = trainer.model.training
    trainer.model.eval()
    try:
        with trainer.accelerator.autocast():
            yield
    finally:
        trainer.model.train(was_training)


def _save(trainer: "Trainer", folder: Path) -> None:
    from lahja.files import atomic_path

    with atomic_path(folder) as draft:
        trainer.model.save_pretrained(draft, selected_adapters=["default"])


def _restore(trainer: "Trainer", folder: Path) -> None:
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    weights = load_file(folder / "adapter_model.safetensors")
    set_peft_model_state_dict(trainer.model, weights, adapter_name="default")
