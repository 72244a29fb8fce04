"""Divide sentences between training and held-out splits, translations always together."""

import numpy as np
import pandas as pd

from lahja.seeding import unit_draw

# From the most protected to the least: a text of one split is removed from all later ones.
SPLIT_ORDER = ("evaluation", "test", "validation", "train", "scorer")


def initial_splits(roles: pd.Series, own_splits: pd.Series) -> pd.Series:
    """Return each row's split by its corpus's role, None where it is still to be drawn.

    A corpus of role `train` keeps splits of its own; of any role, a corpus's own evaluation
    split is never trained on.
    """
    splits = roles.where(roles != "train", own_splits)
    return splits.mask(own_splits == "evaluation", "evaluation")


def draw_splits(
    frame: pd.DataFrame, seed: int, validation_share: float, test_share: float
) -> pd.Series:
    """Return `train`, `validation` or `test` for each row, the same within a bound set of rows.

    Rows are bound by their `group_id` and by equal `key` (comparison key), across corpora. The
    draw hangs on the seed and the set's first key, so it does not change when others come.
    """
    bound = bind_rows(frame)
    names = frame["key"].groupby(bound).min()
    draws = names.map(lambda name: unit_draw(seed, "split", name))
    splits = pd.Series("train", index=draws.index, dtype=object)
    splits[draws < test_share + validation_share] = "validation"
    splits[draws < test_share] = "test"
    return bound.map(splits)


def bind_rows(frame: pd.DataFrame) -> pd.Series:
    """Return a number per row, equal for rows that a chain of equal groups or keys connects."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups, group_names = pd.factorize(frame["group_id"])
    keys, key_names = pd.factorize(frame["key"])
    n_nodes = len(group_names) + len(key_names)
    edges = (np.ones(len(frame), dtype=bool), (groups, keys + len(group_names)))
    _, components = connected_components(coo_array(edges, shape=(n_nodes, n_nodes)), directed=False)
    return pd.Series(components[groups], index=frame.index)
