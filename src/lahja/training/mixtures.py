"""Several datasets in one pass, each as often as its weight says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from lahja.core.seeding import shuffled
from lahja.core.tables import EXAMPLES, read_table, write_table
from lahja.training.distributed import is_one_of_several


@contextmanager
def mixed(data: Sequence[Path], weights: Sequence[float], seed: int, work: Path) -> Iterator[Path]:
    """Give the one table to learn from; of several the mixture, which lies beside `work`.

    A training is known by that table, so one with other weights does not resume from this one's
    checkpoints.
    """
    if not weights:
        (table,) = data
        yield table
        return
    table = work.with_name(f"{work.name}.mixture.parquet")
    if not is_one_of_several():
        write_table(
            table, mixture([read_table(p, EXAMPLES) for p in data], weights, seed), EXAMPLES
        )
    yield table
    if not is_one_of_several():
        table.unlink()


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
