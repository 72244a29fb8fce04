"""Pairs of a model's own translations, ranked by how good and how dialectal they are.

The model translates sentences of the training split in all four directions, several times each.
Of the samples of one prompt the best is preferred to the worst (best-of-n against worst-of-n) by

    reward(y) = chrF++(y, reference) / 100 + λ · ADI2(y)

with λ only where a dialect is asked for. It is the gain of `lahja.mbr` with a known reference in
place of the other samples. Both sides are the model's own, so neither is far from what it says,
and a sample is rejected for what it lacks against its equals: adequacy, dialect, or both. Where the
better sample is the longer one, that also teaches a model to go on and on, which loops made of
chosen texts, rejected besides, unteach.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lahja.data.text import comparison_key, count_words
from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.gates import language, repeats, truncation
from lahja.gates.asked import parse_prompt
from lahja.gates.gating import GATES, first_stop, judge
from lahja.gates.likeness import likeness
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Evidence, Judged
from lahja.metrics.translation import chrf_plus_plus, chrf_statistics
from lahja.preferences.hardness import HardnessSettings, length_ratio
from lahja.preferences.negatives import LOOP, find_negative
from lahja.preferences.preferred import Answer, Preferred, from_references
from lahja.preferences.sentences import training_sentences
from lahja.seeding import unit_draw
from lahja.tables import FUNNEL, PAIRS, PROMPTS
from lahja.translation_data import DIRECTIONS
from lahja.varieties import get_variety

SAMPLED, NO_BEST, TOO_NEAR, LOOPS = (
    "sampled prompts",
    "no sample through the gates",
    "best and worst alike",
    "loops besides",
)
_ORIGIN = "sampled"
# What is wrong whatever it scores is rejected first, however long it is.
_DEGENERATE = [language.GATE, repeats.GATE]
# A loop of a short text is long.
_LOOP_HARDNESS = HardnessSettings(longest=4.0)


@dataclass(frozen=True)
class RankSettings:
    """A ranked preference dataset of the configuration."""

    seed: int = 0
    objective: str = "ranked"
    dialect_weight: float = 0.6
    """What an ADI2 of 1 counts against a chrF++ of 100: the λ of the reward."""
    least_margin: float = 0.1
    """Of two rewards, below which the samples are too near to prefer one."""
    least_length_ratio: float = 0.75
    """Of the shorter to the longer of a pair: else the longer side teaches length itself."""
    loops: float = 0.0
    """Loops made of chosen texts and rejected besides, per pair of two samples."""
    most_likeness: float = 0.9
    fewest_words: int = 3
    gates: tuple[str, ...] = tuple(GATES)
    limits: GateSettings = field(default_factory=GateSettings)


def direction_prompts(
    parallel: pd.DataFrame, dialect: str, number: int, fewest_words: int, seed: int
) -> pd.DataFrame:
    """Return PROMPTS to translate up to `number` training sentences in each direction.

    The kind of each is its direction. Sentences whose translation is too short, or the same text,
    teach nothing and are left out. Raises `LahjaError` naming a direction without any.
    """
    sentences = list(training_sentences(parallel).values())
    rows = []
    for direction in DIRECTIONS:
        own: dict[str, dict[str, Any]] = {}
        for one in from_references(sentences, dialect, direction, seed).prompts:
            reference, source = one.chosen.text, one.asked.payload
            is_same = comparison_key(reference) == comparison_key(source or "")
            if is_same or count_words(reference) < fewest_words:
                continue
            own[one.prompt_id] = {
                "prompt_id": one.prompt_id, "dialect": dialect, "kind": direction,
                "source_variety": one.asked.source_variety, "source": source,
                "reference": reference, "sentence_id": None, "prompt": one.prompt,
            }  # fmt: skip
            if len(own) == number:
                break
        if not own:
            raise LahjaError(f"directions: no training sentence of {dialect} for {direction}")
        rows += own.values()
    return pd.DataFrame(rows, columns=PROMPTS.names)


def target_of(kind: str, dialect: str) -> str:
    """Return the variety that a direction asks for."""
    side = kind.split("-")[1]
    return dialect if side == "da" else side


def rewards(answers: pd.DataFrame, adi2: np.ndarray, dialect_weight: float) -> np.ndarray:
    """Return each answer's reward; `answers` has response, reference and target.

    chrF++ over 100, plus the weighted ADI2 where the target is a dialect.
    """
    statistics = chrf_statistics(answers["response"], answers["reference"])
    is_dialect = answers["target"].map(lambda code: get_variety(code).is_dialect).to_numpy()
    return chrf_plus_plus(statistics) / 100 + dialect_weight * np.where(is_dialect, adi2, 0.0)


def rank_pairs(
    prompts: pd.DataFrame, answers: pd.DataFrame, settings: RankSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return PAIRS and FUNNEL of answers with their `reward`, up to one pair of each prompt.

    `answers` is RESPONSES with a reward. The best must pass the gates, with the reference as
    evidence; the worst must not merely be cut off, and a loop or an answer in the wrong language
    goes before one of low reward. A share of the chosen texts comes once more, against a loop made
    of it. Raises `LahjaError` where no pair is formed.
    """
    by_prompt = dict(iter(answers.groupby("prompt_id", sort=False)))
    counts: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for prompt in prompts.itertuples():
        own = by_prompt.get(prompt.prompt_id)
        if own is None:
            continue
        counts[prompt.dialect, prompt.kind, SAMPLED] += 1
        found = _pair(prompt, own, settings)
        if isinstance(found, str):
            counts[prompt.dialect, prompt.kind, found] += 1
        else:
            rows.append(found)
            counts[prompt.dialect, prompt.kind, "pairs"] += 1
    if not rows:
        raise LahjaError(f"ranked pairs: none of {len(prompts)} prompts has a best and a worst")
    against_loops = _against_loops(rows, settings)
    for row in against_loops:
        counts[row["dialect"], row["kind"], LOOPS] += 1
    rows += against_loops
    table = [
        {"dialect": dialect, "kind": kind, "step": step, "count": count}
        for (dialect, kind, step), count in counts.items()
    ]
    return pd.DataFrame(rows)[PAIRS.names], pd.DataFrame(table, columns=FUNNEL.names)


def _pair(
    prompt: Any, answers: pd.DataFrame, settings: RankSettings
) -> dict[str, str | None] | str:
    """Return a row of PAIRS, or why there is none."""
    asked = parse_prompt(prompt.prompt, prompt.dialect)
    gates = [name for name in settings.gates if name != truncation.GATE]
    ranked = answers.drop_duplicates("response").sort_values(
        ["reward", "generator"], ascending=[False, True]
    )
    texts = [*ranked.itertuples()]

    def is_stopped(answer: Any, names: list[str]) -> bool:
        """Return whether one of these gates stops an answer."""
        finish = answer.finish_reason if answer.finish_reason in ("stop", "length") else None
        evidence = Evidence(reference=prompt.reference, rejected_finish=finish)
        pair = Judged(asked, answer.response, answer.response, evidence)
        return first_stop(judge(pair, settings.limits, names)) is not None

    best = next((a for a in texts if _has_text(a) and not is_stopped(a, gates)), None)
    if best is None:
        return NO_BEST
    # A loop that runs to the limit is no answer that was merely cut off.
    degenerate = next((a for a in texts if _has_text(a) and is_stopped(a, _DEGENERATE)), None)
    if degenerate is not None:
        return _row(prompt, best, degenerate)
    for worst in reversed(texts):
        if best.reward - worst.reward < settings.least_margin:
            break
        if (
            _has_text(worst)
            and length_ratio(best.response, worst.response) >= settings.least_length_ratio
            and likeness(best.response, worst.response) <= settings.most_likeness
            and not is_stopped(worst, [truncation.GATE])
        ):
            return _row(prompt, best, worst)
    return TOO_NEAR


def _against_loops(rows: list[dict[str, Any]], settings: RankSettings) -> list[dict[str, Any]]:
    """Return rows of PAIRS that reject loops made of chosen texts, of a share of the rows."""
    wanted = round(settings.loops * len(rows))
    found: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: unit_draw(settings.seed, LOOP, row["pair_id"])):
        if len(found) == wanted:
            break
        chosen = [row[f"chosen{what}"] for what in ("", "_label", "_generator", "_origin")]
        about = [row[key] for key in ("prompt_id", "dialect", "kind", "kind", "prompt")]
        asked = parse_prompt(row["prompt"], row["dialect"])
        preferred = Preferred(*about, asked, Answer(*chosen))
        loop = find_negative(preferred, LOOP, settings.limits, _LOOP_HARDNESS, settings.seed)
        if loop is not None:
            rejected = {
                "pair_id": _pair_id(row["prompt_id"], row["chosen"], loop.text),
                "rejected": loop.text, "rejected_label": loop.label,
                "rejected_generator": loop.generator, "rejected_origin": loop.origin,
            }  # fmt: skip
            found.append(row | rejected)
    return found


def _pair_id(prompt_id: str, chosen: str, rejected: str) -> str:
    return digest_of_text(f"{prompt_id}\n{chosen}\n{rejected}")[:16]


def _has_text(answer: Any) -> bool:
    return bool(answer.response and answer.response.strip())


def _row(prompt: Any, best: Any, worst: Any) -> dict[str, str | None]:
    # What the worst is, no classifier was asked.
    target = target_of(prompt.kind, prompt.dialect)
    return {
        "pair_id": _pair_id(prompt.prompt_id, best.response, worst.response),
        "prompt_id": prompt.prompt_id, "dialect": prompt.dialect, "kind": prompt.kind,
        "prompt": prompt.prompt, "chosen": best.response, "rejected": worst.response,
        "chosen_label": target, "rejected_label": None,
        "chosen_generator": best.generator, "rejected_generator": worst.generator,
        "chosen_origin": _ORIGIN, "rejected_origin": _ORIGIN,
    }  # fmt: skip
