"""What models say of pairs, gathered in batches before the gates judge them."""

from collections import defaultdict
from dataclasses import replace
from typing import Protocol

from lahja.data.text import arabic_share
from lahja.gates.artefacts import unwrapped
from lahja.gates.asked import TRANSLATE
from lahja.gates.verdict import Judged


class Classifier(Protocol):
    """Something that gives texts the probabilities of varieties."""

    def label(self, texts: list[str]) -> tuple[tuple[str, ...], list[list[float]]]:
        """Return the varieties that it knows, and of each text their probabilities."""


class Translator(Protocol):
    """Something that translates between varieties, given by their codes."""

    def translate(self, texts: list[str], source: str, target: str) -> list[str | None]:
        """Return a translation of each text; None for one that could not be made."""


def with_labels(pairs: list[Judged], classifier: Classifier) -> list[Judged]:
    """Return the pairs with the classifier's word on each chosen text in Arabic."""
    rows = [i for i, pair in enumerate(pairs) if arabic_share(pair.chosen) >= 0.5]
    options, found = classifier.label([unwrapped(pairs[row].chosen) for row in rows])
    labelled = list(pairs)
    for row, values in zip(rows, found, strict=True):
        probabilities = dict(zip(options, values, strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        evidence = replace(pairs[row].evidence, label=label, probabilities=probabilities)
        labelled[row] = replace(pairs[row], evidence=evidence)
    return labelled


def with_back_translations(pairs: list[Judged], translator: Translator) -> list[Judged]:
    """Return the pairs with the chosen translations put back into their source's variety.

    Only translations whose two varieties are known, and which have no reference.
    """
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, pair in enumerate(pairs):
        direction = _direction(pair)
        if direction is not None and pair.evidence.reference is None:
            groups[direction].append(row)
    translated = list(pairs)
    for (source, target), rows in groups.items():
        texts = [unwrapped(pairs[row].chosen) for row in rows]
        backs = translator.translate(texts, target, source)
        owns = _round_trips([pairs[row].asked.payload for row in rows], source, target, translator)
        for row, back, own in zip(rows, backs, owns, strict=True):
            evidence = replace(pairs[row].evidence, back_translation=back, own_round_trip=own)
            translated[row] = replace(pairs[row], evidence=evidence)
    return translated


def _round_trips(
    payloads: list[str], source: str, target: str, translator: Translator
) -> list[str | None]:
    there = translator.translate(payloads, source, target)
    kept = [place for place, text in enumerate(there) if text]
    back = translator.translate([there[place] for place in kept], target, source)
    found = dict(zip(kept, back, strict=True))
    return [found.get(place) for place in range(len(payloads))]


def _direction(pair: Judged) -> tuple[str, str] | None:
    asked = pair.asked
    if asked.kind != TRANSLATE or asked.payload is None or asked.variety is None:
        return None
    if asked.source_variety is None or not any(c.isalnum() for c in pair.chosen):
        return None
    return asked.source_variety, asked.variety
