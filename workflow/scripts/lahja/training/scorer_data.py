"""What small scorers learn: texts with what a teacher said of them, and labelled sentences."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lahja.data.text import comparison_key
from lahja.scorers.sequence import one_line
from lahja.seeding import shuffled
from lahja.varieties import DIALECTS, NADI_COUNTRIES, NADI_REGIONS, get_variety


@dataclass(frozen=True)
class ScorerExamples:
    """Texts and what is to be said of each.

    `targets` are levels of dialectness, shape (texts,), or probabilities of cells of countries,
    shape (texts, 18); `cells` then gives the cell that each country belongs to, same shape.
    """

    texts: list[str]
    targets: np.ndarray
    cells: np.ndarray | None = None
    weights: np.ndarray | None = None


def aldi_examples(teacher: pd.DataFrame, per_variety: int | None, seed: int) -> ScorerExamples:
    """Return the TEACHER_SCORES of the split "train" whose dialectness is known."""
    rows = teacher[(teacher["split"] == "train") & teacher["aldi"].notna()]
    rows = _at_most(rows, per_variety, seed)
    return ScorerExamples([one_line(text) for text in rows["text"]], rows["aldi"].to_numpy())


def variety_examples(
    teacher: pd.DataFrame, sentences: pd.DataFrame, per_variety: int | None, seed: int
) -> tuple[list[str], list[str]]:
    """Return the Arabic SENTENCES of the split "train" and their varieties.

    Sentences that equal a held-out text of TEACHER_SCORES are left out.
    """
    rows = sentences[sentences["variety"] != "eng"]
    rows = _labelled(rows, _held_out(teacher), per_variety, seed)
    return [one_line(text) for text in rows["text"]], [*rows["variety"]]


def country_examples(
    teacher: pd.DataFrame,
    sentences: pd.DataFrame,
    label_weight: float,
    per_variety: int | None,
    seed: int,
) -> ScorerExamples:
    """Return the teacher's rows of the split "train", and the labelled SENTENCES of that split.

    Where the teacher's 18 probabilities are known, each country is a cell of its own; where only
    those of the wanted country and its region are, the cells are the wanted country, the rest of
    the region, and elsewhere. A labelled sentence is surely of its variety's country; it counts
    `label_weight` where there are teacher's rows, and 1 where there are none. Sentences that
    equal a held-out text are left out.
    """
    known = teacher[teacher["p_country"].notna()]
    taught = known[known["split"] == "train"]
    dialectal = sentences[sentences["variety"].isin(DIALECTS)]
    labelled = _labelled(dialectal, _held_out(known), per_variety, seed)
    parts = [_taught_cells(row) for row in taught.itertuples()]
    parts += [_labelled_cells(code) for code in labelled["variety"]]
    shape = (len(parts), len(NADI_COUNTRIES))
    return ScorerExamples(
        texts=[one_line(text) for text in [*taught["text"], *labelled["text"]]],
        targets=np.array([masses for masses, _ in parts]).reshape(shape),
        cells=np.array([cells for _, cells in parts], dtype=int).reshape(shape),
        weights=np.repeat(
            [1.0, label_weight if len(taught) else 1.0], [len(taught), len(labelled)]
        ),
    )


def _held_out(teacher: pd.DataFrame) -> set[str]:
    return {comparison_key(text) for text in teacher["text"][teacher["split"] != "train"]}


def _labelled(
    sentences: pd.DataFrame, held_out: set[str], per_variety: int | None, seed: int
) -> pd.DataFrame:
    rows = sentences[sentences["split"] == "train"]
    rows = _at_most(rows, per_variety, seed, "sentence_id")
    if held_out:
        rows = rows[~rows["text"].map(comparison_key).isin(held_out)]
    return rows


def _at_most(
    rows: pd.DataFrame, per_variety: int | None, seed: int, key: str = "text"
) -> pd.DataFrame:
    if per_variety is None:
        return rows
    return shuffled(rows, seed, key).groupby("variety").head(per_variety)


def _taught_cells(row) -> tuple[np.ndarray, np.ndarray]:
    if row.countries is not None:
        return np.asarray(row.countries), np.arange(len(NADI_COUNTRIES))
    wanted = get_variety(row.variety)
    # Cells are numbered by one of their countries; where a region has one country, "the rest of
    # the region" is empty.
    cells = np.array(
        [
            0 if name == wanted.country else 1 if NADI_REGIONS[name] == wanted.region else 2
            for name in NADI_COUNTRIES
        ]
    )
    masses = np.zeros(len(NADI_COUNTRIES))
    masses[:3] = row.p_country, max(0.0, row.p_region - row.p_country), max(0.0, 1 - row.p_region)
    return masses, cells


def _labelled_cells(variety: str) -> tuple[np.ndarray, np.ndarray]:
    masses = np.array([name == get_variety(variety).country for name in NADI_COUNTRIES])
    return masses.astype(float), np.arange(len(NADI_COUNTRIES))
