"""Sample outputs side by side: Figure 6 of the paper, and the data of the page's sample browser."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.core.varieties import VARIETIES, dialects_among, is_dialect

_COLUMNS = [
    Column("sample", "Sample"), Column("source_variety", "From"), Column("target_variety", "Into"),
    Column("source", "Source"), Column("reference", "Reference"), Column("model", "Model"),
    Column("response", "Output"), Column("adi2", "ADI2", 2), Column("chrf_plus_plus", "chrF++", 1),
]  # fmt: skip


def sample_outputs(scores: Sequence[pd.DataFrame], per_direction: int, seed: int) -> Table:
    """Return translations of the same sentences by every model, drawn at random.

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
    note = f"{per_direction} sentences of each direction, drawn at random (seed {seed})."
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


# The page's script splits with the same letters.
_WORD = re.compile(r"[^ \t\r\n]+")


def word_edits(text: str, base: str) -> list[int]:
    """Return how a text's words come from another's: kept, left out, new, kept, left out, new …

    The numbers count words in the order of the text; an empty list means that nothing differs.
    """
    words, before = _WORD.findall(text), _WORD.findall(base)
    edits: list[int] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, words, False).get_opcodes():
        if kind == "equal":
            edits += [i2 - i1, 0, 0]
        elif edits and edits[-2:] == [0, 0]:
            edits[-2:] = [i2 - i1, j2 - j1]
        else:
            edits += [0, i2 - i1, j2 - j1]
    return edits if any(edits[1::3]) or any(edits[2::3]) else []


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
    model [text, ADI2, ALDi, chrF++, edits against the reference, edits against the start].
    """
    groups = ["task", "corpus", "source_variety", "target_variety"]
    chosen = _drawn(scores[0], groups, per_direction, seed)
    tables = {
        model: _rounded(frame.set_index("prompt_id").loc[chosen])
        for model, frame in zip(models, scores, strict=True)
    }
    outputs = [_outputs(tables[model], tables.get(starts.get(model, ""))) for model in models]
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
    for _, part in first.groupby(groups, sort=False):
        places = generator.permutation(len(part))[:per_group]
        chosen += part["prompt_id"].iloc[np.sort(places)].tolist()
    return chosen


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with scores as they are shown, None for what is missing or no dialect's."""
    is_into_dialect = frame["target_variety"].map(is_dialect)
    scores = frame[["adi2", "aldi"]].where(is_into_dialect).astype(float).round(3)
    quality = frame["chrf_plus_plus"].astype(float).round(1)
    shown = frame.assign(**scores, chrf_plus_plus=quality).astype(object)
    return shown.where(shown.notna(), None)


def _outputs(rows: pd.DataFrame, start: pd.DataFrame | None) -> list[list[Any]]:
    """Return the outputs of one model, with their edits against the reference and the start."""
    texts = rows["response"].fillna("")

    def edits(bases: Iterable[str | None]) -> list[list[int] | None]:
        """Return the edits of each text, None where there is nothing to compare it with."""
        pairs = zip(texts, bases, strict=True)
        return [None if base is None else word_edits(text, base) for text, base in pairs]

    before = [None] * len(texts) if start is None else start["response"].fillna("")
    scores = (rows[name] for name in ("adi2", "aldi", "chrf_plus_plus"))
    columns = (texts, *scores, edits(rows["reference"]), edits(before))
    return [list(row) for row in zip(*columns, strict=True)]
