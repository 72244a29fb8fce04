"""Gate: the answer is in the variety that was asked for."""

from lahja.gates.markers import find_markers
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import Judged, Verdict, not_computed, passed, stopped
from lahja.varieties import DIALECTS, get_variety

GATE = "dialect"

_ALL = frozenset(DIALECTS)


def judge_dialect(pair: Judged, settings: GateSettings) -> Verdict:
    """Stop an answer in another variety, as a classifier's label or marker words show it.

    Marker words stop an answer where more of them are foreign to the variety than at home in it.
    """
    wanted = pair.asked.variety
    if wanted is None:
        return not_computed(GATE, "the prompt does not tell which variety was asked for")
    if wanted == "eng":
        return not_computed(GATE, "English was asked for: see the language gate")
    by_words = _by_markers(pair.chosen, wanted, settings.dialect.least_margin)
    if by_words is not None and by_words.status == "stopped":
        return by_words
    by_label = _by_label(pair, wanted, settings.dialect.least_probability)
    found = by_label or by_words
    return found or not_computed(GATE, "no marker word in the answer, and no classifier was given")


def _by_markers(text: str, wanted: str, margin: int) -> Verdict | None:
    markers = find_markers(text)
    if not markers:
        return None
    foreign = [word for word, varieties in markers.items() if wanted not in varieties]
    # What all dialects share does not make up for a word of MSA.
    own = sum(wanted in varieties and not varieties >= _ALL for varieties in markers.values())
    if len(foreign) - own >= margin:
        name = get_variety(wanted).name
        reason = f"words that {name} does not use: {', '.join(foreign)}"
        return stopped(GATE, reason, len(foreign) - own, margin)
    return passed(GATE, "its marker words fit", len(foreign) - own, margin)


def _by_label(pair: Judged, wanted: str, least: float) -> Verdict | None:
    evidence = pair.evidence
    if evidence.label is None or (evidence.probabilities and wanted not in evidence.probabilities):
        return None
    probability = evidence.probabilities.get(wanted)
    if evidence.label == wanted:
        return passed(GATE, "the classifier says so too", probability, least)
    if probability is None or probability < least:
        reason = f"the classifier labels it {evidence.label}"
        return stopped(GATE, reason, probability, least)
    return passed(GATE, f"labelled {evidence.label}, but not surely", probability, least)
