"""How well the run's scorers agree with the models that they stand in for or with gold labels."""

import pandas as pd

from lahja.metrics.slices import ALL
from lahja.reporting.artifacts import Column, Table

_SCORERS = {"aldi": "ALDi", "country": "country", "language": "language", "adi2": "ADI2"}
# What the one line says; the table has the rest.
_MEASURES = {"spearman": "Spearman", "mae": "MAE", "accuracy": "accuracy"}


def agreement_table(agreement: pd.DataFrame) -> Table:
    """Return the agreement of each scorer as a table, whole first, then by group."""
    order = agreement.assign(_part=agreement["group"] != ALL)
    rows = order.sort_values(["scorer", "_part"], kind="stable", ignore_index=True)
    columns = [
        Column("scorer", "Scorer"),
        Column("teacher", "Compared with"),
        Column("measure", "Measure"),
        Column("group", "Texts"),
        Column("value", "Value", 3),
        Column("n", "n", 0),
    ]
    return Table(
        "agreement", "Agreement of the scorers on held-out texts.", columns,
        rows.drop(columns="_part"),
    )  # fmt: skip


def agreement_note(agreement: pd.DataFrame | None) -> str | None:
    """Return one line for every table and figure that shows ADI2 or ALDi; None if not measured."""
    if agreement is None or agreement.empty:
        return None
    whole = agreement[(agreement["group"] == ALL) & agreement["measure"].isin(_MEASURES)]
    parts = []
    for scorer, rows in whole.groupby("scorer", sort=False):
        measures = ", ".join(
            f"{_MEASURES[row.measure]} {row.value:.2f}" for row in rows.itertuples()
        )
        n = int(rows["n"].max())
        parts.append(f"{_SCORERS.get(scorer, scorer)} {measures} on {n:,} held-out texts")
    return f"ADI2 and ALDi are this run's scorers': {'; '.join(parts)}." if parts else None
