"""On-policy steps: a preference step written once, learnt from what its own start samples.

A dataset with `policy: start` is a pattern: each `dpo` step on it gets one of its own, sampled from
the model that the step starts from. A model with `rounds: 3` on the dataset `gated` becomes three
steps of the graph. The first learns from `gated`, each further one from pairs made in the same way,
but for the dataset's `later_rounds`, of what the one before it samples.
"""

from copy import deepcopy
from typing import Any

from lahja.errors import LahjaError

START = "start"
_SAMPLES, _PER_DIRECTION = 4, 200


def with_rounds(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration in which on-policy steps are written out, none with rounds left.

    A dataset with a policy gets its number of samples where it has none; patterns are left out.
    Raises `LahjaError` naming the key where rounds are asked of another step, or where a name that
    they need is taken.
    """
    config = deepcopy(config)
    models, datasets = config["models"], config["datasets"]
    if START in models:
        raise LahjaError(f"models.{START}: the name stands for each step's start (`policy: start`)")
    for name, model in [*models.items()]:
        is_pattern = datasets.get(model.get("on"), {}).get("policy") == START
        if model["rounds"] > 1 or (is_pattern and model.get("train") == "dpo"):
            _write_out(config, name, model)
    config["datasets"] = datasets = {
        name: {key: value for key, value in dataset.items() if key != "later_rounds"}
        for name, dataset in datasets.items()
        if dataset.get("policy") != START
    }
    for dataset in datasets.values():
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
        step = name if number == model["rounds"] else f"{name}-round-{number}"
        if step in models and step != name:
            raise LahjaError(f"models.{name}.rounds: the name {step!r} is taken")
        own = _of_round(datasets[dataset], number, parent)
        learns_from = dataset if own == datasets[dataset] else f"{dataset}-of-{parent}"
        # Steps from the same start share its samples and its pairs.
        if datasets.setdefault(learns_from, own) != own:
            raise LahjaError(f"models.{name}.rounds: the name {learns_from!r} is taken")
        models[step] = {**model, "from": parent, "on": learns_from, "rounds": 1}
        parent = step


def _of_round(dataset: dict[str, Any], number: int, parent: str) -> dict[str, Any]:
    """Return the dataset that a round learns from, of its pattern."""
    if number > 1:
        return dataset | {"policy": parent} | dataset.get("later_rounds", {})
    return dataset | {"policy": parent} if dataset.get("policy") == START else dataset
