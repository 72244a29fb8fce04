"""The graph of models: checkpoints, and models made from others by one training step each.

A model is a hub checkpoint, pretrained from scratch, its parent plus one step on a dataset, others
merged, or its parent decoded in another way. Models of one root share its weights. A route has
none: it is the best of several models for each dialect.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from lahja.core.errors import LahjaError, hint
from lahja.core.files import canonical_json

# The kinds of dataset that each training step can learn from.
LEARNS_FROM = {
    "pretrain": {"instructions"},
    "sft": {"classification", "translation", "text", "instructions", "best", "mbr", "mixture"},
    "dpo": {"preferences"},
    "grpo": {"prompts"},
}
# The kinds of dataset that a mixture can have.
_MIXED = {"translation", "text", "instructions", "best", "mbr"}
MERGE = "merge"
MBR, GREEDY = "mbr", "greedy"
LINEAR = "linear"
# The ways in which a model is made, by the key that tells it, and the keys that go with each.
_WAYS = {
    "checkpoint": (),
    "train": ("from", "on"),
    "merge": ("method", "density"),
    "route": ("dialect_weight",),
    "decoding": ("from",),
}


@dataclass(frozen=True)
class Model:
    """One node of the graph, as the config gives it under `models`.

    One that merges adds up what the models in `merge` add to their root, by weight; a route has the
    answers of the models in `route`. Either's parent is the last model that all of those come from.
    One with a `decoding` has its parent's weights.
    """

    name: str
    checkpoint: str | None
    revision: str | None
    parent: str | None
    train: str | None
    dataset: str | None
    merge: dict[str, float] | None
    method: str | None
    density: float | None
    route: list[str] | None
    dialect_weight: float | None
    decoding: str | None
    settings: dict[str, Any]

    @property
    def is_adapter(self) -> bool:
        """Whether the model is its root plus an adapter."""
        return self.train in ("sft", "dpo", "grpo", MERGE)

    @property
    def is_trained(self) -> bool:
        """Whether the model has a training, and with it a training curve, of its own."""
        return self.train is not None and self.train != MERGE

    @property
    def answers_as_others(self) -> str | None:
        """What the model is in place of weights of its own, or None."""
        return "a way of decoding" if self.decoding else "a route" if self.route else None

    @property
    def members(self) -> list[str]:
        """The models that are merged or chosen among."""
        return [*(self.merge or self.route or ())]


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
        return self.models[name]

    def root(self, name: str) -> Model:
        """Return the checkpoint or pretrained model that a model rests on."""
        return self[self.lineage(name)[-1]]

    def lineage(self, name: str) -> list[str]:
        """Return a model, its parent, and so on to its root."""
        parent = self[name].parent
        return [name, *(self.lineage(parent) if parent else [])]

    def needed(self, name: str) -> set[str]:
        """Return a model and all that it is made of: what is merged and policies too."""
        return {name}.union(*(self.needed(part) for _, part in self._parts(self[name])))

    def names(self, train: str | None) -> list[str]:
        """Return the models that a training step makes; None gives the hub checkpoints."""
        models = self.models.values()
        return [m.name for m in models if m.train == train and not m.answers_as_others]

    def datasets(self, name: str) -> list[str]:
        """Return the datasets that a model learns from: of a mixture, those that are mixed."""
        return self._mixed.get(self[name].dataset, [])

    def _parts(self, model: Model) -> list[tuple[str, str]]:
        """Return the models that a model is made of directly, after the key that names each."""
        key = f"models.{model.name}"
        parts = [(f"{key}.{'merge' if model.merge else 'route'}", own) for own in model.members]
        parts += [(f"{key}.from", model.parent)] if not parts and model.parent else []
        policies = {name: self._policies[name] for name in self._mixed.get(model.dataset, [])}
        return parts + [(f"datasets.{name}.policy", own) for name, own in policies.items() if own]

    def _add(self, model: Model, given: dict[str, Model], above: list[str]) -> None:
        """Add a model after those that it is made of; `above` are the models made of it."""
        if model.name in self.models:
            return
        way = [*above, model.name]
        # A config that changes another's entries has its own first; tables show this order.
        for key, name in self._parts(model):
            if name not in given:
                raise LahjaError(f"{key}: no such model: {name!r}; {hint(name, given)}")
            told = given[name].answers_as_others
            if told and not (model.route and given[name].decoding):
                raise LahjaError(f"{key}: {name} is {told}, not weights")
            if name in way:
                cycle = " is made of ".join([*way[way.index(name) :], name])
                raise LahjaError(f"{key}: a cycle, {cycle}")
            self._add(given[name], given, way)
        if model.members:
            model = replace(model, parent=self._origin(model))
        self.models[model.name] = model

    def _origin(self, model: Model) -> str:
        """Return the last model that all members are or come from, where they have one root."""
        first, *others = (self.lineage(name) for name in model.members)
        if found := [name for name in first if all(name in other for other in others)]:
            adapters = [name for name in model.members if self[name].is_adapter]
            if model.density is not None and len(adapters) < 2:
                told = f"{model.method} needs two models with an adapter, not {len(adapters)}"
                raise LahjaError(f"models.{model.name}.merge: {told}")
            return found[0]
        if model.merge:
            names = " and ".join(model.members)
            raise LahjaError(f"models.{model.name}.merge: {names} rest on different roots")
        # A route over several roots is compared with what its first model comes from.
        return first[min(1, len(first) - 1)]


def _model(name: str, entry: dict[str, Any]) -> Model:
    made_by = [way for way in _WAYS if entry.get(way)]
    if len(made_by) != 1:
        told = "expected a checkpoint, a training step (train, on), merge, route or decoding"
        told = f"has {' and '.join(made_by)}; expected one of them" if made_by else told
        raise LahjaError(f"models.{name}: {told}")
    for key in dict.fromkeys(key for keys in _WAYS.values() for key in keys):
        ways = [way for way, keys in _WAYS.items() if key in keys]
        if entry.get(key) is not None and made_by[0] not in ways:
            raise LahjaError(f"models.{name}.{key}: only with {' or '.join(ways)}")
    own = {field.name: entry.get(field.name) for field in fields(Model)}
    own |= {"name": name, "parent": entry.get("from"), "dataset": entry.get("on")}
    own |= {"settings": entry.get("settings") or {}}
    if entry.get(MERGE):
        merged = dict(sorted(entry[MERGE].items()))
        own |= {"train": MERGE, "merge": merged, "method": entry.get("method") or LINEAR}
    return Model(**own)


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
    merged, thins = model.merge or {}, model.method not in (None, LINEAR)
    for is_faulty, key, told in (
        (merged and len(merged) < 2, ".merge", "expected two models or more, each with a weight"),
        (merged and not any(merged.values()), ".merge", "expected a weight other than 0"),
        (thins and model.density is None, ".density",
         f"missing; {model.method} needs the share of changes that is kept"),
        (not thins and model.density is not None, ".density", "only with method: ties or dare"),
        (model.decoding and not model.parent, ".from",
         f"expected the model that is decoded by {model.decoding}"),
        (model.is_trained and model.train != "pretrain" and not model.parent, ".from",
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
