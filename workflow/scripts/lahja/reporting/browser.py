"""The sample browser's data: prompts, every model's output, scores, and where words differ."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import pandas as pd

from lahja.varieties import DIALECTS, VARIETIES

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
    indexed = {
        model: frame.set_index("prompt_id") for model, frame in zip(models, scores, strict=True)
    }
    first = scores[0]
    chosen = _drawn(first, per_direction, seed)
    prompts = first.set_index("prompt_id").loc[chosen]
    columns = ["task", "corpus", "source_variety", "target_variety", "source", "reference"]
    answers = {model: frame.loc[chosen].to_dict("records") for model, frame in indexed.items()}
    return {
        "models": list(models),
        "starts": {model: starts[model] for model in models if starts.get(model) in indexed},
        "varieties": {
            variety.code: [variety.label if variety.is_dialect else variety.name, _language(code)]
            for code, variety in VARIETIES.items()
        },
        "total": len(first),
        "prompts": [[_plain(value) for value in row] for row in prompts[columns].to_numpy()],
        "outputs": [
            [_output(answers[model][place], answers.get(starts.get(model, "")), place)
             for model in models]
            for place in range(len(chosen))
        ],
    }  # fmt: skip


def _drawn(first: pd.DataFrame, per_direction: int, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    chosen: list[str] = []
    groups = ["task", "corpus", "source_variety", "target_variety"]
    for _, part in first.groupby(groups, sort=False):
        places = generator.permutation(len(part))[:per_direction]
        chosen += part["prompt_id"].iloc[np.sort(places)].tolist()
    return chosen


def _output(row: dict[str, Any], start: list[dict[str, Any]] | None, place: int) -> list[Any]:
    text = _plain(row["response"]) or ""
    reference = _plain(row["reference"])
    is_into_dialect = row["target_variety"] in DIALECTS
    return [
        text,
        _rounded(row["adi2"], 3) if is_into_dialect else None,
        _rounded(row["aldi"], 3) if is_into_dialect else None,
        _rounded(row["chrf_plus_plus"], 1),
        None if reference is None else word_edits(text, reference),
        None if start is None else word_edits(text, _plain(start[place]["response"]) or ""),
    ]


def _language(code: str) -> str:
    return VARIETIES[code].flores.partition("_")[0].replace("eng", "en")


def _plain(value: Any) -> Any:
    return None if pd.isna(value) else value


def _rounded(value: float, digits: int) -> float | None:
    return None if pd.isna(value) else round(float(value), digits)
