"""All gates, in the order in which they are applied."""

from collections.abc import Callable, Iterable

from lahja.errors import LahjaError
from lahja.gates import (
    adequacy,
    artefacts,
    dialect,
    echo,
    language,
    length,
    names,
    numbers,
    repeats,
    truncation,
)
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import STOPPED, Judged, Verdict

Gate = Callable[[Judged, GateSettings], Verdict]

GATES: dict[str, Gate] = {
    language.GATE: language.judge_language,
    echo.GATE: echo.judge_echo,
    artefacts.GATE: artefacts.judge_artefacts,
    repeats.GATE: repeats.judge_repetition,
    dialect.GATE: dialect.judge_dialect,
    length.GATE: length.judge_length,
    numbers.GATE: numbers.judge_numbers,
    names.GATE: names.judge_names,
    adequacy.GATE: adequacy.judge_adequacy,
    truncation.GATE: truncation.judge_truncation,
}


def judge(
    pair: Judged, settings: GateSettings, gates: Iterable[str] = tuple(GATES)
) -> list[Verdict]:
    """Return the verdict of each gate named; raise `LahjaError` for a name that is none."""
    for name in gates:
        if name not in GATES:
            raise LahjaError(f"unknown gate {name!r}: expected one of {', '.join(GATES)}")
    return [GATES[name](pair, settings) for name in gates]


def first_stop(verdicts: Iterable[Verdict]) -> Verdict | None:
    """Return the first verdict that stops a pair, None where it goes through."""
    return next((verdict for verdict in verdicts if verdict.status == STOPPED), None)
