"""Prompts that ask to translate training sentences, with or without a known translation."""

from collections.abc import Iterable
from functools import partial
from itertools import product

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.seeding import unit_draw
from lahja.corpora.text import comparison_key, count_words
from lahja.prompts.generation import with_ids
from lahja.prompts.intent import parse_prompt
from lahja.prompts.wordings import translation_prompt
from lahja.training.example_data import DIRECTIONS

# English sentences without a translation are rare.
_WITHOUT_REFERENCE = ("msa-da", "da-msa", "da-eng")
# A shorter reference tells nothing of how good a translation is.
_MIN_WORDS = 3


def direction_prompts(
    parallel: pd.DataFrame, dialects: Iterable[str], number: int, seed: int
) -> pd.DataFrame:
    """Return PROMPTS to translate up to `number` training sentences of each dialect and direction.

    The kind of each is its direction. Sentences are drawn, and one of several texts of each; those
    whose translation is too short, or the same text, are left out. Raises `LahjaError` naming a
    dialect and direction without any.
    """
    sentences, rows = training_sentences(parallel), []
    texts = {
        code: own.groupby("group_id")["text"].agg(list).to_dict()
        for code, own in sentences.groupby("variety")
    }
    for dialect, direction in product(dialects, DIRECTIONS):
        source, target = (dialect if side == "da" else side for side in direction.split("-"))
        sides = {"source": texts.get(source, {}), "target": texts.get(target, {})}
        draw = partial(unit_draw, seed, direction, dialect)
        own: dict[str, tuple[str | None, ...]] = {}
        for group in sorted(sides["source"].keys() & sides["target"].keys(), key=draw):
            text, reference = (
                known[group][int(draw(group, side) * len(known[group]))]
                for side, known in sides.items()
            )
            is_other = comparison_key(reference) != comparison_key(text)
            if is_other and count_words(reference) >= _MIN_WORDS:
                prompt = translation_prompt(source, target, text)
                own[prompt] = (dialect, direction, source, text, reference, None, prompt)
            if len(own) == number:
                break
        if not own:
            raise LahjaError(f"directions: no training sentence of {dialect} for {direction}")
        rows += own.values()
    return with_ids(rows)


def sentence_prompts(
    sentences: pd.DataFrame, parallel: pd.DataFrame, dialects: Iterable[str], number: int, seed: int
) -> pd.DataFrame:
    """Return PROMPTS to translate up to `number` SENTENCES that are in no row of PARALLEL.

    Of each dialect from MSA, and into MSA and English; there is no reference. Raises `LahjaError`
    naming a dialect and direction without any.
    """
    known = {*parallel["text"], *parallel["msa"]}
    free = sentences[(sentences["split"] == "train") & ~sentences["text"].isin(known)]
    free = free[~free["group_id"].isin(parallel["group_id"])]
    long_enough = free[free["text"].map(count_words) >= _MIN_WORDS]
    rows = []
    for dialect, direction in product(dialects, _WITHOUT_REFERENCE):
        source, target = (dialect if side == "da" else side for side in direction.split("-"))
        own = long_enough[long_enough["variety"] == source]
        draws = own["sentence_id"].map(partial(unit_draw, seed, direction, dialect))
        drawn = own.loc[draws.sort_values(kind="stable").index[:number]]
        if drawn.empty:
            told = f"no training sentence of {source} without a translation for {direction}"
            raise LahjaError(f"sentences: {told}")
        rows += [
            (dialect, direction, source, text, None, name, translation_prompt(source, target, text))
            for name, text in zip(drawn["sentence_id"], drawn["text"], strict=True)
        ]
    return with_ids(rows)


def target_of(kind: str, dialect: str) -> str:
    """Return the variety that a prompt asks for: of a direction its target, else the dialect."""
    target = kind.partition("-")[2] if kind in DIRECTIONS else "da"
    return dialect if target == "da" else target


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
