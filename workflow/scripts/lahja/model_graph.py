"""The graph of models: checkpoints, and models made from others by one training step each.

A model with no parent is a hub checkpoint or is pretrained from scratch by the workflow. Every
other model is its parent plus one step, `sft` or `dpo`, on a named dataset, or lies between two
models. All models that share a root share its weights: each holds one LoRA adapter, which a further
step continues. A model may also be its parent decoded in another way, for evaluation alone.
"""

from dataclasses import dataclass, field
from typing import Any

from lahja.errors import LahjaError
from lahja.files import canonical_json

# The kinds of dataset that each training step can learn from.
LEARNS_FROM = {
    "pretrain": {"instructions"},
    "sft": {"classification", "translation", "instructions", "chosen"},
    "dpo": {"preferences"},
}
INTERPOLATE = "interpolate"
MBR = "mbr"


@dataclass(frozen=True)
class Model:
    """One node of the graph, as the config gives it under `models`.

    One that interpolates lies between its parent (weight 0) and its `end` (weight 1). One with a
    `decoding` has its parent's weights.
    """

    name: str
    checkpoint: str | None = None
    revision: str | None = None
    parent: str | None = None
    train: str | None = None
    dataset: str | None = None
    end: str | None = None
    weight: float | None = None
    decoding: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)

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
        self.models = {name: _model(name, entry) for name, entry in models.items()}
        # The model whose own samples a dataset is made of, where it is.
        self._policies = {name: _policy(name, datasets) for name in datasets}
        for model in self.models.values():
            self._check_step(model, datasets)
            self.root(model.name)
        for model in self.models.values():
            self._check_ends(model)
            self._check_policy(model)
        self._check_distinct()
        self.models = self._made_before_used()

    def __getitem__(self, name: str) -> Model:
        """Return a model by name; raise `LahjaError` where there is none."""
        try:
            return self.models[name]
        except KeyError:
            raise LahjaError(f"models.{name}: no such model in the config") from None

    def lineage(self, name: str) -> list[Model]:
        """Return a model and its ancestors, the root first."""
        chain = [self[name]]
        while chain[-1].parent:
            parent = self[chain[-1].parent]
            if parent in chain:
                cycle = [*chain[chain.index(parent) :], parent]
                names = " from ".join(model.name for model in cycle)
                raise LahjaError(f"models.{parent.name}.from: a cycle, {names}")
            chain.append(parent)
        return chain[::-1]

    def root(self, name: str) -> Model:
        """Return the checkpoint or pretrained model that a model rests on."""
        return self.lineage(name)[0]

    def needed(self, name: str) -> set[str]:
        """Return a model and every model that it is made of.

        Ends of interpolations are among them, and the models whose samples it learns from.
        """
        found: set[str] = set()
        todo = [name]
        while todo:
            model = self[todo.pop()]
            if model.name not in found:
                found.add(model.name)
                policy = self._policies.get(model.dataset)
                todo += [other for other in (model.parent, model.end, policy) if other]
        return found

    def families(self) -> dict[tuple[str, str], dict[float, str]]:
        """Return the interpolating models by start and end, and there by weight, in its order."""
        found: dict[tuple[str, str], dict[float, str]] = {}
        for model in sorted(map(self.__getitem__, self.names(INTERPOLATE)), key=lambda m: m.weight):
            found.setdefault((model.parent, model.end), {})[model.weight] = model.name
        return found

    def _made_before_used(self) -> dict[str, Model]:
        # A config that changes another's entries has its own first; tables show this order.
        ordered: dict[str, Model] = {}
        for name in self.models:
            needed = self.needed(name)
            parts = [part for part in self.models if part in needed and part not in ordered]
            # What a model is made of needs fewer models than it does itself.
            for part in sorted(parts, key=lambda part: len(self.needed(part))):
                ordered[part] = self[part]
        return ordered

    def names(self, train: str | None) -> list[str]:
        """Return the models that a training step makes; None gives the hub checkpoints."""
        models = (model for model in self.models.values() if not model.decoding)
        return [model.name for model in models if model.train == train]

    def _check_step(self, model: Model, datasets: dict[str, dict[str, Any]]) -> None:
        key = f"models.{model.name}"
        if model.checkpoint and (model.parent or model.train):
            raise LahjaError(f"{key}: has a checkpoint and a training step; expected one of them")
        if not (model.checkpoint or model.train or model.decoding):
            raise LahjaError(f"{key}: expected a checkpoint, or a training step (train, on)")
        if model.is_adapter and not model.parent:
            raise LahjaError(f"{key}.from: {model.train} needs the model to start from")
        if model.train == "pretrain" and model.parent:
            raise LahjaError(f"{key}.from: pretraining starts from scratch, not from a model")
        if model.parent and model.parent not in self.models:
            raise LahjaError(f"{key}.from: no such model: {model.parent!r}")
        if model.parent and self[model.parent].decoding:
            raise LahjaError(f"{key}.from: {model.parent} is a way of decoding, not weights")
        if model.decoding:
            _check_decoding(model)
        elif model.train == INTERPOLATE:
            _check_interpolation(model)
        elif model.train:
            _check_dataset(model, datasets)

    def _check_policy(self, model: Model) -> None:
        policy = self._policies.get(model.dataset)
        if policy is None:
            return
        key = f"datasets.{model.dataset}.policy"
        if policy not in self.models or self[policy].decoding:
            raise LahjaError(f"{key}: no such model to draw from: {policy!r}")
        if model.name in self.needed(policy):
            raise LahjaError(f"{key}: a cycle, {policy} is made of {model.name}")

    def _check_ends(self, model: Model) -> None:
        if model.train != INTERPOLATE:
            return
        key = f"models.{model.name}.interpolate"
        if model.name in self.needed(self[model.end].name):
            raise LahjaError(f"{key}: a cycle, {model.end} is made of {model.name}")
        if not self[model.end].is_adapter:
            raise LahjaError(f"{key}: {model.end} has no adapter to interpolate with")
        if self.root(model.end) != self.root(model.name):
            raise LahjaError(f"{key}: {model.parent} and {model.end} rest on different roots")

    def _check_distinct(self) -> None:
        seen: dict[str, str] = {}
        for model in self.models.values():
            # Folders are compared as a file system that ignores case would.
            for identity in (model.name.lower(), _definition(model)):
                if identity in seen and seen[identity] != model.name:
                    raise LahjaError(
                        f"models.{model.name}: the same path as models.{seen[identity]}; "
                        "expected one name for each model"
                    )
                seen[identity] = model.name


def _policy(name: str, datasets: dict[str, dict[str, Any]]) -> str | None:
    entry = datasets[name]
    if entry.get("kind") != "chosen":
        return entry.get("policy")
    pairs = datasets.get(entry["of"], {})
    if pairs.get("kind") != "preferences":
        raise LahjaError(f"datasets.{name}.of: no such dataset of preferences: {entry['of']!r}")
    return pairs.get("policy")


def _model(name: str, entry: dict[str, Any]) -> Model:
    ends = entry.get("interpolate")
    if ends and (entry.get("from") or entry.get("train") or entry.get("on")):
        raise LahjaError(f"models.{name}: interpolates and trains; expected one of them")
    if entry.get("weight") is not None and not ends:
        raise LahjaError(f"models.{name}.weight: only a model that interpolates has one")
    if ends and len(ends) != 2:
        raise LahjaError(f"models.{name}.interpolate: expected two models, the start and the end")
    return Model(
        name=name,
        checkpoint=entry.get("checkpoint"),
        revision=entry.get("revision"),
        parent=ends[0] if ends else entry.get("from"),
        train=INTERPOLATE if ends else entry.get("train"),
        dataset=entry.get("on"),
        end=ends[1] if ends else None,
        weight=entry.get("weight"),
        decoding=entry.get("decoding"),
        settings=entry.get("settings") or {},
    )


def _definition(model: Model) -> str:
    made_by = [model.checkpoint, model.revision, model.parent, model.train, model.dataset]
    made_by += [model.end, model.weight, model.decoding]
    return canonical_json([*made_by, model.settings])


def _check_decoding(model: Model) -> None:
    key = f"models.{model.name}"
    if model.checkpoint or model.train or model.dataset:
        raise LahjaError(f"{key}: has a decoding and weights of its own; expected one of them")
    if not model.parent:
        raise LahjaError(f"{key}.from: expected the model that is decoded by {model.decoding}")


def _check_interpolation(model: Model) -> None:
    if model.weight is None:
        raise LahjaError(f"models.{model.name}.weight: expected a number from 0 to 1")


def _check_dataset(model: Model, datasets: dict[str, dict[str, Any]]) -> None:
    key = f"models.{model.name}.on"
    if model.dataset not in datasets:
        raise LahjaError(
            f"{key}: no such dataset: {model.dataset!r}; expected one of {', '.join(datasets)}"
        )
    kind = datasets[model.dataset]["kind"]
    if kind not in LEARNS_FROM[model.train]:
        wanted = " or ".join(sorted(LEARNS_FROM[model.train]))
        raise LahjaError(f"{key}: {model.train} learns from {wanted}, not from {kind}")
