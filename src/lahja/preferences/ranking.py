"""A model's own samples, selected by reward: the best to learn, or pairs to prefer.

The best sample of a prompt is learnt (best of n), or preferred to the worst (best-of-n against
worst-of-n), by

    reward(y) = chrF++(y, reference) / 100 + λ · ADI2(y)

with λ only where a dialect is asked for. Both sides are near what the model says. Without a
reference the best is the choice by minimum Bayes risk, with the other samples as references.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import partial
from itertools import chain
from typing import Any

import pandas as pd

from lahja.core.config.base import Natural
from lahja.core.config.datasets import Choice
from lahja.core.config.evaluation import Gates
from lahja.core.errors import LahjaError
from lahja.core.tables import EXAMPLES, FUNNEL
from lahja.corpora.text import comparison_key
from lahja.preferences import pairs
from lahja.preferences.directions import target_of
from lahja.preferences.gates import TRUNCATED
from lahja.preferences.gates.adequacy import similarity
from lahja.prompts.intent import PromptIntent
from lahja.scoring.dialectness import score_dialectness
from lahja.scoring.judges import Judges
from lahja.scoring.translation import agreement, chrf_plus_plus, chrf_statistics

# What is wrong whatever its reward is rejected first, however long it is.
_DEGENERATE = ["language", "repetition"]
_MAX_SIMILARITY = 0.9


class ChoiceSettings(Choice):
    """A dataset of chosen samples of the configuration, with the limits of its gates."""

    seed: Natural = 0
    limits: Gates = Gates()


def with_rewards(
    prompts: pd.DataFrame, samples: pd.DataFrame, judges: Judges | None, dialect_weight: float
) -> pd.DataFrame:
    """Return GENERATIONS, samples of PROMPTS, with their `reward`; without judges λ is 0."""
    samples = _with_adi2(prompts, samples, judges)
    chrf = chrf_plus_plus(chrf_statistics(samples["response"], samples["reference"]))
    return samples.assign(reward=chrf / 100 + dialect_weight * samples["adi2"])


def with_gains(
    prompts: pd.DataFrame, samples: pd.DataFrame, judges: Judges | None, dialect_weight: float
) -> pd.DataFrame:
    """Return GENERATIONS, samples of PROMPTS, with their gain as `reward`; without judges λ is 0.

    It is that of decoding by minimum Bayes risk: in place of the reference stand the other samples.
    """
    samples = _with_adi2(prompts, samples, judges)
    by_prompt = samples.groupby("prompt_id", sort=False)["response"]
    agreed = by_prompt.transform(lambda own: agreement([*own])).astype(float)
    return samples.assign(reward=agreed / 100 + dialect_weight * samples["adi2"])


def _with_adi2(prompts: pd.DataFrame, samples: pd.DataFrame, judges: Judges | None) -> pd.DataFrame:
    """Return samples with their prompts' `kind` and `reference`, and `adi2`."""
    by_id = prompts.set_index("prompt_id")[["kind", "reference"]]
    samples = samples.assign(response=samples["response"].fillna("")).join(by_id, on="prompt_id")
    if judges is None:
        return samples.assign(adi2=0.0)
    targets = pd.Series(map(target_of, samples["kind"], samples["dialect"]), samples.index)
    scored = samples.join(judges.score(samples["response"]).set_axis(samples.index))
    # It is 0 where no dialect is asked for.
    return samples.assign(adi2=score_dialectness(scored, targets, samples["kind"])["adi2"])


def examples_by_reward(
    prompts: pd.DataFrame,
    samples: pd.DataFrame,
    settings: ChoiceSettings,
    held_out: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return EXAMPLES, the best sample through the gates of each prompt, and FUNNEL.

    The samples have their `reward`. Those of a prompt of which either side has a comparison key in
    `held_out` (see `held_out_keys`) are not learnt. Raises `LahjaError` where nothing is left.
    """

    def best(intent: PromptIntent, own: pd.DataFrame, reference: str | None) -> Any:
        """Return the best of a prompt's samples, or why there is none."""
        return _best(intent, _ranked(own), reference, settings.gates, settings.limits)

    found, counts = _selected(prompts, samples, best, held_out, "chosen")
    if not found:
        raise LahjaError(f"chosen samples: none of {len(prompts)} prompts has one")
    rows = [
        (p.prompt_id, p.kind, target_of(p.kind, p.dialect), p.prompt, sample.response)
        for p, sample in found
    ]
    return pd.DataFrame(rows, columns=EXAMPLES.names), _funnel(counts)


def pairs_by_reward(
    prompts: pd.DataFrame,
    samples: pd.DataFrame,
    settings: pairs.PairSettings,
    held_out: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return PAIRS and FUNNEL of samples with their `reward`, up to one pair of each prompt.

    Prompts in `held_out` form none, as in `examples_by_reward`. Raises `LahjaError` where no pair
    is formed.
    """
    select = partial(_best_and_worst, settings=settings)
    found, counts = _selected(prompts, samples, select, held_out, "pairs")
    if not found:
        raise LahjaError(f"ranked pairs: none of {len(prompts)} prompts has a best and a worst")
    rows = [
        pairs.pair_row(p, *both) | {"chosen_label": target_of(p.kind, p.dialect)}
        for p, both in found
    ]
    return pd.DataFrame(rows), _funnel(counts)


def _selected(
    prompts: pd.DataFrame,
    samples: pd.DataFrame,
    select: Callable[[PromptIntent, pd.DataFrame, str | None], Any],
    held_out: Collection[str],
    step: str,
) -> tuple[list[tuple[Any, Any]], Counter[tuple[str, str, str]]]:
    """Return each prompt with what is selected of its samples, and how many there are at a step.

    `select` returns it, or why there is nothing; `step` is the name of the last step.
    """
    # No classifier was asked about samples.
    samples = samples.assign(origin="sampled", label=None, options=None, probabilities=None)
    by_prompt = dict(iter(samples.groupby("prompt_id", sort=False)))
    intents = pairs.intents_of(prompts)
    counts: Counter[tuple[str, str, str]] = Counter()
    selected = []
    for prompt in prompts[prompts["prompt_id"].isin(by_prompt)].itertuples():
        name = prompt.prompt_id
        sides = filter(None, (prompt.source, prompt.reference))
        if any(comparison_key(text) in held_out for text in sides):
            found = "held out for validation"
        else:
            found = select(intents[name], by_prompt[name], prompt.reference)
        is_none = isinstance(found, str)
        steps = ("sampled prompts", found if is_none else step)
        counts.update((prompt.dialect, prompt.kind, each) for each in steps)
        selected += [] if is_none else [(prompt, found)]
    return selected, counts


def _funnel(counts: Counter[tuple[str, str, str]]) -> pd.DataFrame:
    return pd.DataFrame([(*key, n) for key, n in counts.items()], columns=FUNNEL.names)


def _ranked(samples: pd.DataFrame) -> list[Any]:
    """Return the rows of distinct samples with a text, the best first."""
    distinct = samples[samples["response"].fillna("").str.strip() != ""].drop_duplicates("response")
    order = distinct.sort_values(["reward", "sample"], ascending=[False, True])
    return [*order.itertuples()]


def _best(
    intent: PromptIntent, ranked: list[Any], reference: str | None, gates: list[str], limits: Gates
) -> Any:
    """Return the first of ranked samples that passes the gates, or why there is none."""
    through = (
        sample for sample in ranked
        if not pairs.stopping_gate(intent, sample, reference, gates, limits)
    )  # fmt: skip
    return next(through, "no sample through the gates")


def _best_and_worst(
    intent: PromptIntent,
    samples: pd.DataFrame,
    reference: str | None,
    settings: pairs.PairSettings,
) -> tuple[Any, Any] | str:
    """Return the sample to choose and the one to reject, or why there are none.

    The best must pass the gates. What is degenerate is rejected before what has a low reward; of
    the others the lowest that is not merely cut off, nor much longer, shorter or like the best.
    """
    ranked = _ranked(samples)
    gates = [name for name in settings.gates if name != TRUNCATED]
    best = _best(intent, ranked, reference, gates, settings.limits)
    if isinstance(best, str):
        return best

    def is_stopped(sample: Any, gates: Iterable[str]) -> bool:
        """Return whether one of the gates stops a sample as a chosen response."""
        return bool(pairs.stopping_gate(intent, sample, reference, gates, settings.limits))

    others = [sample for sample in ranked if sample is not best]
    # A repetition that runs to the limit is no answer that was merely cut off.
    degenerate = (sample for sample in others if is_stopped(sample, _DEGENERATE))
    low = (
        sample for sample in reversed(others)
        if best.reward - sample.reward >= settings.min_margin
        and length_ratio(best.response, sample.response) >= settings.min_length_ratio
        and similarity(best.response, sample.response) <= _MAX_SIMILARITY
        and not is_stopped(sample, [TRUNCATED])
    )  # fmt: skip
    worst = next(chain(degenerate, low), None)
    return "best and worst alike" if worst is None else (best, worst)


def length_ratio(one: str, other: str) -> float:
    """Return the letters of the shorter text per letter of the longer, 0 to 1."""
    lengths = sorted(len(comparison_key(text)) for text in (one, other))
    return lengths[0] / lengths[1] if lengths[1] else 0.0
