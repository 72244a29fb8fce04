"""The graph of models: checkpoints, and models made from others by one training step each.

A model is a hub checkpoint, pretrained from scratch, its parent plus one step on a dataset, between
two models, or its parent decoded in another way. Models of one root share its weights.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

from lahja.core.errors import LahjaError, hint
from lahja.core.files import canonical_json

# The kinds of dataset that each training step can learn from.
LEARNS_FROM = {
    "pretrain": {"instructions"},
    "sft": {"classification", "translation", "text", "instructions", "best", "mbr", "mixture"},
    "dpo": {"preferences"},
}
# The kinds of dataset that a mixture can have.
_MIXED = {"translation", "text", "instructions", "best", "mbr"}
INTERPOLATE = "interpolate"
MBR, GREEDY = "mbr", "greedy"


@dataclass(frozen=True)
class Model:
    """One node of the graph, as the config gives it under `models`.

    One that interpolates lies between its parent (weight 0) and its `end` (weight 1). One with a
    `decoding` has its parent's weights.
    """

    name: str
    checkpoint: str | None
    revision: str | None
    parent: str | None
    train: str | None
    dataset: str | None
    end: str | None
    weight: float | None
    decoding: str | None
    settings: dict[str, Any]

    @property
    def is_adapter(self) -> bool:
        """Whether the model is its root plus an adapter."""
        return self.train in ("sft", "dpo", INTERPOLATE)

    @property
    def is_trained(self) -> bool:
        """Whether the model has a training, and with it a training curve, of its own."""
        return self.train is not None and self.train != INTERPOLATE


class ModelGraph:
    """The models of one run, checked: no cycle, no unknown parent or dataset.

    They are in the config's order, but that a model comes after those that it is made of.
    """

    def __init__(self, models: dict[str, dict[str, Any]], datasets: dict[str, dict[str, Any]]):
        """Read the config's `models` and `datasets`; raise `LahjaError` naming a faulty key."""
        given = {name: _model(name, entry) for name, entry in models.items()}
        # The model whose own samples a dataset is made of, where it is.
        self._policies = {name: entry.get("policy") for name, entry in datasets.items()}
        self._mixed = {name: _mixed(name, datasets) for name in datasets}
        for model in given.values():
            _check_step(model, datasets)
        self.models: dict[str, Model] = {}
        for model in given.values():
            self._add(model, given, [])
        seen: dict[str, str] = {}
        for name, model in self.models.items():
            # Folders are compared as a file system that ignores case would.
            for identity in (name.lower(), canonical_json(asdict(model) | {"name": None})):
                if (other := seen.setdefault(identity, name)) != name:
                    told = f"the same path as models.{other}; expected one name for each model"
                    raise LahjaError(f"models.{name}: {told}")

    def __getitem__(self, name: str) -> Model:
        """Return a model by name."""
        return self.models[name]

    def root(self, name: str) -> Model:
        """Return the checkpoint or pretrained model that a model rests on."""
        model = self[name]
        return self.root(model.parent) if model.parent else model

    def needed(self, name: str) -> set[str]:
        """Return a model and all that it is made of: ends of interpolations and policies too."""
        return {name}.union(*(self.needed(part) for _, part in self._parts(self[name])))

    def names(self, train: str | None) -> list[str]:
        """Return the models that a training step makes; None gives the hub checkpoints."""
        found = (m for m in self.models.values() if m.train == train and not m.decoding)
        return [model.name for model in found]

    def datasets(self, name: str) -> list[str]:
        """Return the datasets that a model learns from: of a mixture, those that are mixed."""
        return self._mixed.get(self[name].dataset, [])

    def _parts(self, model: Model) -> list[tuple[str, str]]:
        """Return the models that a model is made of directly, after the key that names each."""
        key = f"models.{model.name}." + ("interpolate" if model.end else "from")
        own = self._mixed.get(model.dataset, [])
        policies = [(f"datasets.{name}.policy", self._policies[name]) for name in own]
        return [part for part in ((key, model.parent), (key, model.end), *policies) if part[1]]

    def _add(self, model: Model, given: dict[str, Model], above: list[str]) -> None:
        """Add a model after those that it is made of; `above` are the models made of it."""
        if model.name in self.models:
            return
        way = [*above, model.name]
        # A config that changes another's entries has its own first; tables show this order.
        for key, name in self._parts(model):
            if name not in given:
                raise LahjaError(f"{key}: no such model: {name!r}; {hint(name, given)}")
            if given[name].decoding:
                raise LahjaError(f"{key}: {name} is a way of decoding, not weights")
            if name in way:
                cycle = " is made of ".join([*way[way.index(name) :], name])
                raise LahjaError(f"{key}: a cycle, {cycle}")
            self._add(given[name], given, way)
        self.models[model.name] = model
        if model.train == INTERPOLATE:
            key = f"models.{model.name}.interpolate"
            if not self[model.end].is_adapter:
                raise LahjaError(f"{key}: {model.end} has no adapter to interpolate with")
            if self.root(model.end) != self.root(model.name):
                raise LahjaError(f"{key}: {model.parent} and {model.end} rest on different roots")


def _model(name: str, entry: dict[str, Any]) -> Model:
    ends = entry.get("interpolate")
    if ends and (entry.get("from") or entry.get("train") or entry.get("on")):
        raise LahjaError(f"models.{name}: interpolates and trains; expected one of them")
    parent, end = ends or (entry.get("from"), None)
    train, settings = INTERPOLATE if ends else entry.get("train"), entry.get("settings") or {}
    own = {field.name: entry.get(field.name) for field in fields(Model)}
    own |= {"name": name, "parent": parent, "end": end, "train": train, "dataset": entry.get("on")}
    return Model(**own | {"settings": settings})


def _mixed(name: str, datasets: dict[str, dict[str, Any]]) -> list[str]:
    if datasets[name]["kind"] != "mixture":
        return [name]
    for own in datasets[name]["of"]:
        key = f"datasets.{name}.of.{own}"
        if own not in datasets:
            raise LahjaError(f"{key}: no such dataset; {hint(own, datasets)}")
        if (kind := datasets[own]["kind"]) not in _MIXED:
            raise LahjaError(f"{key}: expected {' or '.join(sorted(_MIXED))}, not {kind}")
    # Their order in the files changes nothing.
    return sorted(datasets[name]["of"])


def _check_step(model: Model, datasets: dict[str, dict[str, Any]]) -> None:
    has_weight, is_between = model.weight is not None, model.train == INTERPOLATE
    made_by = model.checkpoint or model.train
    for is_faulty, key, told in (
        (model.checkpoint and (model.parent or model.train), "",
         "has a checkpoint and a training step; expected one of them"),
        (model.decoding and (made_by or model.dataset), "",
         "has a decoding and weights of its own; expected one of them"),
        (not (made_by or model.decoding), "",
         "expected a checkpoint, or a training step (train, on)"),
        (has_weight and not is_between, ".weight", "only a model that interpolates has one"),
        (is_between and not has_weight, ".weight", "expected a number from 0 to 1"),
        (model.decoding and not model.parent, ".from",
         f"expected the model that is decoded by {model.decoding}"),
        (model.is_adapter and not model.parent, ".from",
         f"{model.train} needs the model to start from"),
        (model.train == "pretrain" and model.parent, ".from",
         "pretraining starts from scratch, not from a model"),
    ):  # fmt: skip
        if is_faulty:
            raise LahjaError(f"models.{model.name}{key}: {told}")
    if model.train not in LEARNS_FROM:
        return
    key, name = f"models.{model.name}.on", model.dataset
    if name not in datasets:
        raise LahjaError(f"{key}: no such dataset: {name!r}; {hint(name, datasets)}")
    kind, known = datasets[name]["kind"], LEARNS_FROM[model.train]
    if kind not in known:
        told = f"{model.train} learns from {' or '.join(sorted(known))}, not from {kind}"
        raise LahjaError(f"{key}: {told}")
