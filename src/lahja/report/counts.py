"""Counts of data, pairs and labels, and the agreement of the scorers, as tables."""

from collections.abc import Iterable, Mapping

import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.core.varieties import VARIETIES
from lahja.evaluation.metrics.slices import ALL
from lahja.report.charts import short_name
from lahja.report.formats import TOTAL, count_table, described, descriptions


def data_tables(
    counts: pd.DataFrame, rejects: pd.DataFrame, licences: Mapping[str, str]
) -> list[Table]:
    """Return tables of the corpora with their licences, of what was kept and of what was refused.

    `counts` holds corpus, variety, split, outcome and count; an outcome is "read", "kept",
    "pairs" (with MSA or English) or the reason why rows were refused.
    """
    kept = _crossed(
        counts[counts["outcome"] == "kept"], ["corpus", "split"], "variety", [*VARIETIES, TOTAL]
    ).rename(columns={code: short_name(code) for code in VARIETIES})
    order = [*dict.fromkeys(rejects["corpus"]), TOTAL]
    refused = _crossed(rejects.assign(count=1), ["reason"], "corpus", order, sort=True)
    totals = counts.groupby(["corpus", "outcome"])["count"].sum().unstack(fill_value=0)
    totals = totals.reindex(columns=["read", "kept", "pairs"], fill_value=0)
    totals["rejected"] = rejects.groupby("corpus").size().reindex(totals.index, fill_value=0)
    corpora = totals.reindex([*dict.fromkeys([*licences, *totals.index])]).astype("Int64")
    corpora = corpora.assign(licence=corpora.index.map(licences)).reset_index(names="corpus")
    found = {"corpora": corpora, "kept": kept, "rejects": refused}
    return [count_table(kind, frame) for kind, frame in found.items()]


def funnel_tables(funnel: pd.DataFrame) -> list[Table]:
    """Return a table per `dataset` of FUNNEL: what is left after each step, by kind and dialect."""
    found = []
    for dataset, rows in funnel.groupby("dataset", sort=False):
        steps = sorted(dict.fromkeys(rows["step"]), key=lambda step: step in ("pairs", "chosen"))
        frame = _crossed(rows, ["kind", "dialect"], "step", steps)
        found.append(count_table("funnel", frame, f"funnel-{dataset}", dataset=dataset))
    return found


def pair_tables(pairs: pd.DataFrame) -> list[Table]:
    """Return tables of preference pairs: by dialect and kind, generator, and what is rejected.

    `pairs` holds PAIRS and the column `dataset`; without rows there are no tables.
    """
    if pairs.empty:
        return []
    keys = ["dataset"] if pairs["dataset"].nunique() > 1 else []
    found = []
    pairs = pairs.assign(count=1, rejected_label=pairs["rejected_label"].fillna("no label"))
    for name, (words, columns, across) in descriptions()["pairs"]["crossed"].items():
        rows = pairs
        if name.endswith("generator"):
            # In the order of the names, the datasets in their own.
            parts = [part.sort_values(columns) for _, part in rows.groupby("dataset", sort=False)]
            rows = pd.concat(parts)
        frame = _crossed(rows, [*keys, *columns], across, [*_in_order(pairs[across]), TOTAL])
        found.append(count_table("pairs", frame, f"pairs-{name}", words=words))
    return found


def _in_order(values: Iterable[str]) -> list[str]:
    """Return distinct values, varieties first in their order, others as they come."""
    found = dict.fromkeys(values)
    return [code for code in VARIETIES if code in found] + [v for v in found if v not in VARIETIES]


def _crossed(
    rows: pd.DataFrame, index: list[str], across: str, columns: list[str], sort: bool = False
) -> pd.DataFrame:
    """Return sums of `count` with a column per value of `across`, and a last row of totals.

    Of the columns that are wanted, `TOTAL` is the sum over all.
    """
    table = rows.pivot_table(
        index=index, columns=across, values="count", aggfunc="sum", fill_value=0, sort=sort,
        margins=True, margins_name=TOTAL,
    )  # fmt: skip
    table = table.reindex(columns=columns, fill_value=0).astype(int).reset_index()
    return table.rename_axis(columns=None)


def confusion_tables(confusion: pd.DataFrame) -> list[Table]:
    """Return a matrix per classifier: true varieties down, answers across, shares of the row."""
    found = []
    for name, part in confusion.groupby("classifier", sort=False):
        labels = part["variety"], part["predicted"]
        shares = pd.crosstab(*labels, part["count"], aggfunc="sum", normalize="index")
        shares = shares.loc[_in_order(shares.index), _in_order(shares.columns)]
        columns = [Column("variety", "true \\ answered"), *(Column(c, c, 2) for c in shares)]
        found.append(Table(f"confusion-{name}", str(name), columns, shares.reset_index()))
    return found


def agreement_table(agreement: pd.DataFrame) -> Table:
    """Return the agreement as a table: a row for each scorer's measure, a column for each group.

    The value on all held-out texts has its interval; the groups beside it have the value alone.
    """
    keys = ["scorer", "measure", "teacher"]
    whole = agreement[agreement["group"] == ALL].set_index(keys)
    parts = agreement[agreement["group"] != ALL]
    by_group = parts.pivot(index=keys, columns="group", values="value").reindex(whole.index)
    names = {"value": ALL, "low": f"{ALL}_low", "high": f"{ALL}_high"}
    rows = whole[[*names, "n"]].rename(columns=names).join(by_group).reset_index()
    rows = rows.replace({part: descriptions()["agreement"][part] for part in ("scorer", "measure")})
    columns = [Column(group, group, 2) for group in _in_order(by_group)]
    return described("agreement", rows, further=columns)


def agreement_note(agreement: pd.DataFrame | None) -> str | None:
    """Return one line for every table and figure that shows ADI2 or ALDi; None if not measured."""
    if agreement is None:
        return None
    about, parts = descriptions()["agreement"], []
    short = agreement["measure"].map(about["in short"])
    whole = agreement.assign(measure=short)[(agreement["group"] == ALL) & short.notna()]
    for scorer, rows in whole.groupby("scorer", sort=False):
        measures = ", ".join(f"{row.measure} {row.value:.2f}" for row in rows.itertuples())
        n = f"{int(rows['n'].max()):,} held-out texts"
        parts.append(f"{about['scorer'][scorer]} {measures} on {n}")
    return f"ADI2 and ALDi are this run's scorers': {'; '.join(parts)}." if parts else None
