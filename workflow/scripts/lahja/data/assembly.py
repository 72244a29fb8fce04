"""Bring the corpora together: decontaminate, split, remove duplicates, pair, count.

Training and evaluation never meet. A group of translations of which one text occurs in an
evaluation set, exactly or nearly, leaves training as a whole; the same holds between our own
test, validation and training splits.
"""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from lahja.data.ingest import DUPLICATE
from lahja.data.near_duplicates import DuplicateIndex, EvaluationIndex, Signatures
from lahja.data.parallel import pair_sentences
from lahja.data.splits import SPLIT_ORDER, draw_splits, initial_splits
from lahja.data.text import comparison_key
from lahja.errors import LahjaError
from lahja.tables import REJECTS

NEAR_DUPLICATE = "near duplicate"
# `outcome` is read, kept, pairs, or a reason of rejection; variety and split are null where
# a row was refused before they were known.
COUNTS = pa.schema(
    [
        ("corpus", pa.string()),
        ("variety", pa.string()),
        ("split", pa.string()),
        ("outcome", pa.string()),
        ("count", pa.int64()),
    ]
)
_ROLES = ("train", "validation", "evaluation", "scorer")


@dataclass(frozen=True)
class AssemblySettings:
    """How corpora are brought together."""

    seed: int
    roles: dict[str, str]
    """Role of each corpus: train, validation, evaluation or scorer."""
    near_duplicate_similarity: float | None = 0.9
    """Jaccard similarity of character trigrams; None or 1 compares keys only."""
    validation_share: float = 0.01
    test_share: float = 0.02
    max_references: int = 1
    """Rows of `parallel` that one training sentence may have."""
    required_varieties: tuple[str, ...] = ()
    """Varieties without which training makes no sense."""


@dataclass(frozen=True)
class Assembly:
    """The assembled tables, in the schemas SENTENCES, PARALLEL, REJECTS and COUNTS."""

    sentences: pd.DataFrame
    parallel: pd.DataFrame
    rejects: pd.DataFrame
    counts: pd.DataFrame


def assemble(
    corpora: list[pd.DataFrame], rejects: list[pd.DataFrame], settings: AssemblySettings
) -> Assembly:
    """Return the sentences and parallel pairs of all corpora, split and free of leaks.

    `corpora` are tables of schema CORPUS and `rejects` those of their ingestion. A sentence
    that is refused as a duplicate is missing from the sentences only: with other translations
    it is still a pair of its own. Raises `LahjaError` where a required variety has no
    training sentence left.
    """
    rows = _with_splits(pd.concat(corpora, ignore_index=True), settings)
    signatures = Signatures(settings.seed)
    similarity = settings.near_duplicate_similarity
    if similarity is not None and similarity >= 1:
        similarity = None
    leaks = _find_leaks(rows, similarity, signatures)
    clean = rows[~rows.index.isin(leaks.index)]
    repeats = _find_repeats(clean, similarity, signatures)
    sentences = clean[~clean.index.isin(repeats.index)]
    parallel = pair_sentences(clean, settings.max_references)
    refused = pd.concat([leaks, repeats])
    removed = rows.loc[refused.index].assign(reason=refused)
    everything = pd.concat([*rejects, removed[REJECTS.names]], ignore_index=True)
    counts = _count(rows, rejects, removed, sentences, parallel)
    _require(sentences, removed, settings.required_varieties)
    return Assembly(sentences, parallel, everything, counts)


def _with_splits(rows: pd.DataFrame, settings: AssemblySettings) -> pd.DataFrame:
    for corpus in rows["corpus"].unique():
        role = settings.roles.get(corpus)
        if role not in _ROLES:
            expected = ", ".join(_ROLES)
            raise LahjaError(f"corpus {corpus}: role {role!r}: expected one of {expected}")
    keys = {text: comparison_key(text) for text in rows["text"].unique()}
    roles = rows["corpus"].map(settings.roles).astype(object)
    rows = rows.assign(key=rows["text"].map(keys), split=initial_splits(roles, rows["split"]))
    undrawn = rows["split"].isna()
    if undrawn.any():
        drawn = draw_splits(
            rows[undrawn], settings.seed, settings.validation_share, settings.test_share
        )
        rows.loc[undrawn, "split"] = drawn
    return rows


def _find_leaks(rows: pd.DataFrame, similarity: float | None, signatures: Signatures) -> pd.Series:
    """Return the reason of each row that a more protected split forbids, by the row's index."""
    if similarity is not None:
        signatures.prepare(rows["key"])
    reasons = pd.Series(dtype=object)
    for rank, split in enumerate(SPLIT_ORDER[:-1]):
        left = rows[~rows.index.isin(reasons.index)]
        protected = left[left["split"] == split]
        exposed = left[left["split"].isin(SPLIT_ORDER[rank + 1 :])]
        if protected.empty or exposed.empty:
            continue
        owners = zip(protected["key"], protected["corpus"], strict=True)
        index = EvaluationIndex(owners, similarity, signatures)
        found = {key: index.find_key(key) for key in exposed["key"].unique()}
        where = exposed["key"].map(found)
        # A group with a leak goes as a whole, and so does one that straddles the splits.
        groups = where.groupby(exposed["group_id"]).first().dropna()
        straddling = protected.drop_duplicates("group_id").set_index("group_id")["corpus"]
        groups = groups.combine_first(straddling)
        set_name = "evaluation set" if split == "evaluation" else f"{split} split of"
        leaked = exposed["group_id"].map(groups.to_dict()).dropna()
        reasons = pd.concat([reasons, leaked.map(lambda owner, of=set_name: f"in {of} {owner}")])
    return reasons


def _find_repeats(
    rows: pd.DataFrame, similarity: float | None, signatures: Signatures
) -> pd.Series:
    """Return the reason of each row that repeats an earlier one of its variety, by its index.

    Evaluation sets stay as they are.
    """
    reasons = {}
    rank = rows["split"].map(SPLIT_ORDER.index)
    ordered = rows.loc[rank[rank > 0].sort_values(kind="stable").index]
    for variety, own in ordered.groupby("variety", sort=False):
        index = DuplicateIndex(similarity, signatures)
        for row, key in own["key"].items():
            if index.find_equal(key) is not None:
                reasons[row] = DUPLICATE
            elif index.find_near(key) is not None:
                reasons[row] = NEAR_DUPLICATE
            else:
                index.add(key, variety)
    return pd.Series(reasons, dtype=object)


def _count(
    rows: pd.DataFrame,
    rejects: list[pd.DataFrame],
    removed: pd.DataFrame,
    sentences: pd.DataFrame,
    parallel: pd.DataFrame,
) -> pd.DataFrame:
    early = pd.concat(rejects, ignore_index=True).assign(variety=None, split=None)
    unknown = early[["corpus", "variety", "split"]]
    parts = [
        pd.concat([rows, unknown]).assign(outcome="read"),
        early.assign(outcome=early["reason"]),
        removed.assign(outcome=removed["reason"]),
        sentences.assign(outcome="kept"),
        parallel.assign(outcome="pairs"),
    ]
    columns = COUNTS.names[:-1]
    every = pd.concat([part[columns] for part in parts], ignore_index=True)
    return every.groupby(columns, dropna=False, sort=True).size().reset_index(name="count")


def _require(sentences: pd.DataFrame, removed: pd.DataFrame, varieties: tuple[str, ...]) -> None:
    left = sentences.loc[sentences["split"] == "train", "variety"].value_counts()
    for variety in varieties:
        if left.get(variety, 0) == 0:
            reasons = removed.loc[removed["variety"] == variety, "reason"].value_counts()
            why = ", ".join(f"{n} {reason}" for reason, n in reasons.head(3).items())
            raise LahjaError(
                f"no training sentence of {variety} is left: {why or 'no corpus has any'}"
            )
