"""Sample outputs side by side: Figure 6 of the paper, and the report's sample browser."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lahja.reporting.artifacts import Column, Table
from lahja.varieties import DIALECTS

_COLUMNS = [
    Column("sample", "Sample"),
    Column("source_variety", "From"),
    Column("target_variety", "Into"),
    Column("source", "Source"),
    Column("reference", "Reference"),
    Column("model", "Model"),
    Column("response", "Output"),
    Column("adi2", "ADI2", 2),
    Column("chrf_plus_plus", "chrF++", 1),
]
# The picture shows one sample of each; the table shows every direction.
_PICTURED = {("eng", "egy"), ("msa", "mar"), ("syr", "eng"), ("sau", "msa")}


def sample_outputs(scores: Sequence[pd.DataFrame], per_direction: int, seed: int) -> Table:
    """Return translations of the same sentences by every model, drawn at random.

    `scores` holds SENTENCE_SCORES of each model; each direction (or dialect, of tasks without a
    source) gives `per_direction` prompts.
    """
    first = scores[0]
    generator = np.random.default_rng(seed)
    chosen: list[str] = []
    for _, part in first.groupby(["task", "source_variety", "target_variety"], sort=False):
        places = generator.permutation(len(part))[:per_direction]
        chosen += part["prompt_id"].iloc[np.sort(places)].tolist()
    rows = pd.concat([frame[frame["prompt_id"].isin(chosen)] for frame in scores])
    order = {prompt_id: place for place, prompt_id in enumerate(chosen)}
    rows = rows.assign(sample=rows["prompt_id"].map(order) + 1)
    rows = rows.sort_values("sample", kind="stable", ignore_index=True)
    names = ["task", "corpus", "prompt_id", *(column.key for column in _COLUMNS)]
    is_into_dialect = rows["target_variety"].isin(DIALECTS)
    rows["adi2"] = rows["adi2"].where(is_into_dialect)
    note = f"{per_direction} sentences of each direction, drawn at random (seed {seed})."
    return Table("figure6", "Sample outputs. (paper, Figure 6)", _COLUMNS, rows[names], [note])


def pictured_samples(table: Table) -> Table:
    """Return the few samples that fit a picture: one translation per kind of direction."""
    translations = table.rows[table.rows["task"] == "translation"]
    directions = list(
        zip(translations["source_variety"], translations["target_variety"], strict=True)
    )
    rows = translations[[direction in _PICTURED for direction in directions]]
    shown = rows.groupby(["source_variety", "target_variety"])["sample"].min()
    rows = rows[rows["sample"].isin(shown)]
    return Table(table.name, table.caption, table.columns, rows, table.notes)
