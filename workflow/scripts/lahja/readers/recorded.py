"""Read AL-QASIDA's output files, `<model>_<task>/…_samples.csv` with `…_metrics.csv` beside them.

Columns differ between models and tasks: GPT-4o's and Command's files hold Python literals, Llama's
bare strings; the same score is `score` in one file and `dialectid_score` in another.
"""

import ast
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lahja.errors import LahjaError
from lahja.readers.records import Reject
from lahja.readers.rows import read_rows
from lahja.varieties import NADI_COUNTRIES, VARIETIES

SAMPLES = "_samples.csv"
METRICS = "_metrics.csv"
# Averages over the files of a folder; holds nothing to check a file against.
_SUMMARY = "summary_metrics.csv"

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
# Corpus scores of `_metrics.csv`, there on a scale of 0 to 1.
CORPUS_COLUMNS = {"ChrF_corpus_score": "chrf_plus_plus", "SpBLEU_corpus_score": "spbleu"}
_COUNTRY_ADJECTIVES = {
    "Algeria": "Algerian", "Bahrain": "Bahrani", "Egypt": "Egyptian", "Iraq": "Iraqi",
    "Jordan": "Jordanian", "Kuwait": "Kuwaiti", "Lebanon": "Lebanese", "Libya": "Libyan",
    "Morocco": "Moroccan", "Oman": "Omani", "Palestine": "Palestinian", "Qatar": "Qatari",
    "Saudi_Arabia": "Saudi", "Sudan": "Sudanese", "Syria": "Syrian", "Tunisia": "Tunisian",
    "UAE": "Emirati", "Yemen": "Yemeni",
}  # fmt: skip
COUNTRY_COLUMNS = [f"prob_{_COUNTRY_ADJECTIVES[country]}_Arabic" for country in NADI_COUNTRIES]
"""The columns of all country probabilities, in the order of NADI_COUNTRIES."""

_TRANSLATION = re.compile(r"DialectMT_([^_]+)_([a-z]{2,3})_to_([a-z]{2,3})")
_GENERATION = re.compile(r"DialectID_([^_]+)_([a-z]{2,3})")
_TASK_FOLDERS = {"mt": "translation", "monolingual": "monolingual", "crosslingual": "crosslingual"}
_CROSSLINGUAL_CORPORA = ("Cohere", "Okapi", "ShareGPT")
_NOT_GIVEN = ("", "None", "nan")


@dataclass(frozen=True)
class OutputsName:
    """What the name of a file of outputs says; variety codes may be of dialects not ours."""

    model: str
    task: str
    corpus: str
    source: str | None
    target: str

    @property
    def is_into_dialect(self) -> bool:
        """Whether the outputs should be in a dialect."""
        return self.target not in ("eng", "msa", "en")


@dataclass(frozen=True)
class RecordedFile:
    """One file of outputs: `rows` as `read_recorded` gives them, `summary` from `_metrics.csv`.

    `rows` is None where only the summary was published.
    """

    path: Path
    name: OutputsName
    rows: pd.DataFrame | None
    summary: dict[str, float] | None


def parse_name(file: Path) -> OutputsName:
    """Return what `<model>_<task>/DialectMT_<corpus>_<source>_to_<target>_samples.csv` says.

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
    raise LahjaError(f"{file}: expected DialectMT_… or DialectID_…{SAMPLES}")


def find_recorded(folder: Path) -> list[Path]:
    """Return the stems (paths less `_samples.csv`) of all outputs below a folder, sorted.

    Files of other names, such as notes and summaries, are passed over.
    """
    if not folder.is_dir():
        raise LahjaError(f"{folder}: no such folder")
    stems = {
        file.with_name(file.name.removesuffix(ending))
        for ending in (SAMPLES, METRICS)
        for file in folder.rglob(f"Dialect*{ending}")
        if file.name != _SUMMARY
    }
    if not stems:
        raise LahjaError(f"{folder}: holds no outputs of AL-QASIDA (Dialect…{SAMPLES})")
    return sorted(stems)


def read_recorded(stem: Path) -> RecordedFile:
    """Read a file of outputs and its summary; raise `LahjaError` naming the row that is faulty.

    `rows` has prompt, response, reference and finish_reason, `countries` (an array of 18, or
    None), and a column of floats for each score that the file records, NaN where it is empty.
    """
    samples = stem.with_name(stem.name + SAMPLES)
    metrics = stem.with_name(stem.name + METRICS)
    rows = pd.DataFrame(_rows(samples)) if samples.is_file() else None
    if rows is not None and rows.empty:
        raise LahjaError(f"{samples}: has no rows")
    summary = _summary(metrics) if metrics.is_file() else None
    return RecordedFile(samples, parse_name(samples), rows, summary)


def _rows(file: Path) -> Iterator[dict]:
    for row in read_rows(file, file.name, ("generations",)):
        if isinstance(row, Reject):
            raise LahjaError(f"{file}:{row.line}: {row.reason}")
        try:
            yield {"line": row.line} | parse_texts(row.fields) | parse_scores(row.fields)
        except (ValueError, SyntaxError, LookupError, TypeError) as error:
            raise LahjaError(f"{file}:{row.line}: not a Python literal ({error})") from None


def parse_texts(fields: dict[str, str]) -> dict[str, str | None]:
    """Return prompt, response, reference and finish_reason of a row in either layout.

    A row that is neither raises one of the errors of `ast.literal_eval`, or `LookupError`.
    """
    if "_raw_turns" in fields:
        prompt = ast.literal_eval(fields["_raw_turns"])[0]["content"][0]["text"]
        (response,) = ast.literal_eval(fields["generations"])
    elif "prompts" in fields:
        # Llama's files hold bare strings.
        prompt, response = fields["prompts"], fields["generations"]
    else:
        raise LookupError("there is no column '_raw_turns' or 'prompts'")
    reasons = fields.get("finish_reasons", "")
    reason = ast.literal_eval(reasons)[0] if reasons not in _NOT_GIVEN else None
    reference = fields.get("completion")
    return {
        "prompt": prompt,
        "response": response,
        "reference": None if reference is None or reference in _NOT_GIVEN else reference,
        "finish_reason": str(reason).lower() if reason else None,
    }


def parse_scores(fields: dict[str, str]) -> dict[str, object]:
    """Return the scores of a row under lahja's names, NaN where empty, and `countries`."""
    found: dict[str, object] = {
        name: _number(fields[column]) for column, name in SCORE_COLUMNS.items() if column in fields
    }
    countries = [_number(fields[column]) for column in COUNTRY_COLUMNS if column in fields]
    is_whole = len(countries) == len(NADI_COUNTRIES) and not any(map(math.isnan, countries))
    return found | {"countries": countries if is_whole else None}


def _number(text: str) -> float:
    if text in ("True", "False"):
        return float(text == "True")
    try:
        return float(text)
    except ValueError:
        return math.nan


def _summary(file: Path) -> dict[str, float]:
    rows = [row for row in read_rows(file, file.name, ()) if not isinstance(row, Reject)]
    if len(rows) != 1:
        raise LahjaError(f"{file}: expected one row of metrics, found {len(rows)}")
    numbers = {column: _number(text) for column, text in rows[0].fields.items()}
    return {column: value for column, value in numbers.items() if not math.isnan(value)}


def is_known(name: OutputsName) -> bool:
    """Whether all varieties of the outputs are lahja's."""
    return name.target in VARIETIES and (name.source is None or name.source in VARIETIES)
