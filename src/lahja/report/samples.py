"""Sample outputs side by side: Figure 6 of the paper, and the data of the page's sample browser."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.core.tables import EVALUATION_PROMPTS, read_table
from lahja.core.varieties import VARIETIES, dialects_among, is_dialect
from lahja.evaluation.sentence_scores import read_scores

_COLUMNS = [
    Column("sample", "Sample"), Column("source_variety", "From"), Column("target_variety", "Into"),
    Column("source", "Source"), Column("reference", "Reference"), Column("model", "Model"),
    Column("response", "Output"), Column("adi2", "ADI2", 2), Column("chrf_plus_plus", "chrF++", 1),
]  # fmt: skip


def with_prompts(scores: Sequence[pd.DataFrame], prompts: pd.DataFrame) -> list[pd.DataFrame]:
    """Return SENTENCE_SCORES with the whole prompt as the source of a task that has none."""
    texts = prompts.set_index("prompt_id")["prompt"]
    return [
        frame.assign(source=frame["source"].fillna(frame["prompt_id"].map(texts)))
        for frame in scores
    ]


def read_outputs(
    scores: Path, models: Sequence[str], prompts: Sequence[Path]
) -> list[pd.DataFrame]:
    """Return the SENTENCE_SCORES of each model, `with_prompts` of tables of EVALUATION_PROMPTS."""
    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    return with_prompts(read_scores(scores, models), asked)


def sample_outputs(scores: Sequence[pd.DataFrame], per_direction: int, seed: int) -> Table:
    """Return answers of every model to the same prompts, drawn at random.

    `scores` holds SENTENCE_SCORES of each model; each direction (or dialect, of tasks without a
    source) gives `per_direction` prompts.
    """
    groups = ["task", "source_variety", "target_variety"]
    chosen = _drawn(scores[0], groups, per_direction, seed)
    rows = pd.concat([frame[frame["prompt_id"].isin(chosen)] for frame in scores])
    rows = rows.assign(sample=rows["prompt_id"].map(chosen.index) + 1)
    rows = rows.sort_values("sample", kind="stable", ignore_index=True)
    rows["adi2"] = rows["adi2"].where(rows["target_variety"].map(is_dialect))
    names = ["task", "corpus", "prompt_id", *(column.key for column in _COLUMNS)]
    note = f"{per_direction} of each direction or dialect, drawn at random (seed {seed})."
    return Table("figure6", "Sample outputs. (paper, Figure 6)", _COLUMNS, rows[names], [note])


def pictured_samples(table: Table) -> Table:
    """Return the few samples that fit a picture: one translation per kind of direction."""
    rows = table.rows[table.rows["task"] == "translation"]
    directions = [*zip(rows["source_variety"], rows["target_variety"], strict=True)]
    dialects = dialects_among(chain.from_iterable(directions))
    pictured = set()
    if dialects:
        # One direction of each kind, of dialects as different as there are.
        second, last_but_one = dialects[1 % len(dialects)], dialects[-2 % len(dialects)]
        pictured = {("eng", dialects[0]), ("msa", second)}
        pictured |= {(dialects[-1], "eng"), (last_but_one, "msa")}
    rows = rows[[direction in pictured for direction in directions]]
    shown = rows.groupby(["source_variety", "target_variety"])["sample"].min()
    return replace(table, rows=rows[rows["sample"].isin(shown)])


def browser_data(
    scores: Sequence[pd.DataFrame],
    models: Sequence[str],
    starts: Mapping[str, str],
    per_direction: int,
    seed: int,
) -> dict[str, Any]:
    """Return what the page's sample browser shows.

    `scores` holds SENTENCE_SCORES of each model in the order of `models`; up to `per_direction`
    prompts of each task, corpus and direction are drawn. In the result, `prompts` are [task,
    corpus, source variety, target variety, source, reference], and `outputs` hold per prompt and
    model [text, ADI2, ALDi, chrF++].
    """
    groups = ["task", "corpus", "source_variety", "target_variety"]
    chosen = _drawn(scores[0], groups, per_direction, seed)
    tables = {
        model: _rounded(frame.set_index("prompt_id").loc[chosen])
        for model, frame in zip(models, scores, strict=True)
    }
    columns = ["response", "adi2", "aldi", "chrf_plus_plus"]
    outputs = [tables[model][columns].to_numpy(object).tolist() for model in models]
    prompts = tables[models[0]][[*groups, "source", "reference"]]
    return {
        "models": list(models),
        "starts": {model: starts[model] for model in models if starts.get(model) in tables},
        "varieties": {
            code: [v.label if v.is_dialect else v.name, v.flores[:3].replace("eng", "en")]
            for code, v in VARIETIES.items()
        },
        "total": len(scores[0]),
        "prompts": prompts.to_numpy(object).tolist(),
        "outputs": [list(row) for row in zip(*outputs, strict=True)],
    }


def _drawn(first: pd.DataFrame, groups: list[str], per_group: int, seed: int) -> list[str]:
    """Return the ids of prompts drawn at random from each group, in the order of the table."""
    generator = np.random.default_rng(seed)
    chosen: list[str] = []
    for _, part in first.groupby(groups, sort=False, dropna=False):
        places = generator.permutation(len(part))[:per_group]
        chosen += part["prompt_id"].iloc[np.sort(places)].tolist()
    return chosen


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with scores as they are shown, None for what is missing or no dialect's."""
    is_into_dialect = frame["target_variety"].map(is_dialect)
    scores = frame[["adi2", "aldi"]].where(is_into_dialect).astype(float).round(3)
    quality = frame["chrf_plus_plus"].astype(float).round(1)
    texts = frame["response"].fillna("")
    shown = frame.assign(**scores, chrf_plus_plus=quality, response=texts).astype(object)
    return shown.where(shown.notna(), None)
