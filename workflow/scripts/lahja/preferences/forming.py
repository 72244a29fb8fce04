"""Form the pairs of a gated dataset, and the funnel that says what became of the candidates."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pandas as pd

from lahja.errors import LahjaError
from lahja.gates.gating import GATES
from lahja.gates.settings import parse_gate_settings
from lahja.pairs import form_pairs, funnel
from lahja.preferences.directions import Balanced, balance
from lahja.preferences.gated import Gated, gate_candidates, with_counts
from lahja.preferences.hardness import HardnessSettings
from lahja.preferences.negatives import DEFAULT_WEIGHTS, kind_of
from lahja.preferences.preferred import (
    FREE,
    Preferred,
    Supply,
    directed,
    from_candidates,
    from_references,
)
from lahja.preferences.rejecting import Formed, Rejecting, form_rows
from lahja.preferences.sentences import (
    Sentence,
    group_of_pair,
    training_sentences,
    without_prompted,
)
from lahja.settings import parse_settings
from lahja.tables import FUNNEL, PAIRS, empty_table

TO_PREFER = "answers to prefer"


@dataclass(frozen=True)
class PairSettings:
    """A gated preference dataset of the configuration."""

    seed: int = 0
    objective: str = "gated"
    pairs_per_prompt: int = 1
    gates: tuple[str, ...] = tuple(GATES)
    limits: Mapping[str, Any] = field(default_factory=dict)
    hardness: Mapping[str, Any] = field(default_factory=dict)
    directions: Mapping[str, float] | None = None
    negatives: Mapping[str, float] | None = None
    pairs_per_dialect: int | None = None


@dataclass(frozen=True)
class PairData:
    """What pairs are made of: all prompts, those that may be trained on, and the rest."""

    prompts: pd.DataFrame
    free: pd.DataFrame
    candidates: pd.DataFrame
    parallel: pd.DataFrame


def form_dataset(data: PairData, settings: PairSettings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return PAIRS and FUNNEL.

    Without directions and negatives each pair is of two candidates; with negatives the rejected
    side may be built; with directions there are prompts on reference translations besides.
    """
    limits = parse_gate_settings(dict(settings.limits))
    if settings.directions is not None:
        data = PairData(data.prompts, directed(data.free), data.candidates, data.parallel)
    gated = gate_candidates(data.free, data.candidates, limits, settings.gates)
    if settings.directions is None and settings.negatives is None:
        pairs = form_pairs(data.free, gated.candidates, settings.pairs_per_prompt, settings.seed)
        return pairs, with_counts(funnel(data.free, data.candidates, pairs), gated.counts)
    rejecting = Rejecting(
        weights=dict(settings.negatives or DEFAULT_WEIGHTS),
        gates=settings.gates,
        limits=limits,
        hardness=parse_settings(HardnessSettings, dict(settings.hardness)),
        seed=settings.seed,
    )
    parts = _form(data, gated, settings, rejecting)
    rows = [row for part in parts.values() for row in part.rows]
    pairs = pd.DataFrame(rows)[PAIRS.names] if rows else empty_table(PAIRS)
    counts = [gated.counts, *(_table(dialect, part) for dialect, part in parts.items())]
    return pairs, with_counts(funnel(data.free, data.candidates, pairs), *counts)


def _form(
    data: PairData, gated: Gated, settings: PairSettings, rejecting: Rejecting
) -> dict[str, Balanced]:
    sentences = training_sentences(data.parallel)
    groups = group_of_pair(data.parallel)
    sentence_of = {name: sentences[g] for name, g in groups.items() if g in sentences}
    unused = without_prompted(sentences, data.prompts, groups) if settings.directions else []
    parts = {}
    for dialect in data.free["dialect"].unique():
        prompts = data.free[data.free["dialect"] == dialect]
        preferred = from_candidates(
            prompts, gated, sentence_of, settings.pairs_per_prompt, settings.seed,
            with_references=settings.directions is not None,
        )  # fmt: skip
        if settings.directions is None:
            formed = form_rows(preferred, rejecting)
            parts[dialect] = Balanced(formed.rows, _to_prefer(_supply(preferred)) + formed.counts)
        else:
            parts[dialect] = _balanced(dialect, preferred, unused, settings, rejecting)
        if not parts[dialect].rows:
            raise LahjaError(
                f"negatives: none for any of {len(preferred)} answers to prefer in {dialect}; "
                "expected at least one"
            )
    return parts


def _balanced(
    dialect: str,
    preferred: list[Preferred],
    unused: list[Sentence],
    settings: PairSettings,
    rejecting: Rejecting,
) -> Balanced:
    shares = {name: share for name, share in (settings.directions or {}).items() if share > 0}
    supply = {}
    for name in shares:
        own = _supply([one for one in preferred if one.direction == name])
        supply[name] = own
        if name != FREE:
            more = from_references(unused, dialect, name, settings.seed)
            supply[name] = Supply(own.counts + more.counts, chain(own.prompts, more.prompts))

    def form(prompts: Iterable[Preferred], most: int | None) -> Formed:
        """Return rows of PAIRS of some prompts, at most so many."""
        return form_rows(prompts, rejecting, most)

    balanced = balance(dialect, supply, shares, form, settings.pairs_per_dialect)
    counts = sum((_to_prefer(own) for own in supply.values()), Counter())
    return Balanced(balanced.rows, counts + balanced.counts)


def _supply(preferred: list[Preferred]) -> Supply:
    return Supply(Counter(one.kind for one in preferred), preferred)


def _to_prefer(supply: Supply) -> Counter[tuple[str, str]]:
    return Counter({(kind, TO_PREFER): count for kind, count in supply.counts.items()})


def _table(dialect: str, part: Balanced) -> pd.DataFrame:
    """Return FUNNEL rows of a dialect, with its pairs by kind of negative."""
    counts = part.counts + Counter(
        (row["kind"], f"negative: {kind_of(row['rejected_origin'])}") for row in part.rows
    )
    rows = [
        {"dialect": dialect, "kind": kind, "step": step, "count": count}
        for (kind, step), count in counts.items()
    ]
    return pd.DataFrame(rows, columns=FUNNEL.names)
