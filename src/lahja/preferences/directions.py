"""Prompts that ask for training sentences in all four directions of translation."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import product
from typing import Any

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_text
from lahja.core.seeding import unit_draw
from lahja.core.tables import PROMPTS
from lahja.corpora.text import comparison_key, count_words
from lahja.prompts.intent import parse_prompt
from lahja.prompts.wordings import translation_prompt
from lahja.training.translation_data import DIRECTIONS

# A shorter reference tells nothing of how good a translation is.
_MIN_WORDS = 3


def direction_prompts(
    parallel: pd.DataFrame, dialects: Iterable[str], number: int, seed: int
) -> pd.DataFrame:
    """Return PROMPTS to translate up to `number` training sentences of each dialect and direction.

    The kind of each is its direction. Sentences whose translation is too short, or the same text,
    are left out. Raises `LahjaError` naming a dialect and direction without any.
    """
    sentences = training_sentences(parallel)
    rows = []
    for dialect, direction in product(dialects, DIRECTIONS):
        own: dict[str, dict[str, Any]] = {}
        for row in _prompts(sentences, dialect, direction, seed):
            if len(own) == number:
                break
            own[row["prompt_id"]] = row
        if not own:
            raise LahjaError(f"directions: no training sentence of {dialect} for {direction}")
        rows += own.values()
    return pd.DataFrame(rows, columns=PROMPTS.names)


def target_of(kind: str, dialect: str) -> str:
    """Return the variety that a prompt asks for: of a direction its target, else the dialect."""
    return _varieties_of(kind, dialect)[1] if kind in DIRECTIONS else dialect


def _varieties_of(direction: str, dialect: str) -> tuple[str, ...]:
    """Return the source and target variety of a direction."""
    return tuple(dialect if side == "da" else side for side in direction.split("-"))


def training_sentences(parallel: pd.DataFrame) -> pd.DataFrame:
    """Return group_id, variety and text of PARALLEL's sentences, without what a model wrote.

    Of the split "train" alone: a group of which any row is held out is left out whole.
    """
    held_out = parallel.loc[parallel["split"] != "train", "group_id"]
    rows = parallel[~parallel["group_id"].isin(held_out)].reset_index(drop=True)
    sides = [rows[["group_id", "variety", "text"]]]
    for code in ("msa", "eng"):
        own = rows[rows[f"{code}_origin"] == "corpus"]
        sides.append(own[["group_id"]].assign(variety=code, text=own[code]))
    found = pd.concat(sides).sort_index(kind="stable")
    return found[found["text"].fillna("") != ""].drop_duplicates()


def held_out_keys(sentences: pd.DataFrame, validation: pd.DataFrame) -> set[str]:
    """Return the comparison keys of all that the validation set's prompts are about.

    `validation` is EVALUATION_PROMPTS. The translations of a sentence that it asks about are held
    out with it.
    """
    keys = {
        comparison_key(row.source or parse_prompt(row.prompt, row.target_variety).text)
        for row in validation.itertuples()
    }
    own = sentences["text"].map(comparison_key)
    groups = sentences.loc[own.isin(keys), "group_id"]
    return keys | {*own[sentences["group_id"].isin(groups)]}


def _prompts(
    sentences: pd.DataFrame, dialect: str, direction: str, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield rows of PROMPTS in drawn order; of several texts of a sentence one is drawn."""
    source, target = _varieties_of(direction, dialect)
    sources, targets = (
        sentences[sentences["variety"] == code].groupby("group_id")["text"].agg(list).to_dict()
        for code in (source, target)
    )
    draw = partial(unit_draw, seed, direction, dialect)
    for group in sorted(sources.keys() & targets.keys(), key=draw):
        text, reference = (
            texts[int(draw(group, side) * len(texts))]
            for side, texts in (("source", sources[group]), ("target", targets[group]))
        )
        is_same = comparison_key(reference) == comparison_key(text)
        if is_same or count_words(reference) < _MIN_WORDS:
            continue
        prompt = translation_prompt(source, target, text)
        yield {
            "prompt_id": digest_of_text(f"{dialect}\n{prompt}")[:16], "dialect": dialect,
            "kind": direction, "source_variety": source, "source": text,
            "reference": reference, "sentence_id": None, "prompt": prompt,
        }  # fmt: skip
