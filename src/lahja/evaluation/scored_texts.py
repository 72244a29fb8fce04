"""Read the texts that `lahja score` scores: a table, JSON Lines, or AL-QASIDA's output files."""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from lahja.core.errors import LahjaError, refuse_rows
from lahja.core.files import digest_of_text
from lahja.core.varieties import VARIETIES
from lahja.corpora.readers.alqasida import read_folder
from lahja.corpora.readers.rows import Reject, cell_number, cell_text, read_records
from lahja.scoring.dialectness import has_enough_words

TEXT_COLUMNS = [
    "model", "prompt_id", "task", "corpus", "source_variety", "target_variety", "prompt",
    "source", "reference", "response", "finish_reason",
]  # fmt: skip
# Of these a number is no text either.
_SAID = ("prompt", "source", "reference", "response")
SCORE_COLUMNS = ["aldi", "p_country", "p_region", "is_arabic", "too_few_tokens"]
TASKS = ("translation", "monolingual", "crosslingual", "validation", "validation_translation")


def read_texts(path: Path, columns: Mapping[str, str], given: Mapping[str, str]) -> pd.DataFrame:
    """Return the texts of a file or of a folder of AL-QASIDA's outputs, one row per response.

    The frame has TEXT_COLUMNS and, where they are recorded, SCORE_COLUMNS (NaN in rows that lack
    one) and `countries`. In a file, `columns` maps lahja's column names to the file's own and
    `given` holds values for all rows (such as target_variety). Only `response` and
    `target_variety` are needed: a row with a reference counts as translation, another as
    monolingual. Columns and files that are not used are named on standard error. Raises
    `LahjaError` naming the file and the row or column.
    """
    parts = [*_folder_texts(path)] if path.is_dir() else [_file_texts(path, columns, given)]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if frame.empty:
        raise LahjaError(f"{path}: holds no texts of lahja's varieties ({' '.join(VARIETIES)})")
    for first in frame[frame.duplicated(["model", "prompt_id"])].itertuples():
        raise LahjaError(f"{path}: prompt {first.prompt_id!r} of {first.model} occurs twice")
    # pandas keeps None in columns of plain objects alone.
    texts = frame[TEXT_COLUMNS].astype(object)
    return frame.assign(**texts.where(texts.notna(), None))


def _folder_texts(folder: Path) -> Iterator[pd.DataFrame]:
    passed: Counter[str] = Counter()
    for file in read_folder(folder):
        if isinstance(file, Reject):
            _tell(f"passed over: {file.reason}")
            continue
        name, rows = file.name, file.rows
        if rows is None or not name.is_known:
            codes = {code for code in name[-2:] if code not in (None, *VARIETIES)}
            unknown = f"are of {' '.join(sorted(codes))}, no variety of lahja's,"
            passed["hold only a summary" if rows is None else unknown] += 1
            continue
        # Prompts in the dialect itself, or in English of the cross-lingual task.
        source = name.source or ("eng" if name.task == "crosslingual" else name.target)
        key = f"{name.task}:{name.corpus}:{name.source}:{name.target}"
        rows = rows.assign(
            model=name.model, task=name.task, corpus=name.corpus, source_variety=source,
            target_variety=name.target, prompt_id=[f"{key}:{place}" for place in rows.index],
            source=rows["prompt"], is_arabic=rows.get("is_arabic", 1.0),
        )  # fmt: skip
        if name.source:
            # What a translation prompt asks to translate: its lines but two.
            lines = rows["prompt"].str.split("\n").str[1:-1].str.join("\n")
            rows["source"] = lines.where(lines != "", rows["prompt"])
        is_few = ~rows["response"].map(has_enough_words) & (name.task == "crosslingual")
        few = rows.get("too_few_tokens", is_few)
        rows["too_few_tokens"] = few.fillna(is_few).astype(float)
        asked = rows[["prompt", "source"]]
        yield rows.assign(**asked.mask(asked == ""))
    for reason, number in passed.items():
        _tell(f"{folder}: {number} files {reason} and are passed over")


def _tell(words: str) -> None:
    print(f"lahja: {words}", file=sys.stderr)


def _file_texts(path: Path, columns: Mapping[str, str], given: Mapping[str, str]) -> pd.DataFrame:
    known = [*TEXT_COLUMNS, *SCORE_COLUMNS]
    for name, theirs in columns.items():
        if name not in known:
            raise LahjaError(f"{path}: unknown column {name!r}, expected some of {' '.join(known)}")
        if not isinstance(theirs, str):
            raise LahjaError(f"{path}: expected the names of columns, not {theirs!r}")
    rows = _table(path, columns.get("response", "response"))
    for name, theirs in columns.items():
        if theirs not in rows:
            raise LahjaError(f"{path}: lacks the column {theirs!r} for {name}")
    rest = [name for name in rows if name not in {*known, *columns.values()}]
    for theirs, name in ((theirs, theirs.strip().lower().replace(" ", "_")) for theirs in rest):
        if name in known and name not in rows and name not in columns:
            cure = f"""--columns '{{"{name}": "{theirs}"}}'"""
            raise LahjaError(f"{path}: is the column {theirs!r} meant as {name!r}? Say {cure}")
    if rest:
        _tell(f"{path}: columns not used: {', '.join(rest)}")
    rows = rows.assign(**{name: rows[theirs] for name, theirs in columns.items()})
    kept = [name for name in known if name in rows or name in TEXT_COLUMNS]
    rows = _with_texts(path, rows.reindex(columns=kept).astype(object))
    rows = rows.fillna({"response": "", "model": path.stem, "corpus": path.stem} | given)
    tasks = rows["reference"].isna().map({True: "monolingual", False: "translation"})
    rows["task"] = rows["task"].fillna(tasks)
    scores = {name: rows[name].map(cell_number) for name in SCORE_COLUMNS if name in rows}
    _check(rows, scores, path)
    own = rows["target_variety"].mask(rows["task"] == "crosslingual", "eng")
    rows["source_variety"] = rows["source_variety"].fillna(own)
    keys = [f"{corpus}:{path}:{line}" for line, corpus in rows["corpus"].items()]
    digests = pd.Series([digest_of_text(key)[:16] for key in keys], rows.index)
    rows["prompt_id"] = rows["prompt_id"].fillna(digests)
    prompts, sources = rows["prompt"].fillna(rows["source"]), rows["source"].fillna(rows["prompt"])
    return rows.assign(prompt=prompts, source=sources, **scores)


def _with_texts(path: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which ids and names are texts; raise for a cell that can be none."""
    for name in TEXT_COLUMNS:
        given = rows[name].dropna()
        kinds = (list, dict, bytes, *((int, float) if name in _SAID else ()))
        is_odd = given.map(lambda value, kinds=kinds: isinstance(value, kinds)).astype(bool)
        refuse_rows(f"{path}:", is_odd, f"{name} is {{!r}}, expected text", given)
        rows[name] = rows[name].map(cell_text, na_action="ignore").astype(object)
    return rows


def _check(rows: pd.DataFrame, scores: dict[str, pd.Series], path: Path) -> None:
    """Raise `LahjaError` for the first row that cannot be scored."""
    task, source, target = rows["task"], rows["source_variety"], rows["target_variety"]
    refuse, codes = partial(refuse_rows, f"{path}:"), f"expected one of {' '.join(VARIETIES)}"
    told = "has no target_variety; give the column, or --target for all rows"
    refuse(target.isna(), told, target)
    refuse(~task.isin(TASKS), f"unknown task {{!r}}, expected one of {' '.join(TASKS)}", task)
    lacks_source = (task == "translation") & source.isna()
    refuse(lacks_source, "a translation needs source_variety: a column, or --source", source)
    is_odd = source.notna() & ~source.isin([*VARIETIES])
    refuse(is_odd, f"unknown source_variety {{!r}}, {codes}", source)
    refuse(~target.isin([*VARIETIES]), f"unknown target_variety {{!r}}, {codes}", target)
    for name, numbers in scores.items():
        is_odd = numbers.isna() & rows[name].notna()
        refuse(is_odd, f"{name}: {{!r}} is not a number", rows[name])


def _table(path: Path, needed: str) -> pd.DataFrame:
    """Read a table by its lines; what is missing, such as an empty field of CSV, is NaN.

    Every row must have the column `needed`, the responses. Rows that cannot be read are left out
    and counted on standard error.
    """
    if not path.is_file():
        raise LahjaError(f"{path}: no such file or folder")
    lines, records, left_out = [], [], defaultdict(list)
    for item in read_records(path, path.name):
        if isinstance(item, Reject):
            left_out[item.reason].append(item.line)
            continue
        if needed not in item[1]:
            found, comma = ", ".join(item[1]), ", separated by commas" * (";" in "".join(item[1]))
            cure = """--columns '{"response": "…"}' says what the table calls it"""
            told = f"lacks the column {needed!r}, found {found}: {cure}{comma}"
            raise LahjaError(f"{path}:{item[0]}: {told}")
        lines.append(item[0])
        records.append(item[1])
    for reason, places in left_out.items():
        _tell(f"{path}:{places[0]}: {len(places)} rows left out: {reason}")
    frame = pd.DataFrame(records, index=lines, dtype=object)
    is_missing = frame.isna() | (frame == "") if path.suffix in (".csv", ".tsv") else frame.isna()
    return frame.mask(is_missing)
