"""Read AL-QASIDA's output files, `<model>_<task>/…_samples.csv` with `…_metrics.csv` beside them.

Columns differ between models and tasks: GPT-4o's and Command's files hold Python literals, Llama's
bare strings; the same score is `score` in one file and `dialectid_score` in another. The published
files are called `…_eng_to_egy…` and hold `generations`; its evaluator writes `…_eng-egy…`, and
`text`. A file's columns say how it is read, whatever its name.
"""

import ast
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.varieties import NADI_COUNTRIES, VARIETIES
from lahja.corpora.readers.rows import Reject, read_records

SAMPLES = "_samples.csv"
METRICS = "_metrics.csv"

# AL-QASIDA's columns of scores under lahja's names; a file has one of each line.
SCORE_COLUMNS = {
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
    "lid_acc": "is_arabic",
    "too_few_tokens": "too_few_tokens",
}
# Corpus scores of `_metrics.csv`, there on a scale of 0 to 1. What is called chrF is chrF++ in the
# published files and chrF2 where the evaluator wrote it.
CORPUS_COLUMNS = {"SpBLEU_corpus_score": "spbleu", "ChrF_corpus_score": "chrf_plus_plus"}
_COUNTRY_ADJECTIVES = {
    "Algeria": "Algerian", "Bahrain": "Bahrani", "Egypt": "Egyptian", "Iraq": "Iraqi",
    "Jordan": "Jordanian", "Kuwait": "Kuwaiti", "Lebanon": "Lebanese", "Libya": "Libyan",
    "Morocco": "Moroccan", "Oman": "Omani", "Palestine": "Palestinian", "Qatar": "Qatari",
    "Saudi_Arabia": "Saudi", "Sudan": "Sudanese", "Syria": "Syrian", "Tunisia": "Tunisian",
    "UAE": "Emirati", "Yemen": "Yemeni",
}  # fmt: skip
COUNTRY_COLUMNS = [f"prob_{_COUNTRY_ADJECTIVES[country]}_Arabic" for country in NADI_COUNTRIES]
"""The columns of all country probabilities, in the order of NADI_COUNTRIES."""

_TRANSLATION = re.compile(r"DialectMT_([^_]+)_([a-z]{2,3})(?:_to_|-)([a-z]{2,3})")
_GENERATION = re.compile(r"DialectID_([^_]+)_([a-z]{2,3})")
_TASK_FOLDERS = {"mt": "translation", "monolingual": "monolingual", "crosslingual": "crosslingual"}
_CROSSLINGUAL_CORPORA = ("Cohere", "Okapi", "ShareGPT")
_NOT_GIVEN = ("", "None", "nan")
# The columns that hold the answer, in the published files and in the evaluator's.
_ANSWERS = {"generations", "text"}
_COLUMNS = ("line", "prompt", "response", "reference", "finish_reason", "countries")


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
    """One file of outputs: `rows` as `_rows` gives them, `summary` from `_metrics.csv`.

    `rows` is None where only the summary was published. `shown` is its path without the ending.
    """

    shown: str
    name: OutputsName
    rows: pd.DataFrame | None
    summary: dict[str, float] | None


def parse_name(file: Path) -> OutputsName:
    """Return what `<model>_<task>/DialectMT_<corpus>_<source>_to_<target>_samples.csv` holds.

    A folder not of this form stands for the model, and the task then follows from the file.
    """
    stem = file.name.removesuffix(SAMPLES).removesuffix(METRICS)
    folder = file.resolve().parent.name
    model, _, task = folder.rpartition("_")
    if task not in _TASK_FOLDERS:
        model = folder
    if match := _TRANSLATION.fullmatch(stem):
        corpus, source, target = match.groups()
        return OutputsName(model, "translation", corpus, source, target)
    if match := _GENERATION.fullmatch(stem):
        corpus, target = match.groups()
        kind = "crosslingual" if corpus in _CROSSLINGUAL_CORPORA else "monolingual"
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
    endings = re.compile(f"(?:{SAMPLES}|{METRICS}|[.]csv)$")
    files = (file for file in folder.rglob("*.csv") if file.name != f"summary{METRICS}")
    n_read, reasons = 0, []
    for stem, file in sorted({f.with_name(endings.sub("", f.name)): f for f in files}.items()):
        shown = stem.relative_to(folder).as_posix()
        found: list[pd.DataFrame | dict[str, float] | None] = []
        for part, read in ((SAMPLES, _rows), (METRICS, _summary)):
            place = stem.with_name(stem.name + part)
            try:
                name = parse_name(file)
                found.append(read(place, name) if place.is_file() else None)
            except ForeignFile as error:
                found.append(None)
                # A name that is foreign is so for both parts.
                if str(error) not in reasons:
                    reasons.append(str(error))
                    yield Reject(shown, 0, str(error), "")
        if any(part is not None for part in found):
            n_read += 1
            yield RecordedFile(shown, name, *found)
    if not n_read:
        told = f": {reasons[0]}" if reasons else f" (Dialect…{SAMPLES})"
        raise LahjaError(f"{folder}: holds no outputs of AL-QASIDA{told}")


def _rows(samples: Path, name: OutputsName) -> pd.DataFrame:
    """Return a row per answer; raise `LahjaError` naming the row that is faulty.

    Columns are line, prompt, response, reference, finish_reason, `countries` (18, or None), and one
    of floats for each score that the file records, NaN where it is empty.
    """
    rows = []
    for row in read_rows(samples, samples.name, name):
        if isinstance(row, Reject):
            raise LahjaError(f"{samples}:{row.line}: {row.reason}")
        rows.append({key: getattr(row, key) for key in _COLUMNS} | row.scores)
    if not rows:
        raise ForeignFile(f"{samples}: has no rows")
    return pd.DataFrame(rows)


def read_rows(file: Path, shown: str, name: OutputsName) -> Iterator[Output | Reject]:
    """Yield the answers of one file of any layout; `shown` is what the file is called."""
    for number, row in enumerate(read_records(file, shown), start=1):
        if isinstance(row, Reject):
            yield row
            continue
        line, fields = row
        if not _ANSWERS & fields.keys():
            told = f"lacks the column 'generations' or 'text', found {', '.join(fields)}"
            raise ForeignFile(f"{file}: {told}")
        countries = [_number(fields.get(column, "")) for column in COUNTRY_COLUMNS]
        known = None if any(map(math.isnan, countries)) else countries
        scores = {ours: _number(fields[c]) for c, ours in SCORE_COLUMNS.items() if c in fields}
        try:
            yield Output(name, shown, line, number, *_texts(fields), known, scores)
        except (ValueError, SyntaxError, LookupError, TypeError, RecursionError) as error:
            reason = f"not a Python literal ({error})"
            yield Reject(shown, line, reason, fields.get("generations", ""))


def _texts(fields: dict[str, str]) -> tuple[str, str, str | None, str | None]:
    """Return prompt, response, reference and finish reason."""
    # The evaluator's files and Llama's hold bare strings.
    response = fields.get("generations", fields.get("text"))
    prompt = fields.get("prompts", "")
    if "_raw_turns" in fields:
        # Few-shot examples are turns that go before.
        prompt = ast.literal_eval(fields["_raw_turns"])[-1]["content"][0]["text"]
        (response,) = ast.literal_eval(fields["generations"])
    reference = fields.get("completion", "")
    reasons = fields.get("finish_reasons", "")
    reason = ast.literal_eval(reasons)[0] if reasons not in _NOT_GIVEN else None
    return (
        prompt,
        response,
        None if reference in _NOT_GIVEN else reference,
        str(reason).lower() if reason else None,
    )


def _number(text: str) -> float:
    try:
        return float({"True": 1, "False": 0}.get(text, text))
    except ValueError:
        return math.nan


def _summary(file: Path, _: OutputsName) -> dict[str, float]:
    rows = [row for row in read_records(file, file.name) if not isinstance(row, Reject)]
    if len(rows) != 1 or not (SCORE_COLUMNS | CORPUS_COLUMNS).keys() & rows[0][1].keys():
        raise ForeignFile(f"{file}: expected one row of metrics ({', '.join(CORPUS_COLUMNS)} …)")
    numbers = {column: _number(text) for column, text in rows[0][1].items()}
    return {column: value for column, value in numbers.items() if not math.isnan(value)}


def is_known(name: OutputsName) -> bool:
    """Whether all varieties of the outputs are lahja's."""
    return name.target in VARIETIES and (name.source is None or name.source in VARIETIES)
