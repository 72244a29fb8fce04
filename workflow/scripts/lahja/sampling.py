"""Choose the sentences that prompts are built on (paper, section 2, step 1).

A sentence is eligible when it is dialectal enough (ALDi above a threshold) and its word count
fits the kind of prompt: short ones can begin a story, long ones can be summarised.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from lahja.errors import LahjaError
from lahja.seeding import shuffled


@dataclass(frozen=True)
class Kind:
    """A kind of prompt and the sentences that fit it, in words, both ends included."""

    name: str
    min_words: int
    max_words: int
    share: float = 1.0

    def fits(self, n_words: pd.Series) -> pd.Series:
        """Return which word counts lie in the window."""
        return n_words.between(self.min_words, self.max_words)


def read_kinds(settings: dict[str, dict[str, Any]]) -> list[Kind]:
    """Return the kinds of the config's `sampling.kinds`."""
    return [Kind(name, **window) for name, window in settings.items()]


def quotas(kinds: list[Kind], total: int) -> dict[str, int]:
    """Divide a number of samples by the kinds' shares; the sum is the total.

    >>> quotas([Kind("story", 1, 9, 1), Kind("summary", 9, 99, 2)], 10)
    {'story': 3, 'summary': 7}
    """
    whole = sum(kind.share for kind in kinds)
    edges = [round(total * sum(k.share for k in kinds[:i]) / whole) for i in range(len(kinds) + 1)]
    return {kind.name: edges[i + 1] - edges[i] for i, kind in enumerate(kinds)}


def sample_sentences(
    sentences: pd.DataFrame,
    dialect: str,
    kinds: list[Kind],
    total: int,
    aldi_threshold: float,
    seed: int,
) -> pd.DataFrame:
    """Return up to `total` distinct training sentences of a dialect, each with its kind.

    `sentences` has the columns of `SENTENCES` with `aldi` filled. Each group (translations of
    one sentence, or its city variants) gives one sample. Raises `LahjaError` naming the dialect,
    the threshold and the count of sentences where none is eligible.
    """
    own = sentences[(sentences["variety"] == dialect) & (sentences["split"] == "train")]
    eligible = shuffled(own[own["aldi"] > aldi_threshold], seed, "sentence_id")
    eligible = eligible.drop_duplicates("group_id")
    wanted = quotas(kinds, total)
    chosen = []
    # The kind with the fewest sentences to choose from chooses first.
    for kind in sorted(kinds, key=lambda kind: kind.fits(eligible["n_words"]).sum()):
        picked = eligible[kind.fits(eligible["n_words"])].head(wanted[kind.name])
        chosen.append(picked.assign(kind=kind.name))
        eligible = eligible.drop(picked.index)
    samples = pd.concat(chosen, ignore_index=True)
    if samples.empty:
        windows = ", ".join(f"{kind.name} {kind.min_words}-{kind.max_words}" for kind in kinds)
        raise LahjaError(
            f"sampling.aldi_threshold: no sentence of {dialect} is above {aldi_threshold} and fits "
            f"a word window ({windows}); {len(own)} training sentences were looked at"
        )
    return samples
