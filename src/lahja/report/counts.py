"""Counts of data, pairs and labels, and the agreement of the scorers, as tables."""

from collections.abc import Iterable, Mapping

import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.core.varieties import VARIETIES
from lahja.evaluation.metrics.slices import ALL
from lahja.report.charts import short_name
from lahja.report.formats import TOTAL, count_table, described


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
    totals = counts.pivot_table(
        index="corpus", columns="outcome", values="count", aggfunc="sum", fill_value=0
    )
    totals = totals.reindex(columns=["read", "kept", "pairs"], fill_value=0)
    totals["rejected"] = rejects.groupby("corpus").size().reindex(totals.index, fill_value=0)
    corpora = totals.reindex([*dict.fromkeys([*licences, *totals.index])]).astype("Int64")
    corpora = corpora.assign(licence=corpora.index.map(licences)).reset_index(names="corpus")
    note = (
        "Pairs: sentences with an MSA or English side. Corpora without counts give no sentences "
        "(prompts, templates, recordings, scores)."
    )
    return [
        count_table("corpora", "Corpora of this run: rows and licences.", corpora, note),
        count_table("kept", "Sentences kept, by corpus, split and variety.", kept),
        count_table("rejects", "Rows rejected, by reason and corpus.", refused),
    ]


def funnel_tables(funnel: pd.DataFrame) -> list[Table]:
    """Return a table per dataset: candidates and pairs left after each step, by kind and dialect.

    `funnel` holds FUNNEL and the column `dataset`. Datasets differ in their steps.
    """
    found = []
    for dataset, rows in funnel.groupby("dataset", sort=False):
        steps = sorted(dict.fromkeys(rows["step"]), key=lambda step: step == "pairs")
        frame = _crossed(rows, ["kind", "dialect"], "step", steps)
        words = f"Candidates and preference pairs left after each step, {dataset}."
        found.append(count_table(f"funnel-{dataset}", words, frame))
    return found


def pair_tables(pairs: pd.DataFrame) -> list[Table]:
    """Return tables of preference pairs: by dialect and kind, generator, and what is rejected.

    `pairs` holds PAIRS and the column `dataset`; without rows there are no tables.
    """
    if pairs.empty:
        return []
    keys = ["dataset"] if pairs["dataset"].nunique() > 1 else []
    tables = [
        ("kind", "kind of prompt", ["kind"], "dialect"),
        *((f"{side}-generator", f"generator and origin of the {side} side",
           [f"{side}_generator", f"{side}_origin"], "dialect") for side in ("chosen", "rejected")),
        ("label", "dialect, and label of the rejected side", ["dialect"], "rejected_label"),
        ("rejected-origin", "kind of prompt, and origin of the rejected side", ["kind"],
         "rejected_origin"),
    ]  # fmt: skip
    found = []
    pairs = pairs.assign(count=1, rejected_label=pairs["rejected_label"].fillna("no label"))
    for name, words, columns, across in tables:
        rows = pairs
        if name.endswith("generator"):
            # In the order of the names, the datasets in their own.
            parts = [part.sort_values(columns) for _, part in rows.groupby("dataset", sort=False)]
            rows = pd.concat(parts)
        frame = _crossed(rows, [*keys, *columns], across, [*_in_order(pairs[across]), TOTAL])
        found.append(count_table(f"pairs-{name}", f"Preference pairs by {words}.", frame))
    return found


def _in_order(values: Iterable[str]) -> list[str]:
    """Return distinct values, varieties first in their order, others as they come."""
    found = dict.fromkeys(values)
    known = [code for code in VARIETIES if code in found]
    return known + [value for value in found if value not in known]


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
    table = table.reindex(columns=columns, fill_value=0).astype(int)
    return table.reset_index().rename_axis(columns=None)


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


_SCORERS = {"aldi": "ALDi", "country": "country", "language": "language", "adi2": "ADI2"}
_MEASURES = {"spearman": "Spearman", "mae": "mean absolute error", "bias": "bias"}
_MEASURES |= {f"{key}_p_country": f"{name} of P(country)" for key, name in _MEASURES.items()}
# What the one line gives; the table has the rest.
_IN_SHORT = {"spearman": "Spearman", "mae": "MAE", "accuracy": "accuracy"}


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
    rows = rows.replace({"scorer": _SCORERS, "measure": _MEASURES})
    columns = [Column(group, group, 2) for group in _in_order(by_group)]
    return described("agreement", rows, further=columns)


def agreement_note(agreement: pd.DataFrame | None) -> str | None:
    """Return one line for every table and figure that shows ADI2 or ALDi; None if not measured."""
    if agreement is None or agreement.empty:
        return None
    whole = agreement[(agreement["group"] == ALL) & agreement["measure"].isin(_IN_SHORT)]
    parts = []
    for scorer, rows in whole.groupby("scorer", sort=False):
        measures = [f"{_IN_SHORT[row.measure]} {row.value:.2f}" for row in rows.itertuples()]
        shown = f"{_SCORERS[scorer]} {', '.join(measures)}"
        parts.append(f"{shown} on {int(rows['n'].max()):,} held-out texts")
    return f"ADI2 and ALDi are this run's scorers': {'; '.join(parts)}." if parts else None
