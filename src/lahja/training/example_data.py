"""Turn sentences into examples: translations of parallel ones, others as plain text."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lahja.core.config.base import default
from lahja.core.config.datasets import Translation
from lahja.core.errors import LahjaError
from lahja.core.seeding import shuffled
from lahja.core.tables import EXAMPLES
from lahja.core.varieties import is_dialect
from lahja.prompts.wordings import translation_prompt

# "da" is whichever dialect a pair is in.
DIRECTIONS = ("eng-da", "msa-da", "da-eng", "da-msa")


def translation_data(
    parallel: pd.DataFrame,
    *,
    dialects: Sequence[str] | None = None,
    directions: Sequence[str] = DIRECTIONS,
    max_pairs: int | None = default(Translation, "max_pairs"),
    seed: int = 0,
    variant: str = default(Translation, "variant"),
    silver: Mapping[str, Sequence[str]] = {},
) -> pd.DataFrame:
    """Return EXAMPLES of the training pairs in the wanted directions (paper, section 3).

    They are of all dialects, or of those that are given. The variant "clean" leaves out sides that
    NLLB wrote, and of each corpus the varieties that `silver` names; "aug" keeps them. `max_pairs`
    counts examples; those kept are evenly spread over the directions and dialects.
    """
    is_usable = (parallel["split"] == "train") & parallel["variety"].map(is_dialect)
    pairs = parallel[is_usable].assign(da_origin="corpus")
    pairs = pairs.rename(columns={"text": "da"})
    if dialects is not None:
        pairs = pairs[pairs["variety"].isin(dialects)]
    if variant == "clean":
        pairs = _clean(pairs, silver)
    examples = pd.concat([_examples(pairs, *way.split("-")) for way in directions])
    if examples.empty:
        where = f" in {', '.join(dialects)}" if dialects else ""
        raise LahjaError(f"no {variant} pairs of split 'train'{where}")
    mixed = shuffled(examples, seed, "example_id")
    if max_pairs is not None:
        place = mixed.groupby(["kind", "dialect"]).cumcount()
        mixed = mixed.iloc[place.argsort(kind="stable")].head(max_pairs)
    return mixed[EXAMPLES.names]


def text_data(
    sentences: pd.DataFrame, *, varieties: Sequence[str], per_variety: int | None, seed: int
) -> pd.DataFrame:
    """Return EXAMPLES without a prompt: training sentences, up to so many of each variety.

    Those of other splits are left out. Raises `LahjaError` naming a variety without any.
    """
    own = sentences[(sentences["split"] == "train") & sentences["variety"].isin(varieties)]
    for code in varieties:
        if not (own["variety"] == code).any():
            raise LahjaError(f"variety {code}: no sentences of split 'train' for plain text")
    own = shuffled(own, seed, "sentence_id")
    if per_variety is not None:
        own = own.groupby("variety").head(per_variety)
    names = {"sentence_id": "example_id", "text": "completion"}
    return own.rename(columns=names).assign(kind="text", prompt=None)[EXAMPLES.names]


def mixture(tables: Sequence[pd.DataFrame], weights: Sequence[float], seed: int) -> pd.DataFrame:
    """Return EXAMPLES of all tables of EXAMPLES, the rows of each as often as its weight.

    A weight of 2 is every row twice, 0.5 a half of the rows that the seed fixes.
    """
    parts = []
    for rows, weight in zip(tables, weights, strict=True):
        n_whole, rest = divmod(weight, 1)
        parts += [rows] * int(n_whole)
        parts.append(shuffled(rows, seed, "example_id").head(round(rest * len(rows))))
    return pd.concat(parts, ignore_index=True)


def _clean(pairs: pd.DataFrame, silver: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return pairs without the sides that NLLB wrote or that are silver in their corpus."""
    pairs, known = pairs.copy(), [silver.get(name, ()) for name in pairs["corpus"]]
    for side in ("da", "msa", "eng"):
        codes = pairs["variety"] if side == "da" else [side] * len(pairs)
        told = zip(codes, pairs[f"{side}_origin"], known, strict=True)
        pairs.loc[[code in own or origin != "corpus" for code, origin, own in told], side] = None
    return pairs


def _examples(pairs: pd.DataFrame, source: str, target: str) -> pd.DataFrame:
    for side in (source, target):
        pairs = pairs[pairs[side].notna() & (pairs[side] != "")]
    codes = [pairs["variety"] if side == "da" else side for side in (source, target)]
    rows, kind = pairs.assign(source=codes[0], target=codes[1]), f"{source}-{target}"
    prompts = [*map(translation_prompt, rows["source"], rows["target"], rows[source])]
    return pd.DataFrame({
        "example_id": rows["pair_id"] + f":{kind}", "kind": kind, "variety": rows["target"],
        "dialect": rows["variety"], "prompt": prompts, "completion": rows[target],
    })  # fmt: skip
