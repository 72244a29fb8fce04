"""How well the run's scorers agree with the models that they stand in for or with gold labels."""

import pandas as pd

from lahja.metrics.slices import ALL
from lahja.reporting.artifacts import Column, Table
from lahja.varieties import VARIETIES

_SCORERS = {"aldi": "ALDi", "country": "country", "language": "language", "adi2": "ADI2"}
_MEASURES = {
    "spearman": "Spearman",
    "mae": "mean absolute error",
    "bias": "bias",
    "accuracy": "accuracy",
    "spearman_p_country": "Spearman of P(country)",
    "mae_p_country": "mean absolute error of P(country)",
    "bias_p_country": "bias of P(country)",
}
# What the one line says; the table has the rest.
_IN_SHORT = {"spearman": "Spearman", "mae": "MAE", "accuracy": "accuracy"}


def agreement_table(agreement: pd.DataFrame) -> Table:
    """Return the agreement as a table: a row for each scorer's measure, a column for each group.

    The value on all held-out texts has its interval; the groups beside it have the value alone.
    """
    keys = ["scorer", "measure", "teacher"]
    whole = agreement[agreement["group"] == ALL].set_index(keys)
    parts = agreement[agreement["group"] != ALL]
    by_group = parts.pivot(index=keys, columns="group", values="value").reindex(whole.index)
    groups = [code for code in VARIETIES if code in by_group]
    groups += [group for group in by_group if group not in groups]
    rows = whole[["value", "low", "high", "n"]].rename(
        columns={"value": ALL, "low": f"{ALL}_low", "high": f"{ALL}_high"}
    )
    rows = rows.join(by_group).reset_index()
    rows = rows.assign(
        scorer=rows["scorer"].replace(_SCORERS), measure=rows["measure"].replace(_MEASURES)
    )
    columns = [
        Column("scorer", "Scorer"),
        Column("measure", "Measure"),
        Column(ALL, "All", 2),
        *(Column(group, group, 2) for group in groups),
        Column("n", "n", 0),
        Column("teacher", "Compared with"),
    ]
    return Table("agreement", "Agreement of the scorers on held-out texts.", columns, rows)


def agreement_note(agreement: pd.DataFrame | None) -> str | None:
    """Return one line for every table and figure that shows ADI2 or ALDi; None if not measured."""
    if agreement is None or agreement.empty:
        return None
    whole = agreement[(agreement["group"] == ALL) & agreement["measure"].isin(_IN_SHORT)]
    parts = []
    for scorer, rows in whole.groupby("scorer", sort=False):
        measures = ", ".join(
            f"{_IN_SHORT[row.measure]} {row.value:.2f}" for row in rows.itertuples()
        )
        n = int(rows["n"].max())
        parts.append(f"{_SCORERS.get(scorer, scorer)} {measures} on {n:,} held-out texts")
    return f"ADI2 and ALDi are this run's scorers': {'; '.join(parts)}." if parts else None
