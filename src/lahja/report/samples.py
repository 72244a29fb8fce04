"""Sample outputs side by side: Figure 6 of the paper, and the data of the page's sample browser."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lahja.core.artifacts import Table
from lahja.core.tables import EVALUATION_PROMPTS, read_table
from lahja.core.varieties import VARIETIES, dialects_among, is_dialect
from lahja.evaluation.sentence_scores import read_scores
from lahja.report.formats import columns_of, described


def read_outputs(
    scores: Path, models: Sequence[str], prompts: Sequence[Path]
) -> list[pd.DataFrame]:
    """Return each model's SENTENCE_SCORES; of a task without source, the source is the prompt."""
    tables = (read_table(path, EVALUATION_PROMPTS) for path in prompts)
    texts = pd.concat(tables).set_index("prompt_id")["prompt"]
    return [
        frame.assign(source=frame["source"].fillna(frame["prompt_id"].map(texts)))
        for frame in read_scores(scores, models)
    ]


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
    names = ["task", "corpus", "prompt_id", *(column.key for column in columns_of("figure6"))]
    return described("figure6", rows[names], n=per_direction, seed=seed)


def pictured_samples(table: Table) -> Table:
    """Return the few samples that fit a picture: one translation per kind of direction."""
    rows = table.rows[table.rows["task"] == "translation"]
    dialects = dialects_among([*rows["source_variety"], *rows["target_variety"]])
    if dialects:
        # One direction of each kind, of dialects as different as there are.
        first, second, last_but_one, last = (dialects[i % len(dialects)] for i in (0, 1, -2, -1))
        kinds = [("eng", first), ("msa", second), (last, "eng"), (last_but_one, "msa")]
        rows = rows.set_index(["source_variety", "target_variety"], drop=False)
        rows = rows[rows.index.isin(kinds)].reset_index(drop=True)
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
    shown = [_rounded(frame.set_index("prompt_id").loc[chosen]) for frame in scores]
    columns = ["response", "adi2", "aldi", "chrf_plus_plus"]
    outputs = [frame[columns].to_numpy().tolist() for frame in shown]
    return {
        "models": list(models),
        "starts": {model: starts[model] for model in models if starts.get(model) in models},
        "varieties": {
            code: [v.label if v.is_dialect else v.name, v.flores[:3].replace("eng", "en")]
            for code, v in VARIETIES.items()
        },
        "total": len(scores[0]),
        "prompts": shown[0][[*groups, "source", "reference"]].to_numpy().tolist(),
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
