"""The slices of an evaluation that are scored: directions, dialects, and means over dialects."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from lahja.core.varieties import is_dialect

ALL = "all"
"""Stands for every corpus, variety or task, pooled."""
MEAN = "dialects"
"""Stands for the unweighted mean over dialects."""
MEAN_DIRECTIONS = {
    "eng_dialects": ("eng", MEAN),
    "msa_dialects": ("msa", MEAN),
    "dialects_eng": (MEAN, "eng"),
    "dialects_msa": (MEAN, "msa"),
}
"""The directions of translation: source and target of each, as a mean over dialects."""
VALIDATION_TASKS = ("validation", "validation_translation")
"""What models and weights are chosen on: Table 1's prompts, translation of the validation split."""


@dataclass(frozen=True)
class Slice:
    """Responses that one score is of; `ALL` and `MEAN` may stand for a variety."""

    task: str
    corpus: str
    source: str
    target: str

    @property
    def is_into_dialect(self) -> bool:
        """Whether all its responses should be in a dialect."""
        return self.target == MEAN or is_dialect(self.target) or self.task == "validation"


def slice_rows(scores: pd.DataFrame) -> dict[Slice, list[int]]:
    """Return the row numbers of each slice of SENTENCE_SCORES, every corpus and all pooled.

    Translation, that of the validation split too, is cut by direction, the other tasks by the
    dialect asked for; validation is also kept whole (Table 1 pools it).
    """
    found: dict[Slice, list[int]] = {}
    columns = ["task", "corpus", "source_variety", "target_variety"]
    for row, (task, corpus, source, target) in enumerate(
        scores[columns].itertuples(index=False, name=None)
    ):
        shown = source if task.endswith("translation") else ALL
        for pooled in (ALL, corpus):
            found.setdefault(Slice(task, pooled, shown, target), []).append(row)
            if task == "validation":
                found.setdefault(Slice(task, pooled, ALL, ALL), []).append(row)
    return found


def mean_slices(slices: Iterable[Slice]) -> dict[Slice, list[Slice]]:
    """Return the means over dialects, each with the slices that it is the mean of.

    Of translation in all four directions their mean follows. The last is the mean over tasks, but
    those of validation, of the means into dialects: Table 2's "Overall ADI2". Translation from
    English and from MSA count as a task each.
    """
    means: dict[Slice, list[Slice]] = {}
    for part in slices:
        if is_dialect(part.target):
            means.setdefault(Slice(part.task, part.corpus, part.source, MEAN), []).append(part)
        elif is_dialect(part.source):
            means.setdefault(Slice(part.task, part.corpus, MEAN, part.target), []).append(part)
    pooled = [mean for mean in means if mean.target == MEAN and mean.corpus == ALL]
    parts = [mean for mean in pooled if mean.task not in VALIDATION_TASKS]
    for task, corpus in dict.fromkeys((mean.task, mean.corpus) for mean in means):
        four = [Slice(task, corpus, *direction) for direction in MEAN_DIRECTIONS.values()]
        if {*four} <= means.keys():
            means[Slice(task, corpus, MEAN, MEAN)] = four
    return means | ({Slice(ALL, ALL, ALL, MEAN): parts} if parts else {})
