"""Bring together what small scorers learn from, and hold out texts that they never see."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from lahja.core.errors import LahjaError
from lahja.core.tables import REJECTS, TEACHER_SCORES
from lahja.corpora.assembly import bind_rows, draw_splits
from lahja.corpora.ingest import asked_text, corpus_path, ingest_corpus
from lahja.corpora.near_duplicates import near_pairs
from lahja.corpora.readers import Output, Reject, read_outputs
from lahja.corpora.text import comparison_key

RECORDED = "recorded"
GIVEN = "given"


def collect_teacher_scores(
    corpora: Mapping[str, tuple[Path, dict[str, Any]]],
    limits: dict[str, int],
    near_duplicate_similarity: float,
    **shares: Any,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return TEACHER_SCORES and REJECTS of corpora with the role `scorer`.

    `corpora` maps a name to its folder and its entry in the config; `limits` are what
    `ingest_corpus` takes, `shares` with the seed what `draw_splits` takes. Texts are split by
    group: answers to one source sentence or prompt, in whatever dialect and by whatever system,
    are on one side, and so are equal or near-equal texts and prompts.
    """
    scores = [pl.from_arrow(TEACHER_SCORES.empty_table()).with_columns(asked=pl.lit(""))]
    refused = [pl.from_arrow(REJECTS.empty_table())]
    for name, (folder, entry) in corpora.items():
        path = corpus_path(folder, entry)
        if entry["reader"] == "al-qasida-scores":
            rows, rejects = _read_recorded(name, path, entry)
        else:
            rows, rejects = ingest_corpus(name, entry, path, **limits)
            rows = rows.with_columns(teacher=pl.lit(GIVEN), asked="text")
        scores.append(rows.with_columns(corpus=pl.lit(name)))
        refused.append(rejects.select(REJECTS.names))
    table = pl.concat(scores, how="diagonal")
    return _with_splits(table, near_duplicate_similarity, shares), pl.concat(refused)


def _read_recorded(
    name: str, path: Path, entry: dict[str, Any]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, rejects = [], []
    for item in read_outputs(path, entry["options"]):
        if isinstance(item, Reject):
            rejects.append(item)
        elif item.name.is_into_dialect and item.response.strip():
            rows.append(teacher_scores(item))
        elif item.name.is_into_dialect:
            rejects.append(Reject(item.file, item.line, "empty", item.response))
    if not rows:
        raise LahjaError(f"corpus {name}: no recorded answer to a request for dialect in {path}")
    schema = pl.from_arrow(REJECTS.empty_table()).schema
    refused = pl.DataFrame([(name, *reject) for reject in rejects], schema, orient="row")
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        teacher=pl.lit(RECORDED), group_id=pl.format(f"{name}:{{}}", "group_id")
    )
    return frame, refused


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


def _with_splits(table: pl.DataFrame, similarity: float, shares: dict[str, Any]) -> pl.DataFrame:
    columns = pl.col("asked", "text")
    keys = table.select(columns.map_elements(comparison_key, return_dtype=pl.String))
    bound = table["group_id"]
    for key in keys:
        bound = pl.Series(bind_rows(bound, bind_near(key, similarity)))
    texts = keys["text"].unique().sort()
    rows = table.select("variety", group=bound, key=keys["text"].rank("dense") - 1)
    drawn = draw_splits(rows, keys=texts, **shares)
    # The name of a group must not depend on how many rows come before it.
    names = pl.col("group_id").min().over(bound)
    return table.with_columns(group_id=names, split=drawn).select(TEACHER_SCORES.names)


def bind_near(keys: pl.Series, similarity: float) -> pl.Series:
    """Return a number for each key, the same for keys that a chain of near-duplicates connects."""
    distinct = keys.unique()
    pairs = near_pairs(distinct, distinct, similarity)
    # Each key is its own neighbour, so that every one has a number.
    own = pl.int_range(len(distinct), eager=True)
    left, right = (pl.concat([own, pairs[side].cast(pl.Int64)]) for side in ("key", "other"))
    return keys.replace_strict(distinct, bind_rows(left, right)[: len(distinct)])
