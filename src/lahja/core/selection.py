"""Which models, corpora and datasets of a configuration a run evaluates, trains and shows."""

from typing import Any

from lahja.core.config.base import default
from lahja.core.config.datasets import Ranking
from lahja.core.model_graph import MBR, MERGE, Model, ModelGraph

ANSWERING = ("transformers", "vllm")
SCORERS = ("aldi", "country", "language")
# The rows of a study that are the paper's recipe and ours; what tells their models in a graph.
_STUDIED = {"paper": "baseline", "ours": "recipe"}
_RECIPES = {("dpo", "label"): "paper", ("grpo", None): "ours"}


class Selection:
    """The choices that follow from a resolved configuration and its graph of models."""

    def __init__(self, config: dict[str, Any], graph: ModelGraph):
        self.config, self.graph = config, graph
        models, datasets = graph.models.values(), config["datasets"]
        classifying = self.datasets("classification")
        # An LLM that rates responses, if one does, and the generators that answer prompts.
        self.judges = [name for name in [config["evaluation"]["llm_judge"]] if name]
        self.generators = [name for name in config["generators"] if name not in self.judges]
        # Every model that talks, and routes, which have the answers of others.
        self.evaluated = [
            model.name
            for model in models
            if config["models"][model.name]["evaluate"] and model.dataset not in classifying
        ]
        self.answering = [name for name in self.evaluated if not graph[name].route]
        self.by_mbr = [name for name in self.answering if graph[name].decoding == MBR]
        self.greedy = [name for name in self.answering if name not in self.by_mbr]
        self.classifier = config["preferences"]["classifier"]
        self.classifiers = [self.classifier, *config["evaluation"]["zero_shot"]]
        # What the classifier of responses is asked: among which varieties, in which wording.
        asked = datasets[graph[self.classifier].dataset]
        self.question = {"varieties": asked.get("varieties")}
        self.question |= {key: asked[key] for key in ("wording",) if key in asked}
        self.rated = config["evaluation"]["human"]["models"] or self.answering
        # The models whose own samples are learnt from.
        policies = (entry["policy"] for entry in datasets.values() if "policy" in entry)
        self.policies = list(dict.fromkeys(policies))
        # The datasets of chosen samples, and those of preferences, that a model learns from.
        learnt = {own for name in graph.names("sft") for own in graph.datasets(name)}
        self.chosen = sorted(learnt.intersection(self.datasets("best", "mbr")))
        self.preferences = sorted({graph[name].dataset for name in graph.names("dpo")})
        # What each model started from; an evaluated one is compared with it.
        self.initial = {model.name: self._start(model) for model in models if model.parent}
        known = {*self.evaluated}
        self.compared = {name: of for name, of in self.initial.items() if {name, of} <= known}

    def _start(self, model: Model) -> str:
        """Return what a model is compared with: what it, or its first iteration, started from."""
        parent = self.graph[model.parent]
        if self._refines(model) and self._refines(parent):
            return self._start(parent)
        return parent.name

    def _refines(self, model: Model) -> bool:
        """Return whether a model is its start, refined: by samples, by merging, in decoding."""
        kinds = {self.config["datasets"][own]["kind"] for own in self.graph.datasets(model.name)}
        is_refined = model.train in ("dpo", "grpo", MERGE) or model.answers_as_others
        return bool(is_refined or kinds & {"best", "mbr"})

    def datasets(self, *kinds: str) -> list[str]:
        """Return the datasets of some kinds."""
        entries = self.config["datasets"].items()
        return [name for name, entry in entries if entry["kind"] in kinds]

    def corpora(self, *roles: str) -> list[str]:
        """Return the corpora in use that have one of the roles."""
        catalogue = self.config["corpora"]
        return [name for name in self.config["corpora_in_use"] if catalogue[name]["role"] in roles]

    def ready_prompts(self) -> list[str]:
        """Return the corpora of ready prompts that generators answer: none that is evaluated on."""
        if not self.config["prompts"]["recorded_per_dialect"]:
            return []
        return [name for name in self.corpora("prompts") if name not in self.held_out_prompts()]

    def held_out_prompts(self) -> list[str]:
        """Return the corpora of ready prompts that models are evaluated on, or chosen by."""
        gold = self.config["preferences"].get("gold_corpus")
        return [*dict.fromkeys([*self.config["evaluation"]["prompts"], *filter(None, [gold])])]

    def checked(self) -> list[str]:
        """Return the scorers that are checked: stand-ins, and all where scores are recorded."""
        entries = self.config["scorers"]
        is_taught = bool(self.corpora("scorer"))
        return [name for name in SCORERS if is_taught or not entries[name]["checkpoint"]]

    def small_scorers(self, prefix: str = "") -> list[str]:
        """Return the scorers, or those with "selecting_" before the name, that the run trains.

        The language identifier comes first: it trains in memory that nothing has used before.
        """
        entries = self.config["scorers"]
        names = [f"{prefix}{name}" for name in reversed(SCORERS)]
        return [name for name in names if entries.get(name) and not entries[name]["checkpoint"]]

    def _variant(self, model: str) -> str | None:
        """Return the variant of a translator's data, "clean" or "aug"; None of other models.

        Those of some dialects alone are none of the paper's translators.
        """
        entry = self.config["datasets"].get(self.graph[model].dataset, {})
        return None if "dialects" in entry else entry.get("variant")

    def translators(self) -> dict[str, str]:
        """Return the bars of Figure 7 as the paper names them: llama-Clean, llama-Aug ..."""
        return {
            name: f"{self.graph[name].parent}-{variant.capitalize()}"
            for name in self.evaluated
            if (variant := self._variant(name))
        }

    def pictured(self) -> list[str]:
        """Return the models of Figures 2, 4 and 5: no other decoding, none clean."""
        own = [name for name in self.evaluated if not self.graph[name].decoding]
        return [name for name in own if self._variant(name) != "clean"]

    def recipes(self) -> dict[str, list[str]]:
        """Return the evaluated models of the paper's recipe and of ours, from the same starts.

        The paper's learns from pairs by the label, ours on-line. A study has its
        own: its baseline's and its recipe's.
        """
        if study := self.config["study"]:
            return {key: study["rows"][study[row]] for key, row in _STUDIED.items()}
        found: dict[str, list[str]] = {"paper": [], "ours": []}
        for name in self.evaluated:
            model = self.graph[name]
            learnt = self.config["datasets"].get(model.dataset, {})
            key = _RECIPES.get((model.train, learnt.get("select")))
            found.setdefault(key, []).append(name)
        both = set.intersection(*({self.initial[n] for n in found[key]} for key in _STUDIED))
        return {key: [n for n in found[key] if self.initial[n] in both] for key in _STUDIED}

    def trained(self) -> list[str]:
        """Return the models that the run trains: what it evaluates, labels and generates with."""
        generators = self.config["generators"].values()
        answering = [entry["model"] for entry in generators if entry["backend"] in ANSWERING]
        wanted = [*self.evaluated, *self.classifiers, *answering]
        used = set().union(*map(self.graph.needed, wanted))
        return [
            name for name, model in self.graph.models.items() if model.is_trained and name in used
        ]

    def routes(self) -> dict[str, Any]:
        """Return, under "routes", each route's models and what an ADI2 of 1 counts, if any is."""
        common, found = default(Ranking, "dialect_weight"), {}
        for model in map(self.graph.__getitem__, self.evaluated):
            if model.route:
                weight = common if model.dialect_weight is None else model.dialect_weight
                found[model.name] = {"models": model.route, "dialect_weight": weight}
        return {"routes": found} if found else {}

    def study(self) -> dict[str, Any]:
        """Return the study's rows and roles, or nothing."""
        study = self.config["study"]
        # Settings are written with sorted keys, and rows have an order.
        return study | {"rows": [*study["rows"].items()]} if study else {}
