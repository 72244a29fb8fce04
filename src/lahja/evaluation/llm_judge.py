"""Ratings of responses by an LLM behind a server: dialect, fluency, adequacy, coherence, 1 to 5.

It is asked as a generator is, one response at a time, in the words of resources/judge.yaml. What it
says is a second opinion: its ratings train and select nothing.
"""

import json
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pandas as pd

from lahja.core.files import read_yaml
from lahja.core.tables import PROMPTS
from lahja.core.varieties import get_variety

WORDING = Path(__file__).resolve().parents[3] / "resources" / "judge.yaml"
ASPECTS = ("dialect", "fluency", "adequacy", "coherence")
RATINGS = tuple(f"judge_{aspect}" for aspect in ASPECTS)
_SCALE = range(1, 6)
_OBJECT = re.compile(r"\{[^{}]*\}")
# What would end the place of a request or an answer, or open another.
_MARK = re.compile(r"<(?=\s*/?\s*(?:request|answer)\b)", re.IGNORECASE)


def judge_prompts(asked: pd.DataFrame, responses: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return PROMPTS to the judge: one for each text of RESPONSES, given by model.

    `asked` is EVALUATION_PROMPTS. A prompt's `prompt_id` is the model, a line feed, and the id of
    the prompt that the model answered.
    """
    wording = read_yaml(WORDING)
    rows = []
    for model, answered in responses.items():
        texts = answered[["prompt_id", "response"]].dropna()
        for row in asked.merge(texts, on="prompt_id", validate="one_to_one").itertuples():
            known = wording["reference"].format(reference=row.reference)
            question = wording["prompt"].format(
                variety=get_variety(row.target_variety).name,
                prompt=_MARK.sub("‹", row.prompt),
                response=_MARK.sub("‹", row.response),
                reference="" if pd.isna(row.reference) else known,
            )
            rows.append((f"{model}\n{row.prompt_id}", row.target_variety, "judge", question))
    table = pd.DataFrame(rows, columns=["prompt_id", "dialect", "kind", "prompt"], dtype=object)
    return table.reindex(columns=PROMPTS.names)


def add_ratings(scores: pd.DataFrame, replies: pd.DataFrame) -> pd.DataFrame:
    """Return SENTENCE_SCORES with the columns RATINGS, NaN where the judge gave none.

    `replies` is GENERATIONS. How many of them hold no ratings is told on standard error.
    """
    read = {row.prompt_id: read_ratings(row.response) for row in replies.itertuples()}
    if unread := sum(ratings is None for ratings in read.values()):
        print(f"judge: {unread} of {len(read)} replies hold no ratings", file=sys.stderr)
    missing = [float("nan")] * len(RATINGS)
    keys = scores["model"] + "\n" + scores["prompt_id"]
    found = [read.get(key) or missing for key in keys]
    return scores.join(pd.DataFrame(found, scores.index, [*RATINGS], dtype=float))


def read_ratings(reply: str | None) -> list[float] | None:
    """Return the ratings that a reply gives in JSON, or None where it gives none or several.

    A judge may repeat the answer that it rates, and in it ratings that the answer gives itself.
    """
    given = []
    for found in _OBJECT.findall(reply or ""):
        with suppress(KeyError, TypeError, ValueError):
            given.append([float(json.loads(found)[aspect]) for aspect in ASPECTS])
    if not given or given.count(given[0]) < len(given):
        return None
    return given[0] if all(rating in _SCALE for rating in given[0]) else None


def judge_signature(model: str) -> str:
    """Return what ratings depend on: the judge's model and the version of what it is asked."""
    return f"judge:{model}|prompt:{read_yaml(WORDING)['version']}"
