"""Audit preference pairs: each pair with the verdict of every gate."""

from dataclasses import asdict, dataclass

import pandas as pd

from lahja.errors import LahjaError
from lahja.gates.asked import Asked, parse_prompt
from lahja.gates.evidence import (
    Classifier,
    Translator,
    with_back_translations,
    with_labels,
)
from lahja.gates.gating import GATES, first_stop, judge
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import NOT_COMPUTED, PASSED, STOPPED, Evidence, Judged, Verdict
from lahja.readers import PreferencePair
from lahja.tables import AUDIT, VERDICTS


@dataclass(frozen=True)
class Audited:
    """A pair of a file, what its prompt asks for, and what the gates say of it."""

    pair: PreferencePair
    asked: Asked
    verdicts: tuple[Verdict, ...]

    @property
    def index(self) -> int:
        """Position in the file, from 0."""
        return self.pair.line - 1

    @property
    def stops(self) -> tuple[Verdict, ...]:
        """The verdicts that stop the pair, in the order of the gates."""
        return tuple(verdict for verdict in self.verdicts if verdict.status == STOPPED)


def audit_pairs(
    pairs: list[PreferencePair],
    settings: GateSettings,
    classifier: Classifier | None = None,
    translator: Translator | None = None,
) -> list[Audited]:
    """Return each pair with the gates' verdicts; models are asked where they are given."""
    if not pairs:
        raise LahjaError("no preference pairs to audit")
    judged = [_judged(pair) for pair in pairs]
    if classifier is not None:
        judged = with_labels(judged, classifier)
    if translator is not None:
        judged = with_back_translations(judged, translator)
    return [
        Audited(pair, item.asked, tuple(judge(item, settings)))
        for pair, item in zip(pairs, judged, strict=True)
    ]


def _judged(pair: PreferencePair) -> Judged:
    evidence = Evidence(
        label=pair.chosen_label,
        reference=pair.reference,
        rejected_finish=pair.rejected_finish,
    )
    asked = parse_prompt(pair.prompt, pair.variety)
    return Judged(asked, pair.chosen, pair.rejected, evidence)


def audit_table(audited: list[Audited]) -> pd.DataFrame:
    """Return AUDIT: one row per pair, with the gate that stopped it and why."""
    rows = []
    for item in audited:
        stop = first_stop(item.verdicts)
        rows.append(
            {
                "index": item.index,
                "file": item.pair.file,
                "kind": item.asked.kind,
                "target_variety": item.asked.variety,
                "gate": stop.gate if stop else None,
                "reason": stop.reason if stop else None,
                "all_gates": [verdict.gate for verdict in item.stops],
                "not_computed": [v.gate for v in item.verdicts if v.status == NOT_COMPUTED],
                "prompt": item.pair.prompt,
                "chosen": item.pair.chosen,
                "rejected": item.pair.rejected,
            }
        )
    return pd.DataFrame(rows, columns=AUDIT.names)


def verdicts_table(audited: list[Audited]) -> pd.DataFrame:
    """Return VERDICTS: one row per pair and gate."""
    rows = [{"index": item.index} | asdict(v) for item in audited for v in item.verdicts]
    return pd.DataFrame(rows, columns=VERDICTS.names)


def summary(audited: list[Audited]) -> str:
    """Return how many pairs each gate stops, passes and cannot tell, as text."""
    stopped = sum(bool(item.stops) for item in audited)
    lines = [
        f"{len(audited)} pairs: {stopped} stopped, {len(audited) - stopped} go through",
        "",
        f"{'gate':<20}{'stopped':>9}{'first':>7}{'passed':>8}{'not computed':>14}  mostly because",
    ]
    for gate in GATES:
        verdicts = [v for item in audited for v in item.verdicts if v.gate == gate]
        counts = {s: sum(v.status == s for v in verdicts) for s in (STOPPED, PASSED, NOT_COMPUTED)}
        first = sum(bool(item.stops) and item.stops[0].gate == gate for item in audited)
        reasons = pd.Series([v.reason for v in verdicts if v.status == NOT_COMPUTED], dtype=object)
        why = reasons.value_counts().index[0] if len(reasons) else ""
        lines.append(
            f"{gate:<20}{counts[STOPPED]:>9}{first:>7}{counts[PASSED]:>8}"
            f"{counts[NOT_COMPUTED]:>14}  {why}".rstrip()
        )
    return "\n".join(lines)


def as_json_lines(audited: list[Audited]) -> list[dict]:
    """Return one object per pair with all of its verdicts, for a JSON Lines file."""
    return [
        {
            "index": item.index,
            "asked": asdict(item.asked),
            "stopped": bool(item.stops),
            "verdicts": [asdict(verdict) for verdict in item.verdicts],
        }
        for item in audited
    ]
