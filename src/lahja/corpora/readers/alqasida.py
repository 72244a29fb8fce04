"""AL-QASIDA's files: ready prompts, prompt templates, recorded answers of LLMs and their scores.

Columns of answers differ between models and tasks: GPT-4o's and Command's files hold Python
literals, Llama's bare strings; the same score is `score` in one file and `dialectid_score` in
another. The published files are called `…_eng_to_egy…` and hold `generations`; its evaluator writes
`…_eng-egy…`, and `text`. A file's columns say how it is read, whatever its name.
"""

import ast
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lahja.core.config import corpora as options_of
from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers import rows
from lahja.corpora.readers.rows import Prompt, Reject, cell_number

SAMPLES, METRICS = "_samples.csv", "_metrics.csv"
_ENDING = re.compile(f"(?:{SAMPLES}|{METRICS}|[.]csv)$")
# AL-QASIDA's columns of scores under lahja's names; a file has one for each.
SCORE_COLUMNS = {
    "dialectness": "aldi",
    "prob": "p_country", "dialectid_prob": "p_country", "macro_prob": "p_region",
    "score": "adi2", "dialectid_score": "adi2", "macro_score": "adi2_macro",
    "response_chrF": "chrf_plus_plus", "response_spBLEU": "spbleu",
    "acc": "is_arabic", "lid_acc": "is_arabic", "too_few_tokens": "too_few_tokens",
}  # fmt: skip
# Corpus scores of `_metrics.csv`, there on a scale of 0 to 1. What is called chrF is chrF++ in the
# published files and chrF2 where the evaluator wrote it.
CORPUS_COLUMNS = {"SpBLEU_corpus_score": "spbleu", "ChrF_corpus_score": "chrf_plus_plus"}
_ADJECTIVES = (
    "Algerian Bahrani Egyptian Iraqi Jordanian Kuwaiti Lebanese Libyan Moroccan Omani Palestinian "
    "Qatari Saudi Sudanese Syrian Tunisian Emirati Yemeni"
)
COUNTRY_COLUMNS = [f"prob_{adjective}_Arabic" for adjective in _ADJECTIVES.split()]
"""The columns of all country probabilities, in the order of NADI_COUNTRIES."""

_TRANSLATION = re.compile(r"DialectMT_([^_]+)_([a-z]{2,3})(?:_to_|-)([a-z]{2,3})")
_GENERATION = re.compile(r"DialectID_([^_]+)_([a-z]{2,3})")
_TASK_FOLDERS = {"mt": "translation", "monolingual": "monolingual", "crosslingual": "crosslingual"}
_NOT_GIVEN = ("", "None", "nan")
# The parser of literals calls what nests too deeply a lack of memory.
_NO_LITERAL = (ValueError, SyntaxError, LookupError, TypeError, RecursionError, MemoryError)
_COLUMNS = ("line", "prompt", "response", "reference", "finish_reason", "countries")
# A question with its answer in a few-shot prefix, which ends with the mark of the next question.
_SHOT = re.compile(r"Q: (.*?)\nA: (.*?)\s*(?=\nQ: |\Z)", re.DOTALL)


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


def read_few_shot(path: Path) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Return the questions and answers of `5shot_prefixes.json` by task and dialect.

    Where it has none for cross-lingual prompts, they have the monolingual ones, as in AL-QASIDA's
    recorded answers of Command R+.
    """
    try:
        found = {
            task: {dialect: _SHOT.findall(prefix) for dialect, prefix in own.items()}
            for task, own in read_json(path).items()
        }
    except (AttributeError, TypeError):
        raise LahjaError(f"{path}: expected {{task: {{dialect: 'Q: …\\nA: …'}}}}") from None
    shared = found.get("monolingual", {})
    return {task: found.get(task, shared) for task in ("monolingual", "crosslingual")}


def read_prompts(path: Path, options: options_of.SeveralOptions) -> Iterator[Prompt | Reject]:
    """Yield AL-QASIDA's ready prompts, `<dialect>.csv` files of both tasks, dialect by name.

    `path` is such a file or a folder that holds them at any depth.
    """
    wanted = VARIETIES if options.varieties is None else options.varieties
    for file in (file for file in rows.find_files(path, "**/*.csv") if file.stem in wanted):
        name = rows.name_within(path, file)
        for item in rows.read_records(file, name, ("prompt", "language", "source")):
            if isinstance(item, Reject):
                yield item
            else:
                # Only the cross-lingual files say where in the prompt the dialect is asked for.
                task = "crosslingual" if "location" in item[1] else "monolingual"
                yield Prompt(item[1]["prompt"], file.stem, task, item[1]["source"])


def read_gold(path: Path, options: options_of.GoldOptions) -> Iterator[Prompt | Reject]:
    """Yield the NUS-IDS team's validation prompts, of all AL-QASIDA's tasks, with their answers."""
    for dialect, name in options.files.items():
        for item in rows.read_records(path / name, name, ("prompt", "label")):
            if isinstance(item, Reject):
                yield item
            else:
                yield Prompt(item[1]["prompt"], dialect, "validation", name, item[1]["label"])


class OutputsName(NamedTuple):
    """What the name of a file of outputs holds; variety codes may be of dialects not ours."""

    model: str
    task: str  #: `translation`, `monolingual` or `crosslingual`.
    corpus: str
    source: str | None
    target: str

    @property
    def is_into_dialect(self) -> bool:
        """Whether the outputs should be in a dialect."""
        return self.target not in ("eng", "msa", "en")

    @property
    def is_known(self) -> bool:
        """Whether all varieties of the outputs are lahja's."""
        return self.target in VARIETIES and (self.source is None or self.source in VARIETIES)


class Output(NamedTuple):
    """One recorded answer of a language model."""

    name: OutputsName
    file: str
    line: int
    number: int  #: Of its row within the file, from 1.
    prompt: str  #: Empty where the file has none.
    response: str
    reference: str | None
    finish_reason: str | None  #: `stop`, `length` …, in lower case; None where the file has none.
    countries: list[float] | None  #: Probabilities of all NADI_COUNTRIES.
    scores: dict[str, float]  #: Those that the file records, by lahja's names; NaN where empty.


class ForeignFile(LahjaError):
    """A file that is not of AL-QASIDA's outputs, by its name or by its columns."""


class RecordedFile(NamedTuple):
    """One file of outputs, called `shown`, which is its path without the ending.

    `rows` is a frame of `_COLUMNS` and a column of floats for each score that is recorded, NaN
    where it is empty; None where only the summary, that of `_metrics.csv`, was published.
    """

    shown: str
    name: OutputsName
    rows: pd.DataFrame | None
    summary: dict[str, float] | None


def parse_name(file: Path) -> OutputsName:
    """Return what `<model>_<task>/DialectMT_<corpus>_<source>_to_<target>_samples.csv` holds.

    A folder not of this form stands for the model, and the task then follows from the file.
    """
    stem, folder = _ENDING.sub("", file.name), file.resolve().parent.name
    model, _, task = folder.rpartition("_")
    if task not in _TASK_FOLDERS:
        model = folder
    if match := _TRANSLATION.fullmatch(stem):
        return OutputsName(model, "translation", *match.groups())
    if match := _GENERATION.fullmatch(stem):
        corpus, target = match.groups()
        kind = "crosslingual" if corpus in ("Cohere", "Okapi", "ShareGPT") else "monolingual"
        return OutputsName(model, _TASK_FOLDERS.get(task, kind), corpus, None, target)
    told = f"DialectMT_<corpus>_<source>_to_<target> or DialectID_<corpus>_<target>{SAMPLES}"
    raise ForeignFile(f"{file}: expected {told}")


def read_folder(folder: Path) -> Iterator[RecordedFile | Reject]:
    """Yield all outputs below a folder, sorted by path, and a reject for each file that is not one.

    AL-QASIDA's own `summary_metrics.csv`, averages over the others, is passed over. Raises
    `LahjaError` for a faulty row, and where there are no outputs at all.
    """
    if not folder.is_dir():
        raise LahjaError(f"{folder}: no such folder")
    files = [file for file in folder.rglob("*.csv") if file.name != f"summary{METRICS}"]
    n_read, reasons = 0, []
    for stem, file in sorted({f.with_name(_ENDING.sub("", f.name)): f for f in files}.items()):
        shown, parts = stem.relative_to(folder).as_posix(), []
        for ending, read in ((SAMPLES, _frame), (METRICS, _summary)):
            place, part = stem.with_name(stem.name + ending), None
            try:
                name = parse_name(file)
                part = read(place, name) if place.is_file() else None
            except ForeignFile as error:
                # A name that is foreign is so for both parts.
                if str(error) not in reasons:
                    reasons.append(str(error))
                    yield Reject(shown, 0, str(error), "")
            parts.append(part)
        if any(part is not None for part in parts):
            n_read += 1
            yield RecordedFile(shown, name, *parts)
    if not n_read:
        told = f": {reasons[0]}" if reasons else f" (Dialect…{SAMPLES})"
        raise LahjaError(f"{folder}: holds no outputs of AL-QASIDA{told}")


def _frame(samples: Path, name: OutputsName) -> pd.DataFrame:
    found = []
    for item in _outputs(samples, samples.name, name):
        if isinstance(item, Reject):
            raise LahjaError(f"{samples}:{item.line}: {item.reason}")
        found.append({key: getattr(item, key) for key in _COLUMNS} | item.scores)
    if not found:
        raise ForeignFile(f"{samples}: has no rows")
    return pd.DataFrame(found)


def _summary(file: Path, _: OutputsName) -> dict[str, float]:
    found = [item[1] for item in rows.read_records(file, file.name) if not isinstance(item, Reject)]
    if len(found) != 1 or not (SCORE_COLUMNS | CORPUS_COLUMNS).keys() & found[0].keys():
        raise ForeignFile(f"{file}: expected one row of metrics ({', '.join(CORPUS_COLUMNS)} …)")
    numbers = {column: cell_number(text) for column, text in found[0].items()}
    return {column: value for column, value in numbers.items() if not math.isnan(value)}


def read_outputs(path: Path, options: options_of.OutputOptions) -> Iterator[Output | Reject]:
    """Yield the recorded answers of AL-QASIDA's `llm_outputs/<model>_<task>/*_samples.csv`.

    `path` is `llm_outputs`, one model's folder or one file; the option `varieties` restricts the
    target. A file of a folder that is not AL-QASIDA's is one reject.
    """
    chosen = options.generators, options.tasks, options.varieties
    for file in rows.find_files(path, f"*{SAMPLES}", f"*/*{SAMPLES}"):
        try:
            name = parse_name(file)
            own = zip((name.model, name.task, name.target), chosen, strict=True)
            if name.is_known and all(names is None or one in names for one, names in own):
                yield from _outputs(file, rows.name_within(path, file), name)
        except ForeignFile as error:
            if path.is_file():
                raise
            yield Reject(rows.name_within(path, file), 0, str(error), "")


def _outputs(file: Path, shown: str, name: OutputsName) -> Iterator[Output | Reject]:
    """Yield the answers of one file of any layout; `shown` is what the file is called."""
    for number, item in enumerate(rows.read_records(file, shown), start=1):
        if isinstance(item, Reject):
            yield item
            continue
        line, fields = item
        # The answer's column in the published files and in the evaluator's.
        if not {"generations", "text"} & fields.keys():
            told = f"lacks the column 'generations' or 'text', found {', '.join(fields)}"
            raise ForeignFile(f"{file}: {told}")
        countries = [cell_number(fields.get(column, "")) for column in COUNTRY_COLUMNS]
        known = None if any(map(math.isnan, countries)) else countries
        scores = {ours: cell_number(fields[c]) for c, ours in SCORE_COLUMNS.items() if c in fields}
        try:
            yield Output(name, shown, line, number, *_texts(fields), known, scores)
        except _NO_LITERAL as error:
            reason = f"not a Python literal ({error})"
            yield Reject(shown, line, reason, fields.get("generations", ""))


def _texts(fields: dict[str, str]) -> tuple[str, str, str | None, str | None]:
    """Return prompt, response, reference and finish reason."""
    # The evaluator's files and Llama's hold bare strings.
    response, prompt = fields.get("generations", fields.get("text")), fields.get("prompts", "")
    if "_raw_turns" in fields:
        # Few-shot examples are turns that go before.
        prompt = ast.literal_eval(fields["_raw_turns"])[-1]["content"][0]["text"]
        (response,) = ast.literal_eval(fields["generations"])
    reference, reasons = fields.get("completion", ""), fields.get("finish_reasons", "")
    reason = ast.literal_eval(reasons)[0] if reasons not in _NOT_GIVEN else None
    known = None if reference in _NOT_GIVEN else reference
    return prompt, response, known, str(reason).lower() if reason else None


def read_recorded_prompts(
    path: Path, options: options_of.RecordedPromptOptions
) -> Iterator[Prompt | Reject]:
    """Yield the prompts of recorded answers, which AL-QASIDA does not publish as files.

    Translation prompts are left out.
    """
    chosen = options.corpora
    for item in read_outputs(path, options):
        if isinstance(item, Reject):
            yield item
        elif not item.prompt:
            yield Reject(item.file, item.line, "has no prompt", item.response)
        elif item.name.task != "translation" and (chosen is None or item.name.corpus in chosen):
            yield Prompt(item.prompt, item.name.target, item.name.task, item.name.corpus)
