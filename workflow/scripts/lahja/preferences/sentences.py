"""The training data's parallel sentences, each in every variety that it is known in."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from lahja.data.text import comparison_key
from lahja.gates.asked import parse_prompt


@dataclass(frozen=True)
class Sentence:
    """One sentence of the training split."""

    group_id: str
    corpus: str
    sides: dict[str, tuple[str, ...]]
    """By variety its texts, in the corpora's order: of Saudi Arabic one for each city, say."""


def training_sentences(parallel: pd.DataFrame) -> dict[str, Sentence]:
    """Return the sentences of PARALLEL by their group, without sides that a model wrote.

    Of the split "train" alone: a group of which any row is held out is left out whole.
    """
    held_out = set(parallel.loc[parallel["split"] != "train", "group_id"])
    corpora: dict[str, str] = {}
    texts: dict[str, dict[str, dict[str, None]]] = {}
    for row in parallel.itertuples():
        if row.group_id in held_out:
            continue
        corpora.setdefault(row.group_id, row.corpus)
        sides = texts.setdefault(row.group_id, {})
        for variety, text, origin in (
            (row.variety, row.text, "corpus"),
            ("msa", row.msa, row.msa_origin),
            ("eng", row.eng, row.eng_origin),
        ):
            if text and origin == "corpus":
                sides.setdefault(variety, {})[text] = None
    return {
        group: Sentence(group, corpora[group], {code: tuple(own) for code, own in sides.items()})
        for group, sides in texts.items()
    }


def group_of_pair(parallel: pd.DataFrame) -> dict[str, str]:
    """Return the group of each row of PARALLEL by its `pair_id`, which prompts name."""
    return dict(zip(parallel["pair_id"], parallel["group_id"], strict=True))


def without_prompted(
    sentences: dict[str, Sentence], prompts: pd.DataFrame, groups: dict[str, str]
) -> list[Sentence]:
    """Return the sentences that no prompt is built on, by its `sentence_id` or by its text."""
    used = {groups.get(name) for name in prompts["sentence_id"].dropna()}
    keys = {comparison_key(text) for text in _texts_asked_about(prompts)}
    return [
        sentence
        for group, sentence in sentences.items()
        if group not in used and not keys & _keys(sentence)
    ]


def _texts_asked_about(prompts: pd.DataFrame) -> Iterable[str]:
    for row in prompts.itertuples():
        yield row.source or parse_prompt(row.prompt, row.dialect).text


def _keys(sentence: Sentence) -> set[str]:
    return {comparison_key(text) for texts in sentence.sides.values() for text in texts}
