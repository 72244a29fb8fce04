"""How near a negative is to the chosen text: the nearer, the more there is to learn from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lahja.data.text import arabic_share, comparison_key
from lahja.metrics.translation import chrf_plus_plus, chrf_statistics
from lahja.preferences.preferred import Answer
from lahja.seeding import unit_draw


@dataclass(frozen=True)
class HardnessSettings:
    """Which texts may be rejected, `preferences.hardness` in the configuration."""

    longest: float = 2.0
    least_chrf: float = 5.0
    most_likeness: float = 0.9
    shortlist: int = 1
    fewest_words: int = 3


def hardest(
    chosen: str, options: Sequence[Answer], settings: HardnessSettings, seed: int
) -> Answer | None:
    """Return an option that is near to the chosen text, None where none is near enough.

    Of the nearest few, by chrF++ times the ratio of lengths, one is drawn.
    """
    if not options:
        return None
    texts = [option.text for option in options]
    scores = chrf_plus_plus(chrf_statistics(texts, [chosen] * len(texts)))
    scored = []
    for option, score in zip(options, scores, strict=True):
        ratio = length_ratio(chosen, option.text)
        # Between two scripts chrF++ is next to nothing, whatever is said.
        is_near = score >= settings.least_chrf or not _is_same_script(chosen, option.text)
        if is_near and ratio * settings.longest >= 1:
            scored.append((float(score) * ratio, ratio, option))
    scored.sort(key=lambda item: item[:2], reverse=True)
    best = scored[: settings.shortlist]
    return best[int(unit_draw(seed, "hardest", chosen) * len(best))][2] if best else None


def length_ratio(one: str, other: str) -> float:
    """Return the letters of the shorter text per letter of the longer, 0 to 1."""
    lengths = sorted(len(comparison_key(text)) for text in (one, other))
    return lengths[0] / lengths[1] if lengths[1] else 0.0


def _is_same_script(one: str, other: str) -> bool:
    return (arabic_share(one) >= 0.5) == (arabic_share(other) >= 0.5)
