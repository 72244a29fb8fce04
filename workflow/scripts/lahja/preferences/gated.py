"""Form preference pairs of candidates that the gates let through.

As in `pairs`, the dialect label decides which side a candidate may stand on; but what is chosen
must pass the gates, and what is rejected must not merely be cut off.
"""

from dataclasses import dataclass

import pandas as pd

from lahja.errors import LahjaError
from lahja.gates import adequacy, truncation
from lahja.gates.asked import Asked, parse_prompt
from lahja.gates.gating import GATES, first_stop, judge
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Evidence, Judged
from lahja.pairs import is_wanted, usable
from lahja.tables import FUNNEL

THROUGH = "through the gates"


@dataclass(frozen=True)
class Gated:
    """The candidates that may stand in a pair, and FUNNEL rows of what was stopped and why.

    Those in the wanted dialect that say something else than was asked are `inadequate`: they may
    be rejected as such.
    """

    candidates: pd.DataFrame
    inadequate: pd.DataFrame
    counts: pd.DataFrame


def gate_candidates(
    prompts: pd.DataFrame,
    candidates: pd.DataFrame,
    settings: GateSettings,
    gates: tuple[str, ...] = tuple(GATES),
) -> Gated:
    """Return the candidates without those that a gate stops, on the side where they would stand.

    A candidate counts under the first gate that stops it. Raises `LahjaError` where the gates
    leave a dialect nothing to choose, naming the gate that stops most.
    """
    rows = usable(candidates).merge(prompts[["prompt_id", "kind", "prompt", "reference"]])
    asked = {
        prompt.prompt_id: parse_prompt(prompt.prompt, prompt.dialect)
        for prompt in prompts.itertuples()
    }
    chosen_gates = [name for name in gates if name != truncation.GATE]
    rejected_gates = [name for name in gates if name == truncation.GATE]
    stops = [
        _stop(row, asked[row.prompt_id], settings, chosen_gates if wanted else rejected_gates)
        for row, wanted in zip(rows.itertuples(), is_wanted(rows), strict=True)
    ]
    rows["stopped_by"] = stops
    _check_some_left(rows)
    kept = rows[rows["stopped_by"].isna()]
    is_inadequate = is_wanted(rows) & (rows["stopped_by"] == adequacy.GATE)
    return Gated(
        kept[candidates.columns], rows[is_inadequate][candidates.columns], _counts(rows, gates)
    )


def with_counts(funnel: pd.DataFrame, *counts: pd.DataFrame) -> pd.DataFrame:
    """Return the funnel with further counts before the pairs."""
    is_pairs = funnel["step"] == "pairs"
    parts = [funnel[~is_pairs], *counts, funnel[is_pairs]]
    return pd.concat(parts, ignore_index=True)[FUNNEL.names]


def _stop(row: object, asked: Asked, settings: GateSettings, gates: list[str]) -> str | None:
    options = row.options if row.options is not None else ()
    probabilities = row.probabilities if row.probabilities is not None else ()
    evidence = Evidence(
        label=row.label,
        probabilities=dict(zip(options, probabilities, strict=True)),
        reference=row.reference,
        rejected_finish=row.finish_reason if row.finish_reason in ("stop", "length") else None,
    )
    # Each side's gates read that side only.
    pair = Judged(asked, chosen=row.response, rejected=row.response, evidence=evidence)
    stop = first_stop(judge(pair, settings, gates))
    return stop.gate if stop else None


def _check_some_left(rows: pd.DataFrame) -> None:
    for dialect, own in rows[is_wanted(rows)].groupby("dialect"):
        if own["stopped_by"].isna().any():
            continue
        gate, count = next(iter(own["stopped_by"].value_counts().items()))
        raise LahjaError(
            f"preferences.gates: stop all {len(own)} candidates in {dialect} ({gate} stops "
            f"{count}); expected at least one to prefer"
        )


def _counts(rows: pd.DataFrame, gates: tuple[str, ...]) -> pd.DataFrame:
    steps = {f"stopped: {gate}": rows[rows["stopped_by"] == gate] for gate in gates}
    steps[THROUGH] = rows[is_wanted(rows) & rows["stopped_by"].isna()]
    groups = list(dict.fromkeys(zip(rows["dialect"], rows["kind"], strict=True)))
    counted = [
        {"dialect": dialect, "kind": kind, "step": step, "count": count}
        for step, table in steps.items()
        for dialect, kind in groups
        for count in [int(((table["dialect"] == dialect) & (table["kind"] == kind)).sum())]
    ]
    return pd.DataFrame(counted, columns=FUNNEL.names)
