"""Ratings of responses by an LLM behind a server: dialect, fluency, adequacy, coherence, 1 to 5.

It is asked as a generator is, one response at a time, in the words of resources/judge.yaml. What it
says is a second opinion: its ratings train and select nothing.
"""

import json
import re
import sys
from collections.abc import Mapping
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
                prompt=row.prompt,
                response=row.response,
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
    """Return the ratings of the last JSON object in a reply, or None where it does not have all."""
    for found in reversed(_OBJECT.findall(reply or "")):
        try:
            given = [float(json.loads(found)[aspect]) for aspect in ASPECTS]
        except (KeyError, TypeError, ValueError):
            continue
        return given if all(rating in _SCALE for rating in given) else None
    return None


def judge_signature(model: str) -> str:
    """Return what ratings depend on: the judge's model and the version of what it is asked."""
    return f"judge:{model}|prompt:{read_yaml(WORDING)['version']}"
