"""AL-QASIDA's files: ready prompts, prompt templates and recorded answers of LLMs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.readers.records import (
    Options,
    Output,
    Prompt,
    Reject,
    Sentence,
    check_options,
    wanted_varieties,
)
from lahja.readers.rows import Row, find_files, name_within, read_rows
from lahja.varieties import VARIETIES, get_variety

_TRANSLATION = re.compile(r"DialectMT_([A-Za-z]+)_([a-z]{3})_to_([a-z]{3})_samples")
_GENERATION = re.compile(r"DialectID_([A-Za-z]+)_([a-z]{3})_samples")
_TASKS = {"mt": "translation", "monolingual": "monolingual", "crosslingual": "crosslingual"}
# AL-QASIDA's columns of scores, which differ between files, under lahja's names.
_SCORES = {
    "dialectness": "aldi",
    "prob": "p_country",
    "dialectid_prob": "p_country",
    "macro_prob": "p_region",
    "score": "adi2",
    "dialectid_score": "adi2",
    "macro_score": "adi2_macro",
    "response_chrF": "chrf_plus_plus",
    "response_spBLEU": "spbleu",
    "acc": "is_arabic",
}


def read_templates(path: Path) -> dict[str, list[str]]:
    """Return the prompt templates of `dial8.json` by dialect, each with one `{}` for a sentence.

    Dialects that are not ours are left out.
    """
    found = read_json(path)
    shape = f"{path}: expected {{dialect: {{'all': [templates]}}}}"
    if not isinstance(found, dict):
        raise LahjaError(shape)
    templates = {}
    for dialect, kinds in found.items():
        if dialect not in VARIETIES:
            continue
        if not isinstance(kinds, dict) or not isinstance(kinds.get("all"), list):
            raise LahjaError(f"{shape}, at {dialect!r}")
        for number, template in enumerate(kinds["all"], start=1):
            if not isinstance(template, str) or template.count("{}") != 1:
                raise LahjaError(f"{path}: {dialect} template {number} must hold one {{}}")
        templates[dialect] = kinds["all"]
    return templates


def read_prompts(path: Path, options: Options) -> Iterator[Prompt | Reject]:
    """Yield AL-QASIDA's ready prompts, `<dialect>.csv` files of both tasks, dialect by name.

    `path` is such a file or a folder that holds them at any depth. Options: `varieties`.
    """
    check_options("al-qasida-prompts", options, "varieties")
    wanted = wanted_varieties(options)
    for file in find_files(path, "**/*.csv"):
        if file.stem not in wanted:
            continue
        name = name_within(path, file)
        for row in read_rows(file, name, ("prompt", "language", "source")):
            if isinstance(row, Reject):
                yield row
                continue
            # Only the cross-lingual files say where in the prompt the dialect is asked for.
            task = "crosslingual" if "location" in row.fields else "monolingual"
            source = row.fields["source"]
            yield Prompt(row.fields["prompt"], file.stem, task, source, name, row.line)


def read_outputs(path: Path, options: Options) -> Iterator[Output | Reject]:
    """Yield the recorded answers of AL-QASIDA's `llm_outputs/<model>_<task>/*_samples.csv`.

    `path` is `llm_outputs`, one model's folder or one file. Options: `generators` and `tasks`
    restrict to some; `varieties` restricts the target.
    """
    check_options("al-qasida-outputs", options, "generators", "tasks", "varieties")
    wanted = wanted_varieties(options)
    for file in find_files(path, "*_samples.csv", "*/*_samples.csv"):
        about = _about(file)
        if about["target_variety"] not in wanted or not _is_chosen(about, options):
            continue
        name = name_within(path, file)
        for row in read_rows(file, name, ("generations",)):
            yield row if isinstance(row, Reject) else _output(file, name, row, about)


def read_dialectness(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield recorded answers with the dialectness that the Sentence-ALDi model gave them.

    Only answers that were scored: asked for in a dialect, and found to be Arabic. Options as for
    `read_outputs`.
    """
    for output in read_outputs(path, options):
        if isinstance(output, Reject):
            yield output
            continue
        target, scores = get_variety(output.target_variety), output.scores
        if target.is_dialect and scores.get("is_arabic", 1) and "aldi" in scores:
            group = f"{output.file}:{output.line}"
            yield Sentence(
                output.generation,
                target.code,
                group,
                output.file,
                output.line,
                split="train",
                aldi=scores["aldi"],
            )


def _is_chosen(about: dict[str, Any], options: Options) -> bool:
    return all(
        about[key] in options[option]
        for key, option in (("generator", "generators"), ("task", "tasks"))
        if option in options
    )


def _about(file: Path) -> dict[str, Any]:
    generator, _, task = file.resolve().parent.name.rpartition("_")
    if not generator or task not in _TASKS:
        raise LahjaError(f"{file}: expected a folder <model>_mt, _monolingual or _crosslingual")
    about = {"generator": generator, "task": _TASKS[task]}
    if match := _TRANSLATION.fullmatch(file.stem):
        corpus, source, target = match.groups()
        get_variety(source)
    elif match := _GENERATION.fullmatch(file.stem):
        (corpus, target), source = match.groups(), None
    else:
        raise LahjaError(f"{file}: expected DialectMT_… or DialectID_…_samples.csv")
    get_variety(target)
    return about | {"corpus": corpus, "source_variety": source, "target_variety": target}


def _output(file: Path, name: str, row: Row, about: dict[str, Any]) -> Output | Reject:
    fields = row.fields
    try:
        if "_raw_turns" in fields:
            turns = ast.literal_eval(fields["_raw_turns"])
            prompt = turns[0]["content"][0]["text"]
            (generation,) = ast.literal_eval(fields["generations"])
        elif "prompts" in fields:
            # Llama's files hold bare strings.
            prompt, generation = fields["prompts"], fields["generations"]
        else:
            raise LahjaError(f"{file}: lacks the column '_raw_turns' or 'prompts'")
        reasons = fields.get("finish_reasons", "None")
        reason = ast.literal_eval(reasons)[0] if reasons not in ("None", "", "nan") else None
    except (ValueError, SyntaxError, LookupError, TypeError) as error:
        return Reject(name, row.line, f"not a Python literal ({error})", fields["generations"])
    reference = fields.get("completion")
    return Output(
        prompt=prompt,
        generation=generation,
        finish_reason=str(reason).lower() if reason else None,
        reference=None if reference in (None, "", "None") else reference,
        file=name,
        line=row.line,
        scores=_scores(fields),
        **about,
    )


def _scores(fields: dict[str, str]) -> dict[str, float]:
    found = {}
    for column, name in _SCORES.items():
        try:
            found[name] = float(fields[column])
        except (KeyError, ValueError):
            continue
    return found
