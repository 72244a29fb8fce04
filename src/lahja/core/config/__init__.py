"""The configuration: what each key is, its default, its checks, and the merging of files.

Sections are pydantic models, the one source of every key's type, default and meaning (its `#:`
comment); `make docs` writes them out for editors and readers.
"""

from collections.abc import Collection, Iterator
from os.path import expanduser
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator

from lahja.core.config.base import Catalogue, Name, Names, Natural, OneOrMore, Plain, Section, parse
from lahja.core.config.corpora import READER_OPTIONS, Corpus, Data, SeveralOptions
from lahja.core.config.datasets import Dataset
from lahja.core.config.evaluation import Evaluation, Preferences, Study
from lahja.core.config.generation import NO_PENALTY, Decoding, Generator, Prompts, Sampling, Vllm
from lahja.core.config.scorers import Nllb, Scorers
from lahja.core.config.training import AnyModel, Training, write_out_iterations
from lahja.core.errors import LahjaError, hint
from lahja.core.files import read_json, read_yaml
from lahja.core.model_graph import ModelGraph
from lahja.core.varieties import VARIETIES, dialects_among


class Config(Section):
    """Every key of config/*.yaml, with its type, default and meaning."""

    #: Name of the run; its results lie under `results/<run>/`.
    run: Name
    seed: Natural = 42  #: Seed of everything random.
    #: What this run uses in place of the paper's parts; the report says so beside every number.
    stand_ins: list[str] = []
    private: bool = False  #: Whether what the run writes can be read by its owner alone.
    #: Folder that the corpora's paths are relative to.
    corpora_dir: Annotated[str, AfterValidator(expanduser)] = "corpora"
    #: File that keeps the commit which each hub name was resolved to at its first download.
    hub_lock: Plain = "config/hub.lock.json"
    #: The dialects to train for and to evaluate.
    dialects: OneOrMore = ["egy", "mar", "pse", "sau", "syr"]
    corpora: Catalogue[Corpus]  #: Catalogue of corpora, by name; `null` removes one.
    corpora_in_use: OneOrMore  #: The corpora of this run, by their names in `corpora`.
    #: What becomes of a run where files of a corpus of access `local` or `manual` are absent: it
    #: stops, or leaves the corpus out and says so in the report.
    missing_corpora: Literal["stop", "leave-out"] = "stop"
    corpora_left_out: Names = []  #: The corpora that a run left out; it fills this in by itself.
    data: Data = {}
    scorers: Scorers = {}
    nllb: Nllb = {}
    datasets: Catalogue[Dataset]  #: What training steps learn from, by name; `null` removes one.
    #: The graph of models; each is a checkpoint, another model plus one training step, or made of
    #: several models. `null` removes one.
    models: Catalogue[AnyModel]
    training: Training = {}
    sampling: Sampling = {}
    prompts: Prompts = {}
    generators: Catalogue[Generator] = {}  #: The LLMs that answer the prompts; `null` removes one.
    decoding: Decoding = {}
    vllm: Vllm = {}
    preferences: Preferences = {}  #: From responses to pairs (paper, section 2, steps 3 and 4).
    evaluation: Evaluation = {}
    study: Study | None = None


def resolve(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with every default filled in, checked through and through.

    An entry of a catalogue (corpora, datasets, models, generators) that is null is removed.
    Raises `LahjaError` in one line that names the key at fault by its whole path.
    """
    resolved = parse(Config, dict(config)).model_dump(by_alias=True)
    _fill_in_dialects(resolved)
    write_out_iterations(resolved)
    _check_references(resolved)
    return resolved


def read_recorded(path: Path) -> dict[str, Any]:
    """Return the configuration that a run recorded, resolved.

    Raises `LahjaError` naming the file and the key that another version of lahja called otherwise.
    """
    # In YAML, 5e-06 would be text.
    recorded = (read_json if path.suffix == ".json" else read_yaml)(path)
    try:
        return resolve(recorded)
    except LahjaError as error:
        raise LahjaError(f"{path}: {error}; another version of lahja wrote this file") from None


def _fill_in_dialects(config: dict[str, Any]) -> None:
    """Fill in what follows from the dialects where the configuration does not say it."""
    dialects = config["dialects"]
    for entry in config["corpora"].values():
        is_of_several = issubclass(READER_OPTIONS[entry["reader"]], SeveralOptions)
        if is_of_several and entry["options"].get("varieties") is None:
            entry["options"]["varieties"] = [*dialects, "msa", "eng"]
    for entry in config["datasets"].values():
        if entry["kind"] in ("classification", "text") and entry["varieties"] is None:
            entry["varieties"] = dialects + ["msa"] * (entry["kind"] == "classification")
    sampling = config["sampling"]
    if isinstance(sampling["per_dialect"], int):
        sampling["per_dialect"] = dict.fromkeys(dialects, sampling["per_dialect"])


def _check_references(config: dict[str, Any]) -> None:
    """Raise `LahjaError` for a name that is not defined, or a key that does not fit the others."""
    ModelGraph(config["models"], config["datasets"])
    for key, name, known in _references(config):
        if name not in known:
            raise LahjaError(f"{key}: {name!r} is not defined; {hint(name, known)}")
    for name, generator in config["generators"].items():
        is_judge = name == config["evaluation"]["llm_judge"]
        decoding = ({} if is_judge else config["decoding"]) | generator["decoding"]
        for key, none in NO_PENALTY.items():
            if generator["backend"] == "openai" and decoding.get(key, none) != none:
                told = f"expected {none}, which is none; a server's own penalties go into `request`"
                raise LahjaError(f"generators.{name}.decoding.{key}: {told}")
    for name, model in config["models"].items():
        key = f"models.{name}.settings"
        step = config["training"].get(model["train"], {}) | model["settings"]
        if step.get("sft_weight") is not None and step["objective"] != "sigmoid+sft":
            told = f"the objective {step['objective']} has no SFT term"
            raise LahjaError(f"{key}.sft_weight: {told}")
        if model["train"] == "grpo":
            answers = step["batch"] * step["accumulation"] * step["generations"]
            if answers % step["gpu"]:
                told = f"expected a divisor of an update's {answers} answers, not {step['gpu']}"
                raise LahjaError(f"{key}.gpu: {told}")
        if model["train"] == "pretrain" and step["hidden"] % step["heads"]:
            told = f"expected a divisor of hidden, {step['hidden']}, not {step['heads']}"
            raise LahjaError(f"{key}.heads: {told}")
        _check_route(f"models.{name}.route", model.get("route", ()), config)


def _check_route(key: str, models: Collection[str], config: dict[str, Any]) -> None:
    """Raise `LahjaError` where there is nothing to choose by: on validation, by the answers."""
    if models and not config["evaluation"]["validation_translation"]:
        told = "set evaluation.validation_translation, the translations that it is chosen on"
        raise LahjaError(f"{key}: {told}")
    for name in models:
        dataset = config["datasets"].get(config["models"][name]["on"], {})
        if not config["models"][name]["evaluate"] or dataset.get("kind") == "classification":
            raise LahjaError(f"{key}: {name} is not evaluated; expected models that are")


def _references(config: dict[str, Any]) -> Iterator[tuple[str, str, Collection[str]]]:
    corpora, in_use = config["corpora"], config["corpora_in_use"]
    # A way of decoding and a route are evaluated, and do nothing else.
    entries = config["models"].items()
    models = [name for name, own in entries if not (own["decoding"] or own.get("route"))]
    evaluated = [name for name, own in entries if own["evaluate"]]
    evaluation, prompts, preferences = (
        config[section] for section in ("evaluation", "prompts", "preferences")
    )
    plain = evaluation.get("without_chat_template", ())
    servers = [n for n, entry in config["generators"].items() if entry["backend"] == "openai"]
    answering = [name for name in config["generators"] if name != evaluation["llm_judge"]]
    for key, names, known in (
        ("dialects", config["dialects"], dialects_among(VARIETIES)),
        ("sampling.per_dialect", config["dialects"], config["sampling"]["per_dialect"]),
        ("corpora_in_use", in_use, corpora),
        ("prompts.templates", [prompts["templates"]], in_use),
        ("prompts.template_kinds", prompts["template_kinds"], config["sampling"]["kinds"]),
        ("preferences.classifier", [preferences["classifier"]], models),
        ("preferences.translator", [preferences["translator"]], models),
        ("preferences.gold_generator", [preferences["gold_generator"]], answering),
        ("preferences.gold_corpus", filter(None, [preferences.get("gold_corpus")]), in_use),
        ("evaluation.llm_judge", filter(None, [evaluation["llm_judge"]]), servers),
        ("evaluation.zero_shot", evaluation["zero_shot"], models),
        ("evaluation.prompts", evaluation["prompts"], in_use),
        ("evaluation.few_shot.corpus", filter(None, [evaluation["few_shot"]["corpus"]]), in_use),
        ("evaluation.translation", evaluation["translation"], in_use),
        ("evaluation.human.models", evaluation["human"]["models"], evaluated),
        ("evaluation.without_chat_template", plain, evaluated),
    ):
        yield from ((key, name, known) for name in names)
    for name, dataset in config["datasets"].items():
        for code in dataset.get("dialects", ()):
            yield f"datasets.{name}.dialects", code, config["dialects"]
    for name, generator in config["generators"].items():
        if generator["backend"] in ("transformers", "vllm"):
            yield f"generators.{name}.model", generator.get("model", ""), models
        if generator["backend"] == "recorded":
            yield f"generators.{name}.corpus", generator.get("corpus", ""), in_use
    if study := config["study"]:
        for row, own in study["rows"].items():
            yield from ((f"study.rows.{row}", name, evaluated) for name in own)
        roles = {key: study[key] for key in ("start", "baseline", "recipe", "mbr") if key in study}
        named = [*roles.items(), *(("labelled", name) for name in study.get("labelled", []))]
        yield from ((f"study.{key}", name, study["rows"]) for key, name in named)


def merge_config(paths: list[Path], overrides: list[str]) -> dict[str, Any]:
    """Return configuration files merged as by Snakemake, `key=value` pairs the last."""
    from snakemake.utils import update_config

    merged: dict[str, Any] = {}
    for path in paths:
        update_config(merged, read_yaml(path) or {})
    for pair in overrides:
        key, equals, value = pair.partition("=")
        if not equals:
            raise LahjaError(f"--config {pair}: expected key=value")
        update_config(merged, {key: yaml.safe_load(value)})
    return merged
