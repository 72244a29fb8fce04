"""Random choices by names, so that they do not depend on which other rows there are."""

import hashlib

import pandas as pd


def unit_draw(seed: int, *names: str) -> float:
    """Return a number in [0, 1) that the seed and the names fix."""
    digest = hashlib.blake2b("\x1f".join((str(seed), *names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def shuffled(frame: pd.DataFrame, seed: int, key: str) -> pd.DataFrame:
    """Return the rows in an order that the seed and each row's key fix."""
    draws = frame[key].map(lambda name: unit_draw(seed, str(name)))
    return frame.iloc[draws.argsort(kind="stable")]
