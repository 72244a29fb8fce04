"""Random choices that hang on names, not on the order of rows.

A draw keyed by an id stays the same when other rows come or go, so that an extended run asks
only for what is new.
"""

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
