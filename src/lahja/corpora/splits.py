"""Divide sentences between splits: translations and equal texts stay together."""

import numpy as np
import polars as pl

from lahja.core.seeding import unit_draw
from lahja.core.varieties import NAMING_VARIETIES

# In order of protection: a text of one split is removed from all later ones.
SPLIT_ORDER = ("evaluation", "test", "validation", "train", "scorer")


def draw_splits(
    frame: pl.DataFrame, seed: int, validation_share: float, test_share: float, keys: pl.Series
) -> pl.Series:
    """Return `train`, `validation` or `test` for each row, the same within a bound set of rows.

    Rows are bound by their `group` and by their `key`, the number of a comparison key among the
    sorted `keys`, across corpora. The draw depends on the seed and the set's first key, so it does
    not change when others come; keys of `NAMING_VARIETIES` go before others.
    """
    bound = pl.Series("bound", bind_rows(frame["group"], frame["key"]))
    is_naming = pl.col("variety").cast(pl.String).is_in(NAMING_VARIETIES)
    first = pl.coalesce(pl.col("key").filter(is_naming).min(), pl.col("key").min())
    names = frame.select("key", "variety", bound).group_by("bound").agg(first).sort("bound")
    draws = [unit_draw(seed, "split", name) for name in keys.gather(names["key"])]
    shares = [test_share, test_share + validation_share]
    places = np.searchsorted(shares, draws, side="right")
    return pl.Series("split", ["test", "validation", "train"]).gather(places[bound.to_numpy()])


def bind_rows(groups: pl.Series, keys: pl.Series) -> np.ndarray:
    """Return a number per row, equal for rows that a chain of equal groups or keys connects."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Groups and keys are the nodes, rows the edges.
    ranks = [values.rank("dense").cast(pl.Int32).to_numpy() - 1 for values in (groups, keys)]
    n_groups, n_keys = (rank.max(initial=-1) + 1 for rank in ranks)
    edges = (np.ones(len(groups), dtype=bool), (ranks[0], ranks[1] + n_groups))
    graph = coo_array(edges, shape=(n_groups + n_keys, n_groups + n_keys))
    return connected_components(graph, directed=False)[1][ranks[0]]
