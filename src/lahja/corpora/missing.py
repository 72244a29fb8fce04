"""Runs without the corpora whose files are absent, where the configuration asks for that."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.varieties import OTHER, VARIETIES
from lahja.corpora.retrieval import missing_files

# What readers without options that tell it can read.
_READS = {"doda": {"mar", "eng"}, "iwslt": {"syr", "eng"}, "dial2msa": {"egy", "msa"}}


def leave_out_missing(config: dict[str, Any], started: Path | None = None) -> dict[str, Any]:
    """Return a resolved configuration without absent corpora, listed in `corpora_left_out`.

    It is the same where `missing_corpora` is `stop`. `started` is the configuration of the run's
    start, whose decision stands. Raises `LahjaError` where nothing would be left of a role, of what
    is evaluated or asked, or of a variety that is trained.
    """
    if config["missing_corpora"] == "stop":
        return config
    corpora, folder = config["corpora"], Path(config["corpora_dir"])
    absent = [n for n in config["corpora_in_use"] if missing_files(n, corpora[n], folder)]
    if started is not None:
        absent = read_json(started)["corpora_left_out"]
    for key, names in _needed(config):
        if names and {*absent} >= {*names}:
            told = f"{', '.join(names)} are absent (`lahja check` tells how to get them)"
            raise LahjaError(f"missing_corpora: leave-out leaves nothing of {key}: {told}")
    evaluation, left_out = config["evaluation"], config["corpora_left_out"]
    kept = {key: _without(evaluation[key], absent) for key in ("translation", "prompts")}
    return config | {
        "corpora_in_use": _without(config["corpora_in_use"], absent),
        "corpora_left_out": [*left_out, *_without(absent, left_out)],
        "evaluation": evaluation | kept,
    }


def _without(names: list[str], absent: list[str]) -> list[str]:
    return [name for name in names if name not in absent]


def _needed(config: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield what a run cannot be without, each with the corpora that give it."""
    corpora = {name: config["corpora"][name] for name in config["corpora_in_use"]}
    for key in ("translation", "prompts"):
        yield f"evaluation.{key}", config["evaluation"][key]
    yield "prompts.templates", [config["prompts"]["templates"]]
    yield "preferences.gold_corpus", [*filter(None, [config["preferences"].get("gold_corpus")])]
    yield "evaluation.few_shot", [*filter(None, [config["evaluation"]["few_shot"]["corpus"]])]
    for name, entry in config["generators"].items():
        if entry["backend"] == "recorded":
            yield f"generators.{name}.corpus", [entry["corpus"]]
    for role in dict.fromkeys(corpus["role"] for corpus in corpora.values()):
        yield f"the corpora of role {role}", [n for n, c in corpora.items() if c["role"] == role]
    trained = {name: _varieties(c) for name, c in corpora.items() if c["role"] == "train"}
    for code in (*config["dialects"], "msa"):
        yield f"the corpora that train {code}", [n for n, own in trained.items() if code in own]


def _varieties(corpus: dict[str, Any]) -> set[str]:
    """Return the varieties that a corpus's rows can be of, as far as its entry tells."""
    options = corpus["options"]
    told = [options.get("variety"), *(options.get("labels") or {}).values()]
    for key in ("columns", "files"):
        told += options[key] if isinstance(options.get(key), dict) else []
    own = _READS.get(corpus["reader"]) or {OTHER, *VARIETIES} & {*told}
    return {*own} or {*(options.get("varieties") or VARIETIES)}
