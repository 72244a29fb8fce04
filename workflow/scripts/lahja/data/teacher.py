"""Bring together what small scorers learn from, and hold out texts that they never see."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.data.corpus_place import corpus_path
from lahja.data.ingest import ingest_corpus
from lahja.data.near_duplicates import DuplicateIndex, Signatures
from lahja.data.splits import bind_rows, draw_splits
from lahja.data.text import comparison_key
from lahja.errors import LahjaError
from lahja.readers import SCORE_READERS, Reject
from lahja.tables import REJECTS, TEACHER_SCORES, empty_table

RECORDED = "recorded"
GIVEN = "given"


@dataclass(frozen=True)
class TeacherSettings:
    """Which texts a small scorer does not learn from, and when two texts count as one."""

    seed: int = 0
    validation_share: float = 0.1
    test_share: float = 0.15
    near_duplicate_similarity: float | None = 0.9
    """Jaccard similarity of character trigrams; None or 1 compares keys only."""


def collect_teacher_scores(
    corpora: Mapping[str, tuple[Path, dict[str, Any]]],
    limits: dict[str, Any],
    settings: TeacherSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return TEACHER_SCORES and REJECTS of corpora with the role `scorer`.

    `corpora` maps a name to its folder and its entry in the config; `limits` are what
    `ingest_corpus` takes. Texts are split by group: answers to one source sentence or prompt, in
    whatever dialect and by whatever system, lie on one side, and so do equal or near-equal texts
    and prompts.
    """
    frames, refused = [], []
    for name, (folder, entry) in corpora.items():
        read = _read_recorded if entry["reader"] in SCORE_READERS else _read_given
        rows, rejects = read(name, folder, entry, limits)
        frames.append(rows.assign(corpus=name))
        refused.append(rejects)
    if not frames:
        return empty_table(TEACHER_SCORES), empty_table(REJECTS)
    table = pd.concat(frames, ignore_index=True)
    return _with_splits(table, settings), pd.concat(refused, ignore_index=True)


def _read_recorded(
    name: str, folder: Path, entry: dict[str, Any], _: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows, rejects = [], []
    for item in SCORE_READERS[entry["reader"]](corpus_path(folder, entry), entry["options"]):
        if isinstance(item, Reject):
            rejects.append({"corpus": name, **asdict(item)})
        elif not item.text.strip():
            reject = Reject(item.file, item.line, "empty", item.text)
            rejects.append({"corpus": name, **asdict(reject)})
        else:
            rows.append(asdict(item))
    if not rows:
        raise LahjaError(f"corpus {name}: no recorded answer to a request for dialect in {folder}")
    frame = pd.DataFrame(rows)
    groups = f"{name}:" + frame["group"]
    refused = pd.DataFrame(rejects) if rejects else empty_table(REJECTS)
    return frame.assign(group_id=groups, teacher=RECORDED), refused


def _read_given(
    name: str, folder: Path, entry: dict[str, Any], limits: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame, rejects = ingest_corpus(name, entry, corpus_path(folder, entry), limits)
    unknown = dict.fromkeys(("is_arabic", "p_country", "p_region", "countries"))
    return frame.assign(teacher=GIVEN, asked=frame["text"], **unknown), rejects


def _with_splits(table: pd.DataFrame, settings: TeacherSettings) -> pd.DataFrame:
    similarity = settings.near_duplicate_similarity
    if similarity is not None and similarity >= 1:
        similarity = None
    signatures = Signatures(settings.seed)
    keys = {text: comparison_key(text) for text in {*table["text"], *table["asked"]}}
    bound = table["group_id"]
    for column in ("asked", "text"):
        near = bind_near(table[column].map(keys), similarity, signatures)
        bound = bind_rows(pd.DataFrame({"group_id": bound, "key": near})).astype(str)
    drawn = draw_splits(
        pd.DataFrame({"group_id": bound, "key": table["text"].map(keys)}),
        settings.seed,
        settings.validation_share,
        settings.test_share,
    )
    # The name of a group must not hang on how many rows come before it.
    names = table["group_id"].groupby(bound).min()
    return table.assign(group_id=bound.map(names), split=drawn)[TEACHER_SCORES.names]


def bind_near(keys: pd.Series, similarity: float | None, signatures: Signatures) -> pd.Series:
    """Return a name for each key, the same for keys that a chain of near-duplicates connects."""
    distinct = keys.unique()
    if similarity is None:
        return keys
    signatures.prepare(distinct)
    pairs = pd.DataFrame(_near_pairs(distinct, similarity, signatures), columns=["group_id", "key"])
    # Each key is its own neighbour, so that every one has a number.
    number = bind_rows(pairs).groupby(pairs["key"]).first()
    return keys.map(number).astype(str)


def _near_pairs(
    keys: Iterable[str], similarity: float, signatures: Signatures
) -> Iterator[tuple[str, str]]:
    index = DuplicateIndex(similarity, signatures)
    for key in keys:
        index.add(key, key)
        yield key, key
        for other in index.find_all_near(key):
            yield other, key
