"""What each job is given: its own slice of the configuration, as JSON with sorted keys.

Snakemake compares parameters as text. What only says how fast or how often work is done is given
apart, by a rule's function of its input, whose changes Snakemake does not follow.
"""

import os
from collections.abc import Iterable
from dataclasses import asdict
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from lahja.core.config import resolve
from lahja.core.config.generation import NO_PENALTY
from lahja.core.errors import LahjaError
from lahja.core.files import canonical_json, digest_of_file, digest_of_folder, digest_of_text
from lahja.core.gemma import TERMS
from lahja.core.model_graph import GREEDY, MBR, ModelGraph
from lahja.core.paths import Paths
from lahja.core.selection import Selection
from lahja.core.settings import execution_only, pick, without_execution
from lahja.core.stages import LIBRARY, stage_of, stages_of, version
from lahja.core.varieties import get_variety

# How an LLM that rates responses decodes: its reply is a line of JSON.
_JUDGE = {"temperature": 0.0, "top_p": 1.0, "max_new_tokens": 256, "system_prompt": ""} | NO_PENALTY
# How a server is asked, which changes no answer.
_SERVER = ("key", "concurrency", "deadline", "retries", "price", "budget")


def open_run(
    config: dict[str, Any], checkout: Path
) -> tuple[dict[str, Any], ModelGraph, Paths, Selection, "Parameters"]:
    """Return a run's resolved configuration, models, paths, selection and parameters.

    `checkout` is the workflow's own folder. Raises `LahjaError` naming a key at fault.
    """
    config = resolve(config)
    graph = ModelGraph(config["models"], config["datasets"])
    paths = Paths(config, graph)
    for key, folder in paths.own.items():
        if not Path(folder).is_dir():
            told = f"no folder {folder}, and no name on the hub either"
            raise LahjaError(f"{key}.checkpoint: {told}")
    return config, graph, paths, Selection(config, graph), Parameters(config, paths, checkout)


class Parameters:
    """The parameters of one run's jobs, by its resolved configuration."""

    def __init__(self, config: dict[str, Any], paths: Paths, checkout: Path):
        self.config, self.paths, self.graph = config, paths, paths.graph
        self.checkout = checkout
        scorers = config["scorers"]
        # How ALDi and the country classifier judge, and how they select.
        self.judging = pick(scorers, "precision")
        self.selecting = {"precision": scorers["selecting_precision"] or scorers["precision"]}

    def code(self, script: str) -> str:
        """Return the versions of the stages that a script reaches."""
        return version(*stages_of(self.checkout / "workflow" / "scripts" / f"{script}.py"))

    @staticmethod
    def modules_code(*modules: str) -> str:
        """Return the versions of the stages of modules (`training/sft.py`), and of all they reach.

        It is the `code` of a rule whose script serves several.
        """
        reached = (stages_of(LIBRARY / "lahja" / name) for name in modules)
        return version(*{*map(stage_of, modules)}.union(*reached))

    def content(self, name: str) -> str:
        """Return the digest of a file or folder of the workflow, its README left out.

        Such a one is a parameter of a rule, not its input: a fresh clone's files are newer than
        results that were made before, and time stamps would rerun all of them.
        """
        path = self.checkout / name
        found = digest_of_folder(path, "README.md") if path.is_dir() else digest_of_file(path)
        return found[:16]

    def of(self, *keys: str, **values: Any) -> str:
        """Return the seed, keys (`data.max_words`) and values that results depend on, as JSON."""
        found = {
            key.split(".")[-1]: reduce(getitem, key.split("."), self.config)
            for key in ("seed", *keys)
        }
        return canonical_json(without_execution(found | values))

    @staticmethod
    def execution(settings: dict[str, Any]) -> str:
        """Return how fast and how often the work of a section is done."""
        return canonical_json(execution_only(settings))

    def resampling(self, **values: Any) -> str:
        """Return how intervals and tests resample, and further values."""
        return self.of("evaluation.resamples", "evaluation.confidence", **values)

    def left_out(self) -> dict[str, str]:
        """Return what tables and the report say of corpora left out; nothing if none is."""
        names, kept = self.config["corpora_left_out"], self.config["corpora_in_use"]
        told = f"Made without {len(names)} of {len(names) + len(kept)} corpora of the configuration"
        return {"left_out": f"{told}, whose files are absent: {', '.join(names)}."} if names else {}

    def licences(self) -> str:
        """Return the licences of corpora and, by their keys, of base models that packages hold."""
        names, corpora = self.config["corpora_in_use"], self.config["corpora"]
        found = {name: corpora[name]["licence"] for name in names}
        return canonical_json(found | dict.fromkeys(self.paths.gemma, TERMS))

    def run_digest(self) -> str:
        """Return the digest of all that the run's results depend on in the configuration."""
        return digest_of_text(canonical_json(without_execution(self.config)))[:16]

    def study_steps(self) -> str:
        """Return what each row of the study takes beyond its start, of its first seed."""
        if not (study := self.config["study"]):
            return "{}"
        (start, *_), rows = study["rows"][study["start"]], study["rows"].items()
        return canonical_json({row: self.paths.steps(own[0], start) for row, own in rows})

    def corpus(self, name: str) -> dict[str, Any]:
        """Return what a corpus's rows depend on: neither its licence nor its page."""
        return pick(self.config["corpora"][name], "reader", "access", "path", "options")

    def varieties(self, corpus: str | None = None) -> str:
        """Return what the files of the run's varieties hold, or of a corpus's varieties."""
        codes = [*self.config["dialects"], "msa", "eng"]
        if corpus is not None:
            codes = self.config["corpora"][corpus]["options"].get("varieties") or []
        return canonical_json({code: get_variety(code).facts for code in codes})

    def dataset(self, name: str, **values: Any) -> str:
        """Return the settings of a dataset, what is no script's business left out."""
        entry = self.config["datasets"][name]
        others = ("kind", "policy", "samples", "per_direction", "sources")
        if entry.get("variant") == "clean" and (silver := self._silver()):
            values |= {"silver": silver}
        return self.of(**{key: entry[key] for key in entry if key not in others}, **values)

    def _silver(self) -> dict[str, list[str]]:
        """Return the varieties of each corpus in use whose sides are silver, where any are."""
        found = {}
        for name in self.config["corpora_in_use"]:
            grades = self.config["corpora"][name].get("quality", {})
            if isinstance(grades, str):
                grades = dict.fromkeys([*self.config["dialects"], "msa", "eng"], grades)
            found[name] = [code for code, grade in grades.items() if grade == "silver"]
        return {name: codes for name, codes in found.items() if codes}

    def pairs(self, name: str) -> str:
        """Return how a dataset selects its pairs or samples: its gates and their limits too."""
        is_gated, is_ranked = self._judged_by(name)
        limits = {"limits": self.config["preferences"]["gates"]} if is_gated else {}
        return self.dataset(name, **limits, **(self.selecting if is_ranked else {}))

    def pairs_code(self, name: str) -> str:
        """Return the versions that pairs depend on: the paper's on no gate and no scorer."""
        is_gated, is_ranked = self._judged_by(name)
        gates = ["prompts", "text metrics", "gates"] if is_gated else []
        return version("draws", "pairs", *gates, *(["judges"] if is_ranked else []))

    def gold(self) -> dict[str, Any]:
        """Return the corpus that validation is read from, if it is."""
        name = self.config["preferences"].get("gold_corpus")
        return {"gold_corpus": name, "corpus": self.corpus(name)} if name else {}

    def validation_code(self) -> str:
        """Return the versions that validation depends on, which is on no gate."""
        return version("draws", "pairs", *(["corpora", "prompts"] if self.gold() else []))

    def rewarded(self, model: str) -> str:
        """Return which prompts a model answers in training, and how its answers are judged."""
        entry = self.config["datasets"][self.graph[model].dataset]
        limits = pick(self.config["preferences"]["gates"], "language", "echo", "repetition")
        own = {key: entry[key] for key in ("dialects",) if key in entry}
        return canonical_json(self.selecting | {"limits": limits} | own)

    def _judged_by(self, name: str) -> tuple[bool, bool]:
        """Return whether gates judge a dataset's pairs, and whether scorers do."""
        entry = self.config["datasets"][name]
        is_ranked = "per_direction" in entry
        return is_ranked or bool(entry.get("gates")), is_ranked

    def step(self, name: str) -> dict[str, Any]:
        """Return how a model is trained, or else decoded, its own departures included."""
        model = self.graph[name]
        common = self.config["training"] | pick(self.config["evaluation"], MBR) | {GREEDY: {}}
        return common[model.train or model.decoding] | model.settings

    def training(self, name: str) -> str:
        """Return how a model is trained, with the weights of a mixture that it learns from."""
        weights = self.config["datasets"][self.graph[name].dataset].get("of", {})
        own = {"weights": [weights[each] for each in self.graph.datasets(name)]} if weights else {}
        return self.of(**self.step(name), **own)

    def record(self, name: str) -> str:
        """Return what a model's folder says of how the model came about."""
        model = asdict(self.graph[name])
        merged = ("merge", "method", "density") if model["merge"] else ()
        return canonical_json(pick(model, "name", "parent", "train", "dataset", *merged))

    def merging(self, name: str) -> str:
        """Return how a model's adapters are merged, their weights in the order of the files."""
        model = self.graph[name]
        weights = [weight for own, weight in model.merge.items() if self.paths.adapter(own)]
        return self.of(weights=weights, method=model.method, density=model.density)

    def small_scorers(self, names: Iterable[str]) -> str:
        """Return how stand-ins of scorers, or of those that select, are trained."""
        scorers, seed = self.config["scorers"], pick(self.config, "seed")
        weight = pick(scorers, "label_weight")
        own = {
            name: seed | scorers[name]["settings"] | (weight if name.endswith("country") else {})
            for name in names
        }
        return canonical_json(without_execution(own))

    def gpus(self, backend: str) -> int:
        """Return how many GPUs a backend runs on."""
        return {"transformers": 1, "vllm": self.config["vllm"]["gpus"]}.get(backend, 0)

    def answering(self, model: str, **decoding: Any) -> str:
        """Return how a model of the graph answers, with departures from `decoding`."""
        backend = self.config["evaluation"]["backend"]
        return self._answering(model, backend, self.config["decoding"] | decoding)

    def drawn(self, policy: str, asked: str) -> list[str]:
        """Return the options by which a policy is sampled, for the dialects that learn from it."""
        entries = [e for e in self.config["datasets"].values() if e.get("policy") == policy]
        wanted = [code for entry in entries for code in entry.get("dialects", ())]
        own = sorted({*wanted}) if all("dialects" in entry for entry in entries) else []
        # Evaluation is greedy, and it is there that a model repeats itself: translations show it.
        greedy = ["--greedy-first"] * (asked != "prompts")
        return [*greedy, *(["--dialects", *own] if own else [])]

    def evaluated(self, model: str) -> str:
        """Return how a model answers in evaluation; without a temperature it is the model's own."""
        evaluation = self.config["evaluation"]
        own = {"lahja": "greedy", "al-qasida": "own"}[evaluation["protocol"]]
        way = self.graph[model].decoding or evaluation["decoding"] or own
        decoding = {"temperature": None if way == "own" else 0.0, "top_p": 1.0}
        decoding |= self.step(model) if self.graph[model].decoding else {}
        if model in evaluation.get("without_chat_template", ()):
            decoding["chat_template"] = False
        return self.answering(model, **decoding)

    def choosing(self, model: str) -> str:
        """Return how one of a model's samples is chosen by MBR."""
        step = self.step(model)
        weights = {"dialect_weight": step["dialect_weight"]}
        if weight := step.get("probability_weight"):
            weights["probability_weight"] = weight
        return canonical_json(self.selecting | weights)

    def generator(self, name: str) -> str:
        """Return how a generator answers, its departures from `decoding` included."""
        entry = self.config["generators"][name]
        extra = {}
        if entry["backend"] == "recorded":
            corpus = self.paths.corpus(entry["corpus"])
            extra = {"folders": [f"{corpus}/{folder}" for folder in entry["folders"]]}
        if self.is_server(name):
            extra = pick(entry, "model", "base_url", "request")
        return self._answering(name, entry["backend"], self.decoding(name), **extra)

    def decoding(self, generator: str) -> dict[str, Any]:
        """Return a generator's decoding, its departures included, or else a judge's."""
        is_judge = generator == self.config["evaluation"]["llm_judge"]
        own = self.config["generators"][generator]["decoding"]
        return self.config["decoding"] | (_JUDGE if is_judge else {}) | own

    def _answering(self, name: str, backend: str, decoding: dict[str, Any], **values: Any) -> str:
        sampling = pick(decoding, "temperature", "top_p", "max_new_tokens")
        sampling |= {"seed": self.config["seed"]}
        # Keys that change nothing are no part of a job's parameters, or of an answer's key.
        for key, none in NO_PENALTY.items():
            if (value := decoding.get(key)) not in (None, none):
                sampling[key] = value
        sampling |= {"with_probability": True} if decoding.get("probability_weight") else {}
        how = {"name": name, "backend": backend, "precision": decoding["precision"]}
        how |= {key: decoding[key] for key in ("chat_template",) if key in decoding}
        if text := decoding.get("system_prompt"):
            how["system_prompt"] = text
        return canonical_json(how | {"sampling": sampling} | values)

    def is_server(self, name: str) -> bool:
        """Return whether a generator is a server, which needs neither GPU nor core here."""
        return self.config["generators"][name]["backend"] == "openai"

    def server(self, name: str) -> str:
        """Return how a server is asked, which its answers do not depend on; `{}` for others."""
        if not self.is_server(name):
            return "{}"
        costs = f"{self.paths.state}/generations/{name}.costs.jsonl"
        return canonical_json(pick(self.config["generators"][name], *_SERVER) | {"costs": costs})

    def missing_keys(self, generators: Iterable[str]) -> list[str]:
        """Return the environment variables of servers' keys that are not set."""
        asked = filter(self.is_server, generators)
        keys = {self.config["generators"][name]["key"] for name in asked}
        return sorted(key for key in keys if key and not os.environ.get(key))
