"""Choose the sentences that prompts are built on (paper, section 2, step 1).

A sentence is eligible when it is dialectal enough (ALDi above a threshold) and its word count
fits the kind of prompt: short ones can begin a story, long ones can be summarised.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import polars as pl

from lahja.core.errors import LahjaError
from lahja.core.seeding import unit_draw
from lahja.core.tables import DIALECTNESS, SAMPLES

# Returns the ALDi of texts.
Score = Callable[[list[str]], Sequence[float]]
# Texts are scored this many at a time, or as many as are missing: for a few, a scorer's time is
# the same.
_BATCH = 64


class Kind(NamedTuple):
    """A kind of prompt and the sentences that fit it, in words, both ends included."""

    name: str
    min_words: int
    max_words: int
    share: float = 1.0


def quotas(kinds: list[Kind], total: int) -> dict[str, int]:
    """Divide a number of samples by the kinds' shares; the sum is the total.

    They are given one by one (D'Hondt's method): a larger total takes none from any kind.

    >>> quotas([Kind("story", 1, 9, 1), Kind("summary", 9, 99, 2)], 10)
    {'story': 3, 'summary': 7}
    """
    counts = dict.fromkeys((kind.name for kind in kinds), 0)
    wanted = [kind for kind in kinds if kind.share > 0]
    for _ in range(total):
        counts[_next_kind(wanted, counts).name] += 1
    return counts


def sample_sentences(
    sentences: pl.LazyFrame,
    score: Score,
    *,
    seed: int,
    per_dialect: dict[str, int],
    kinds: dict[str, dict[str, Any]],
    aldi_threshold: float,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return SAMPLES of training sentences, and the DIALECTNESS of those that were scored.

    `sentences` is SENTENCES, `kinds` are the config's. A dialect's sentences come in an order that
    the seed and their ids fix, one of each group (translations of one sentence, or its city
    variants). One above the threshold is taken for the kind that it fits and that has the smallest
    part of its share, until all kinds are full. No sentence is scored that no kind can take. A
    larger total adds samples and changes none; a total of 0 wants none. Raises `LahjaError` naming
    the dialect, the threshold and the count of sentences where none fits.
    """
    known = [Kind(name, **window) for name, window in kinds.items()]
    scored = []
    for dialect, total in ((code, n) for code, n in per_dialect.items() if n):
        is_own = (pl.col("split") == "train") & (pl.col("variety") == dialect)
        own = sentences.filter(is_own).drop("aldi").collect()
        candidates = _candidates(own, known, seed).iter_rows(named=True)
        rows = [*_scored(candidates, known, total, aldi_threshold, score)]
        if not any(row["kind"] for row in rows):
            windows = ", ".join(f"{kind.name} {kind.min_words}-{kind.max_words}" for kind in known)
            raise LahjaError(
                f"sampling.aldi_threshold: no sentence of {dialect} is above {aldi_threshold} and "
                f"fits a word window ({windows}); {len(own)} training sentences were looked at"
            )
        scored += rows
    if not scored:
        return tuple(pl.from_arrow(schema.empty_table()) for schema in (SAMPLES, DIALECTNESS))
    table = pl.DataFrame(scored, infer_schema_length=None)
    return table.drop_nulls("kind").select(SAMPLES.names), table.select(DIALECTNESS.names)


def _candidates(own: pl.DataFrame, kinds: list[Kind], seed: int) -> pl.DataFrame:
    # Which sentence stands for its group must not depend on what was full before it.
    fits = [pl.col("n_words").is_between(kind.min_words, kind.max_words) for kind in kinds]
    own = own.filter(pl.any_horizontal(fits))
    draws = pl.Series([unit_draw(seed, name) for name in own["sentence_id"]], dtype=pl.Float64)
    return own[draws.arg_sort()].unique("group_id", keep="first", maintain_order=True)


def _scored(
    rows: Iterator[dict[str, Any]], kinds: list[Kind], total: int, threshold: float, score: Score
) -> Iterator[dict[str, Any]]:
    """Yield the rows that are scored, with `aldi` and the `kind` that each is taken for or None."""
    wanted, counts = quotas(kinds, total), dict.fromkeys((kind.name for kind in kinds), 0)

    def fitting(row: dict[str, Any]) -> list[Kind]:
        """Return the kinds that can still take a sentence."""
        open_kinds = [kind for kind in kinds if counts[kind.name] < wanted[kind.name]]
        return [k for k in open_kinds if k.min_words <= row["n_words"] <= k.max_words]

    due = filter(fitting, rows)
    while batch := [*islice(due, max(total - sum(counts.values()), _BATCH))]:
        for row, aldi in zip(batch, score([row["text"] for row in batch]), strict=True):
            kind = None
            if aldi > threshold and (found := fitting(row)):
                kind = _next_kind(found, counts).name
                counts[kind] += 1
            yield row | {"aldi": aldi, "kind": kind}


def _next_kind(kinds: list[Kind], counts: dict[str, int]) -> Kind:
    return min(kinds, key=lambda kind: (counts[kind.name] + 1) / kind.share)
