"""Monolingual sentences as plain text, for continued pre-training."""

from collections.abc import Sequence

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.seeding import shuffled
from lahja.core.tables import EXAMPLES


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
