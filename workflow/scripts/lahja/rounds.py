"""On-policy rounds: a preference step written once, trained in several steps.

A model with `rounds: 3` on the dataset `gated` becomes three steps of the graph. The first learns
from `gated`, each further one from pairs made in the same way of what the one before it samples.
"""

from copy import deepcopy
from typing import Any

from lahja.errors import LahjaError

_SAMPLES, _PER_DIRECTION = 4, 200


def with_rounds(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration in which models with rounds are written out, and have none.

    A dataset with a policy gets its number of samples where it has none.
    Raises `LahjaError` naming the key where rounds are asked of another step, or where a name that
    they need is taken.
    """
    config = deepcopy(config)
    for name, model in [*config["models"].items()]:
        if model["rounds"] > 1:
            _write_out(config, name, model)
    for dataset in config["datasets"].values():
        if "policy" in dataset:
            dataset.setdefault("samples", _SAMPLES)
        if dataset.get("objective") == "ranked":
            dataset.setdefault("per_direction", _PER_DIRECTION)
    return config


def _write_out(config: dict[str, Any], name: str, model: dict[str, Any]) -> None:
    if model["train"] != "dpo":
        raise LahjaError(f"models.{name}.rounds: only a dpo step has rounds")
    models, datasets = config["models"], config["datasets"]
    parent, dataset = model["from"], model["on"]
    if dataset not in datasets:
        raise LahjaError(f"models.{name}.on: no such dataset: {dataset!r}")
    for number in range(1, model["rounds"] + 1):
        is_last = number == model["rounds"]
        step = name if is_last else f"{name}-round-{number}"
        learns_from = dataset if number == 1 else f"{dataset}-of-{parent}"
        for catalogue, new in ((models, step), (datasets, learns_from)):
            if new in catalogue and new not in (name, dataset):
                raise LahjaError(f"models.{name}.rounds: the name {new!r} is taken")
        datasets.setdefault(learns_from, datasets[dataset] | {"policy": parent})
        models[step] = {**model, "from": parent, "on": learns_from, "rounds": 1}
        parent = step
