"""The items to rate, and the key that says whose answers they are.

The key never goes into the annotators' folder.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.seeding import unit_draw
from lahja.tables import read_table

SCORES = ("adi2", "adi2_macro", "aldi", "chrf_plus_plus")

# One item per row, in the order of the sheets. Kept here, not in lahja.tables, on which all
# training hangs.
KEY = pa.schema(
    [
        *(
            pa.field(name, pa.string())
            for name in ("item", "dialect", "task", "model", "prompt_id", "corpus")
        ),
        *(pa.field(name, pa.string()) for name in ("source_variety", "prompt", "response")),
        *(pa.field(name, pa.float64()) for name in SCORES),
    ]
)


def blinded_items(
    prompts: pd.DataFrame,
    scores: Sequence[pd.DataFrame],
    dialects: Sequence[str],
    tasks: Sequence[str],
    per_task: int,
    seed: int,
) -> pd.DataFrame:
    """Return the KEY: all models' answers to the same sampled prompts, shuffled.

    `prompts` is EVALUATION_PROMPTS, `scores` one SENTENCE_SCORES per model. Of each dialect and
    task (only what is to be answered in the dialect) `per_task` prompts are drawn. A task's items
    stand together, in an order that hangs on neither the model nor the prompt. Raises `LahjaError`
    where a model did not answer a prompt.
    """
    chosen = _sampled(prompts, dialects, tasks, per_task, seed)
    answers = pd.concat([_answers(table, chosen) for table in scores], ignore_index=True)
    answers["item"] = [
        _item(seed, *names)
        for names in zip(answers["dialect"], answers["prompt_id"], answers["model"], strict=True)
    ]
    doubled = answers["item"][answers["item"].duplicated()]
    if len(doubled):
        raise LahjaError(f"rating sheets: a model is given twice (item {doubled.iloc[0]})")
    order = pd.DataFrame(
        {
            "dialect": answers["dialect"].map(list(dialects).index),
            "task": answers["task"].map(list(tasks).index),
            "draw": [unit_draw(seed, "order of items", item) for item in answers["item"]],
        }
    ).sort_values(["dialect", "task", "draw"])
    return answers.loc[order.index, KEY.names].reset_index(drop=True)


def read_key(path: Path) -> pd.DataFrame:
    """Read the KEY that was written with the sheets, by item."""
    return read_table(path, KEY).set_index("item", drop=False)


def _sampled(
    prompts: pd.DataFrame,
    dialects: Sequence[str],
    tasks: Sequence[str],
    per_task: int,
    seed: int,
) -> pd.DataFrame:
    wanted = prompts["task"].isin(tasks) & prompts["target_variety"].isin(dialects)
    pool = prompts[wanted].assign(
        draw=lambda rows: [unit_draw(seed, "rated prompts", name) for name in rows["prompt_id"]]
    )
    drawn = pool.sort_values("draw").groupby(["target_variety", "task"]).head(per_task)
    return drawn.set_index("prompt_id")["prompt"].to_frame()


def _answers(scores: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    found = scores.merge(chosen, left_on="prompt_id", right_index=True)
    missing = chosen.index.difference(found["prompt_id"])
    if len(missing):
        model = scores["model"].iloc[0] if len(scores) else "a model"
        raise LahjaError(f"{model}: no response to the prompt {missing[0]!r}")
    return found.rename(columns={"target_variety": "dialect"})


def _item(seed: int, *names: str) -> str:
    # The letter keeps spreadsheet programs from reading an id as a number, such as 12e45.
    return "r" + digest_of_text("\x1f".join((str(seed), "item", *names)))[:11]
