"""Turn parallel sentences into examples for the translators."""

from dataclasses import dataclass

import pandas as pd

from lahja.errors import LahjaError
from lahja.seeding import shuffled
from lahja.tables import EXAMPLES
from lahja.translation import translation_prompt
from lahja.varieties import get_variety

# "da" is whichever dialect a pair is in.
DIRECTIONS = ("eng-da", "msa-da", "da-eng", "da-msa")
VARIANTS = ("clean", "aug")


@dataclass(frozen=True)
class TranslationData:
    """What the translators learn (paper, section 3): ~697K examples in four directions.

    The variant "clean" leaves out sides that NLLB wrote, "aug" keeps them. `max_pairs` counts
    examples; those kept are evenly spread over the directions and dialects.
    """

    directions: tuple[str, ...] = DIRECTIONS
    max_pairs: int | None = None
    seed: int = 0
    variant: str = "aug"
    split: str = "train"


def translation_data(parallel: pd.DataFrame, settings: TranslationData) -> pd.DataFrame:
    """Return EXAMPLES of the wanted split in the wanted directions."""
    _check(settings)
    chosen = parallel[parallel["split"] == settings.split]
    rows = [
        example
        for pair in chosen.itertuples()
        for direction in settings.directions
        if (example := _example(pair, direction, settings.variant)) is not None
    ]
    examples = pd.DataFrame(rows, columns=[*EXAMPLES.names, "dialect"])
    if examples.empty:
        raise LahjaError(f"no {settings.variant} pairs of split {settings.split!r}")
    mixed = shuffled(examples, settings.seed, "example_id")
    if settings.max_pairs is not None:
        place = mixed.groupby(["kind", "dialect"]).cumcount()
        mixed = mixed.iloc[place.argsort(kind="stable")].head(settings.max_pairs)
    return mixed[EXAMPLES.names]


def _example(pair: object, direction: str, variant: str) -> dict[str, str] | None:
    if not get_variety(pair.variety).is_dialect:
        return None
    sides = {"da": pair.text, "msa": pair.msa, "eng": pair.eng}
    origins = {"da": "corpus", "msa": pair.msa_origin, "eng": pair.eng_origin}
    codes = {"da": pair.variety, "msa": "msa", "eng": "eng"}
    source, target = direction.split("-")
    usable = all(
        sides[side] and (variant == "aug" or origins[side] == "corpus") for side in (source, target)
    )
    if not usable:
        return None
    return {
        "example_id": f"{pair.pair_id}:{direction}",
        "kind": direction,
        "variety": codes[target],
        "dialect": pair.variety,
        "prompt": translation_prompt(codes[source], codes[target], sides[source]),
        "completion": sides[target],
    }


def _check(settings: TranslationData) -> None:
    if settings.variant not in VARIANTS:
        raise LahjaError(f"unknown variant {settings.variant!r}: expected {' or '.join(VARIANTS)}")
    known = {f"{a}-{b}" for a in ("da", "msa", "eng") for b in ("da", "msa", "eng") if a != b}
    for direction in settings.directions:
        if direction not in known:
            raise LahjaError(f"unknown direction {direction!r}: expected one of {sorted(known)}")
