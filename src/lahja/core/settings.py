"""Settings that a script gets as JSON, turned into a frozen dataclass.

What only says how fast or how often work is done (`EXECUTION`) makes nothing stale.
"""

from typing import Any, TypeVar

from lahja.core.errors import LahjaError

Settings = TypeVar("Settings")

# How many rows are worked on at a time, and how often and in what memory a training is saved.
EXECUTION = frozenset(
    {"batch", "checkpoint_steps", "gradient_checkpointing", "liger", "micro_batch_tokens"}
)
# What a rule gives its job as resources and options of their own, and what only the report tells.
RESOURCES = frozenset({"gpu", "gpus", "report_to", "threads"})
UNCOUNTED = EXECUTION | RESOURCES | {"corpora_dir", "homepage", "licence", "max_gib", "private"}
# A training's update is on `batch` x `accumulation` examples, however they are shared out.
UPDATE = "update_examples"


def without_execution(settings: Any) -> Any:
    """Return settings, at any depth, as far as results depend on them."""
    if not isinstance(settings, dict):
        return settings
    kept = {k: without_execution(value) for k, value in settings.items() if k not in UNCOUNTED}
    if {"batch", "accumulation"} <= settings.keys():
        del kept["accumulation"]
        kept[UPDATE] = settings["batch"] * settings["accumulation"]
    return kept


def execution_only(settings: dict[str, Any]) -> dict[str, Any]:
    """Return what `without_execution` leaves out of settings, but for resources."""
    names = EXECUTION | ({"accumulation"} if "batch" in settings else set())
    return pick(settings, *sorted(names & settings.keys()))


def with_execution(settings: dict[str, Any], execution: dict[str, Any]) -> dict[str, Any]:
    """Return both kinds of settings as one."""
    merged = settings | execution
    if {"batch", "accumulation"} <= execution.keys():
        merged.pop(UPDATE, None)
    return merged


def pick(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return some of the settings."""
    return {name: settings[name] for name in names}


def take(settings: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return those of the settings that are there, which are taken out."""
    return {name: settings.pop(name) for name in names if name in settings}


def parse_settings(kind: type[Settings], values: dict[str, Any]) -> Settings:
    """Return a settings dataclass filled from a JSON object; lists become tuples.

    A key that is unknown, or one that is absent and has no default, raises `LahjaError` with its
    name.
    """
    frozen = {key: _frozen(value) for key, value in values.items()}
    try:
        return kind(**frozen)
    except TypeError as error:
        raise LahjaError(f"settings: {error}") from None


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
