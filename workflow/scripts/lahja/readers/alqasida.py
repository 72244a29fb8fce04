"""AL-QASIDA's files: ready prompts, prompt templates and recorded answers of LLMs."""

import math
from collections.abc import Iterator
from pathlib import Path

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.readers.recorded import (
    OutputsName,
    is_known,
    parse_name,
    parse_scores,
    parse_texts,
)
from lahja.readers.records import (
    Options,
    Output,
    Prompt,
    Reject,
    check_options,
    wanted_varieties,
)
from lahja.readers.rows import Row, find_files, name_within, read_rows
from lahja.varieties import VARIETIES

_OUTPUT_OPTIONS = ("generators", "tasks", "varieties")


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


def read_recorded_prompts(path: Path, options: Options) -> Iterator[Prompt | Reject]:
    """Yield the prompts of recorded answers, which AL-QASIDA does not publish as files.

    Translation prompts are left out. Options: as for `read_outputs`, and `corpora` restricts to
    prompts made from some.
    """
    check_options("al-qasida-recorded-prompts", options, *_OUTPUT_OPTIONS, "corpora")
    chosen = {name: value for name, value in options.items() if name in _OUTPUT_OPTIONS}
    for output in read_outputs(path, chosen):
        if isinstance(output, Reject):
            yield output
        elif output.task != "translation" and output.corpus in options.get(
            "corpora", [output.corpus]
        ):
            yield Prompt(
                output.prompt, output.target_variety, output.task, output.corpus,
                output.file, output.line,
            )  # fmt: skip


def read_outputs(path: Path, options: Options) -> Iterator[Output | Reject]:
    """Yield the recorded answers of AL-QASIDA's `llm_outputs/<model>_<task>/*_samples.csv`.

    `path` is `llm_outputs`, one model's folder or one file. Options: `generators` and `tasks`
    restrict to some; `varieties` restricts the target.
    """
    check_options("al-qasida-outputs", options, *_OUTPUT_OPTIONS)
    wanted = wanted_varieties(options)
    for file in find_files(path, "*_samples.csv", "*/*_samples.csv"):
        name = parse_name(file)
        if not is_known(name) or name.target not in wanted or not _is_chosen(name, options):
            continue
        shown = name_within(path, file)
        for row in read_rows(file, shown, ("generations",)):
            yield row if isinstance(row, Reject) else _output(shown, row, name)


def _is_chosen(name: OutputsName, options: Options) -> bool:
    return name.model in options.get("generators", [name.model]) and name.task in options.get(
        "tasks", [name.task]
    )


def _output(file: str, row: Row, name: OutputsName) -> Output | Reject:
    try:
        texts = parse_texts(row.fields)
    except (ValueError, SyntaxError, LookupError, TypeError) as error:
        reason = f"not a Python literal ({error})"
        return Reject(file, row.line, reason, row.fields["generations"])
    found = parse_scores(row.fields)
    scores = {
        key: value
        for key, value in found.items()
        if isinstance(value, float) and not math.isnan(value)
    }
    return Output(
        prompt=texts["prompt"],
        generation=texts["response"],
        finish_reason=texts["finish_reason"],
        reference=texts["reference"],
        file=file,
        line=row.line,
        scores=scores,
        generator=name.model,
        task=name.task,
        corpus=name.corpus,
        source_variety=name.source,
        target_variety=name.target,
        countries=tuple(found["countries"]) if found["countries"] else None,
    )
