"""AL-QASIDA's files: ready prompts, prompt templates, recorded answers of LLMs and their scores."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lahja.core.config.corpora import OutputOptions, RecordedPromptOptions, SeveralOptions
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.recorded import (
    ForeignFile,
    Output,
    is_known,
    parse_name,
    read_rows,
)
from lahja.corpora.readers.rows import (
    Prompt,
    Reject,
    find_files,
    name_within,
    read_records,
    wanted_varieties,
)

_TRANSLATION = re.compile(r"nor after it\.\n(.*)\nTranslation:", re.DOTALL)
# The request for a dialect, which stands at the start, in the middle or at the end of one prompt.
_REQUEST = re.compile(
    r"(?:please )?(?:(?:reply|respond|answer|write|written) in|in|using|use) \w+ arabic"
    r"(?: please)?",
    re.IGNORECASE,
)


def read_templates(path: Path) -> dict[str, list[str]]:
    """Return the prompt templates of `dial8.json` by dialect, each with one `{}` for a sentence.

    Dialects that are not ours are left out.
    """
    try:
        found = {code: own["all"] for code, own in read_json(path).items() if code in VARIETIES}
    except (AttributeError, LookupError, TypeError):
        raise LahjaError(f"{path}: expected {{dialect: {{'all': [templates]}}}}") from None
    for dialect, templates in found.items():
        for number, template in enumerate(templates, start=1):
            if not isinstance(template, str) or template.count("{}") != 1:
                raise LahjaError(f"{path}: {dialect} template {number} must hold one {{}}")
    return found


def read_prompts(path: Path, options: SeveralOptions) -> Iterator[Prompt | Reject]:
    """Yield AL-QASIDA's ready prompts, `<dialect>.csv` files of both tasks, dialect by name.

    `path` is such a file or a folder that holds them at any depth.
    """
    wanted = wanted_varieties(options.varieties)
    for file in (file for file in find_files(path, "**/*.csv") if file.stem in wanted):
        name = name_within(path, file)
        for row in read_records(file, name, ("prompt", "language", "source")):
            if isinstance(row, Reject):
                yield row
                continue
            line, fields = row
            # Only the cross-lingual files say where in the prompt the dialect is asked for.
            task = "crosslingual" if "location" in fields else "monolingual"
            yield Prompt(fields["prompt"], file.stem, task, fields["source"], name, line)


def read_recorded_prompts(path: Path, options: RecordedPromptOptions) -> Iterator[Prompt | Reject]:
    """Yield the prompts of recorded answers, which AL-QASIDA does not publish as files.

    Translation prompts are left out.
    """
    for item in read_outputs(path, options):
        if isinstance(item, Reject):
            yield item
        elif not item.prompt:
            yield Reject(item.file, item.line, "has no prompt", item.response)
        elif item.name.task != "translation" and _is_among(item.name.corpus, options.corpora):
            _, task, corpus, _, target = item.name
            yield Prompt(item.prompt, target, task, corpus, item.file, item.line)


def read_outputs(path: Path, options: OutputOptions) -> Iterator[Output | Reject]:
    """Yield the recorded answers of AL-QASIDA's `llm_outputs/<model>_<task>/*_samples.csv`.

    `path` is `llm_outputs`, one model's folder or one file; the option `varieties` restricts the
    target. A file of a folder that is not AL-QASIDA's is one reject.
    """
    wanted = wanted_varieties(options.varieties)
    for file in find_files(path, "*_samples.csv", "*/*_samples.csv"):
        try:
            name = parse_name(file)
            is_chosen = _is_among(name.model, options.generators)
            is_chosen = is_chosen and _is_among(name.task, options.tasks)
            if is_chosen and is_known(name) and name.target in wanted:
                yield from read_rows(file, name_within(path, file), name)
        except ForeignFile as error:
            if path.is_file():
                raise
            yield Reject(name_within(path, file), 0, str(error), "")


def _is_among(name: str, chosen: list[str] | None) -> bool:
    return chosen is None or name in chosen


def asked_text(prompt: str) -> str:
    """Return what a prompt of AL-QASIDA is about, the same in whatever dialect it is asked for."""
    match = _TRANSLATION.search(prompt)
    return match[1] if match else _REQUEST.sub("", prompt)


def teacher_scores(output: Output) -> dict[str, Any]:
    """Return a recorded answer to a request for dialect as a row of TEACHER_SCORES.

    Scores are None where AL-QASIDA wrote 0 without asking a scorer: the text was not found to be
    Arabic. `is_arabic` is None where no finding is recorded, or where the text was found to be
    too short. `group_id` binds the answers, of whatever system, to one source sentence or prompt:
    a row of one number answers the same in all files of a corpus. `asked` is that text.
    """
    scores = {key: score for key, score in output.scores.items() if not math.isnan(score)}
    found = None if scores.get("too_few_tokens") else scores.get("is_arabic")
    # A softmax is never 0.
    known = scores if scores.get("p_country", 0.0) > 0 else {}
    return {
        "text": output.response,
        "variety": output.name.target,
        "group_id": f"{output.name.corpus}:{output.number}",
        "asked": asked_text(output.prompt) or output.response,
        "file": output.file,
        "line": output.line,
        "is_arabic": None if found is None else bool(found),
        **{name: known.get(name) for name in ("aldi", "p_country", "p_region")},
        "countries": output.countries if known else None,
    }
