"""Preference pairs: of the candidates to one prompt, one is chosen and another rejected.

By label, which is the paper's method: (prompt, R_wanted) > (prompt, R_other), where a response in
the wanted dialect is preferred to one in another variety (section 2, step 4). By reward: `ranking`.
"""

from collections.abc import Collection, Iterable
from typing import Any

import pandas as pd

from lahja.core.config.base import Natural
from lahja.core.config.datasets import Selection
from lahja.core.config.evaluation import Gates
from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_text
from lahja.core.seeding import shuffled, unit_draw
from lahja.core.tables import EVALUATION_PROMPTS, FUNNEL, PAIRS, shown_generator
from lahja.preferences.directions import target_of
from lahja.preferences.gates import TRUNCATED, first_stop
from lahja.preferences.gates.verdict import Pair
from lahja.prompts.intent import PromptIntent, parse_prompt, translation_intent


class PairSettings(Selection):
    """A preference dataset of the configuration, with the limits of its gates."""

    seed: Natural = 0
    limits: Gates = Gates()


def pair_row(prompt: Any, chosen: Any, rejected: Any) -> dict[str, str | None]:
    """Return a row of PAIRS: of a row of PROMPTS and two rows of CANDIDATES."""
    return {
        "pair_id": pair_id(prompt.prompt_id, chosen.response, rejected.response),
        "prompt_id": prompt.prompt_id, "dialect": prompt.dialect, "kind": prompt.kind,
        "prompt": prompt.prompt, "chosen": chosen.response, "rejected": rejected.response,
        "chosen_label": chosen.label, "rejected_label": rejected.label,
        "chosen_generator": shown_generator(chosen.generator, chosen.sample),
        "rejected_generator": shown_generator(rejected.generator, rejected.sample),
        "chosen_origin": chosen.origin, "rejected_origin": rejected.origin,
    }  # fmt: skip


def pair_id(prompt_id: str, chosen: str, rejected: str) -> str:
    """Return the digest that names a pair."""
    return digest_of_text(f"{prompt_id}\n{chosen}\n{rejected}")[:16]


def of_dialects(table: pd.DataFrame, dialects: Collection[str] | None) -> pd.DataFrame:
    """Return the rows that are of some dialects; None is all rows."""
    return table if dialects is None else table[table["dialect"].isin(dialects)]


def usable(candidates: pd.DataFrame) -> pd.DataFrame:
    """Return the candidates that have a text and a label."""
    has_text = candidates["response"].fillna("").str.strip() != ""
    return candidates[has_text & candidates["label"].notna()]


def is_wanted(candidates: pd.DataFrame) -> pd.Series:
    """Return which candidates bear the label of the dialect that was asked for."""
    return candidates["label"] == candidates["dialect"]


def intents_of(prompts: pd.DataFrame) -> dict[str, PromptIntent]:
    """Return what each of PROMPTS asks for, by its columns, under its `prompt_id`."""
    found = {}
    for prompt in prompts.itertuples():
        target, source = target_of(prompt.kind, prompt.dialect), prompt.source
        if source and prompt.source_variety not in (None, target):
            found[prompt.prompt_id] = translation_intent(prompt.source_variety, target, source)
        else:
            found[prompt.prompt_id] = parse_prompt(prompt.prompt, target, source)
    return found


def stopping_gate(
    intent: PromptIntent, candidate: Any, reference: str | None, gates: Iterable[str], limits: Gates
) -> str | None:
    """Return the first of some gates that stops a candidate, None where none does.

    `candidate` has response, finish_reason and label, and of the classifier options and
    probabilities, null where it has none.
    """
    text, finish, known = candidate.response, candidate.finish_reason, {}
    if candidate.options is not None:
        known = dict(zip(candidate.options, candidate.probabilities, strict=True))
    ended = finish if finish in ("stop", "length") else None
    # Each gate reads one side only.
    told = (candidate.label, known, reference)
    return first_stop(Pair(intent, text, text, *told, rejected_finish=ended), limits, gates)


def validation_set(
    prompts: pd.DataFrame, candidates: pd.DataFrame, generator: str, per_dialect: int, seed: int
) -> pd.DataFrame:
    """Return the validation set: prompts whose answer by one generator is in the wanted dialect.

    That answer is the gold (paper, section 3, model selection; ~50 per dialect). Raises
    `LahjaError` naming the dialect where the generator has no such answer.
    """
    own = usable(candidates)
    own = own[(own["generator"] == generator) & (own["origin"] == "generated")]
    gold = own[is_wanted(own)].drop_duplicates("prompt_id")
    rows = gold[["prompt_id", "response"]].merge(prompts, on="prompt_id")
    for dialect in prompts["dialect"].unique():
        if not (rows["dialect"] == dialect).any():
            n = (own["dialect"] == dialect).sum()
            raise LahjaError(
                f"preferences.gold_generator: none of {n} answers of {generator} is labelled "
                f"{dialect}; expected up to {per_dialect} for validation"
            )
    chosen = shuffled(rows, seed, "prompt_id").groupby("dialect").head(per_dialect)
    names = {"kind": "corpus", "dialect": "target_variety", "response": "reference"}
    chosen = chosen.drop(columns="reference").rename(columns=names)
    return chosen.assign(task="validation")[EVALUATION_PROMPTS.names]


def pairs_by_label(
    prompts: pd.DataFrame, candidates: pd.DataFrame, settings: PairSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return PAIRS of the prompts and FUNNEL, how many are left after each step.

    `candidates` is CANDIDATES. Raises `LahjaError` where there is nothing to choose.
    """
    kept = usable(candidates)
    rows = kept.merge(prompts[["prompt_id", "kind", "reference"]], on="prompt_id")
    generated, translated = (rows[rows["origin"] == o] for o in ("generated", "translated"))
    steps = {
        "prompts": prompts,
        "responses": generated,
        "in the wanted dialect": generated[is_wanted(generated)],
        "translated": translated,
        "in the wanted dialect after translation": translated[is_wanted(translated)],
    }
    counts = [_counted(step, table) for step, table in steps.items()]
    if settings.gates:
        stopped_by = _stopped_by(prompts, rows, settings)
        groups = pd.MultiIndex.from_frame(rows[["dialect", "kind"]].drop_duplicates())
        steps = {f"stopped: {gate}": rows[stopped_by == gate] for gate in settings.gates}
        kept = rows = rows[stopped_by.isna()]
        steps["through the gates"] = rows[is_wanted(rows)]
        counts += [_counted(step, table, groups) for step, table in steps.items()]
    for dialect, own in kept.groupby("dialect"):
        if not is_wanted(own).any():
            raise LahjaError(
                f"preferences.classifier: labels none of {len(own)} candidates as {dialect}; "
                "expected at least one to choose"
            )
    pairs = _drawn_pairs(prompts, rows, settings)
    return pairs, pd.concat([*counts, _counted("pairs", pairs)], ignore_index=True)


def _stopped_by(prompts: pd.DataFrame, rows: pd.DataFrame, settings: PairSettings) -> pd.Series:
    """Return of each candidate, as one to choose or to reject, the first gate that stops it."""
    intents = intents_of(prompts)
    gates = {
        side: [g for g in settings.gates if side == (g != TRUNCATED)] for side in (True, False)
    }
    found = [
        stopping_gate(intents[row.prompt_id], row, row.reference, gates[wanted], settings.limits)
        for row, wanted in zip(rows.itertuples(), is_wanted(rows), strict=True)
    ]
    stopped_by = pd.Series(found, index=rows.index, dtype=object)
    for dialect, own in stopped_by[is_wanted(rows)].groupby(rows["dialect"]):
        if own.notna().all():
            (gate, count), *_ = own.value_counts().items()
            raise LahjaError(
                f"preferences.gates: stop all {len(own)} candidates in {dialect} ({gate} stops "
                f"{count}); expected at least one to choose"
            )
    return stopped_by


def _counted(step: str, table: pd.DataFrame, groups: pd.MultiIndex | None = None) -> pd.DataFrame:
    """Return FUNNEL rows of a step; of groups that are given, also those without a row."""
    counts = table.groupby(["dialect", "kind"]).size()
    counts = counts if groups is None else counts.reindex(groups, fill_value=0)
    return counts.reset_index(name="count").assign(step=step)[FUNNEL.names]


def _drawn_pairs(
    prompts: pd.DataFrame, candidates: pd.DataFrame, settings: PairSettings
) -> pd.DataFrame:
    """Return PAIRS: per prompt up to `pairs_per_prompt`, no response twice on a side."""
    by_id = {prompt.prompt_id: prompt for prompt in prompts.itertuples()}

    def draw(row: Any) -> float:
        """Return what candidates are shuffled by."""
        generator = shown_generator(row.generator, row.sample)
        return unit_draw(settings.seed, row.prompt_id, generator, row.origin)

    rows = []
    distinct = candidates.drop_duplicates(["prompt_id", "response"])
    for name, own in distinct.groupby("prompt_id", sort=False):
        sides = (
            sorted(own[side].itertuples(), key=draw)[: settings.pairs_per_prompt]
            for side in (is_wanted(own), ~is_wanted(own))
        )
        rows += [pair_row(by_id[name], *both) for both in zip(*sides, strict=False)]
    return pd.DataFrame(rows, columns=PAIRS.names)
