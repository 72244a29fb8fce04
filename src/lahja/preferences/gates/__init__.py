"""Gates: what keeps a preference pair out of training, each with its own reason.

A gate is a pure function of a `Pair` and the settings; its name is the reason code of its stops.
"""

from collections.abc import Callable, Iterable

from lahja.core.config.evaluation import Gates
from lahja.preferences.gates import adequacy, form, language
from lahja.preferences.gates.verdict import STOPPED, Pair, Verdict

# The gates that look at the rejected text.
TRUNCATED, NO_SIGNAL = "truncated_rejected", "no_signal"
# In the order in which they are applied.
GATES: dict[str, Callable[[Pair, Gates], Verdict]] = {
    "language": language.judge_language,
    "echo": adequacy.judge_echo,
    "adequacy": adequacy.judge_adequacy,
    "artefact": form.judge_artefacts,
    "repetition": form.judge_repetition,
    "dialect": language.judge_dialect,
    "length": adequacy.judge_length,
    "numbers": adequacy.judge_numbers,
    "names": adequacy.judge_names,
    TRUNCATED: form.judge_truncation,
}
# Of a pair that is already made; where pairs are built there is none such.
GATES_OF_PAIRS = {NO_SIGNAL: form.judge_signal, **GATES}


def first_stop(pair: Pair, settings: Gates, gates: Iterable[str]) -> str | None:
    """Return the first of the gates named that stops a pair, None where none does."""
    return next((gate for gate in gates if GATES[gate](pair, settings).status == STOPPED), None)
