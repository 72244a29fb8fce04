"""Put the translations of one sentence side by side."""

from collections import defaultdict
from collections.abc import Iterator

import pandas as pd

from lahja.tables import PARALLEL, empty_table

_SIDES = ("msa", "eng")


def pair_sentences(sentences: pd.DataFrame, max_references: int = 1) -> pd.DataFrame:
    """Return one row per dialect sentence that has an MSA or English side (schema `PARALLEL`).

    An MSA sentence with an English side is a row too, its `msa` the sentence itself. Where a
    group has several references the first ones make a row each, at most `max_references` of
    them in training, all in evaluation. `sentences` has the columns of `CORPUS` and `key`, the
    comparison key; outside evaluation, rows equal in all three keys are one.
    """
    references: dict[str, dict[str, list[tuple[str, str]]]] = defaultdict(lambda: defaultdict(list))
    sides = sentences[sentences["variety"].isin(_SIDES)]
    for group, variety, text, key in zip(
        sides["group_id"], sides["variety"], sides["text"], sides["key"], strict=True
    ):
        references[group][variety].append((text, key))
    rows, seen = [], set()
    candidates = sentences[(sentences["variety"] != "eng") & sentences["group_id"].isin(references)]
    for sentence in candidates.itertuples():
        is_evaluation = sentence.split == "evaluation"
        limit = None if is_evaluation else max_references
        combinations = list(_combinations(sentence, references[sentence.group_id]))[:limit]
        for number, (msa, eng) in enumerate(combinations, start=1):
            identity = (sentence.split, sentence.variety, sentence.key, msa[1], eng[1])
            if identity in seen and not is_evaluation:
                continue
            seen.add(identity)
            rows.append(_row(sentence, number, msa[0], eng[0]))
    return pd.DataFrame(rows, dtype=object) if rows else empty_table(PARALLEL)


_UNKNOWN = (None, None)
_Text = tuple[str | None, str | None]


def _combinations(sentence, references: dict[str, list[_Text]]) -> Iterator[tuple[_Text, _Text]]:
    eng = references.get("eng", [])
    msa = references.get("msa", [])
    if sentence.variety == "msa":
        msa = [(sentence.text, sentence.key)] if eng else []
    for number in range(max(len(msa), len(eng))):
        # The side with fewer references repeats its first.
        yield tuple(
            side[number] if number < len(side) else side[0] if side else _UNKNOWN
            for side in (msa, eng)
        )


def _row(sentence, number: int, msa: str | None, eng: str | None) -> dict[str, str | None]:
    suffix = "" if number == 1 else f":{number}"
    return {
        "pair_id": sentence.sentence_id + suffix,
        "group_id": sentence.group_id,
        "corpus": sentence.corpus,
        "split": sentence.split,
        "variety": sentence.variety,
        "text": sentence.text,
        "msa": msa,
        "eng": eng,
        "msa_origin": "corpus" if msa is not None else None,
        "eng_origin": "corpus" if eng is not None else None,
    }
