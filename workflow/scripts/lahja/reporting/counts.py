"""Counts of data and of preference pairs, as the report's tables."""

from collections.abc import Mapping

import pandas as pd

from lahja.reporting.style import short_name
from lahja.reporting.views import TOTAL, TableView, frame_view
from lahja.varieties import VARIETIES

_READ, _KEPT, _PAIRS = "read", "kept", "pairs"


def data_views(
    counts: pd.DataFrame, rejects: pd.DataFrame, licences: Mapping[str, str]
) -> list[TableView]:
    """Return tables of the corpora with their licences, of what was kept and of what was refused.

    `counts` holds corpus, variety, split, outcome and count; an outcome is "read", "kept",
    "pairs" (with MSA or English) or the reason why rows were refused.
    """
    return [
        _corpora_view(counts, rejects, licences),
        _kept_view(counts),
        _refused_view(rejects),
    ]


def _corpora_view(
    counts: pd.DataFrame, rejects: pd.DataFrame, licences: Mapping[str, str]
) -> TableView:
    totals = counts.pivot_table(
        index="corpus", columns="outcome", values="count", aggfunc="sum", fill_value=0
    )
    totals = totals.reindex(columns=[_READ, _KEPT, _PAIRS], fill_value=0)
    totals["rejected"] = rejects.groupby("corpus").size().reindex(totals.index, fill_value=0)
    names = list(dict.fromkeys([*licences, *totals.index]))
    frame = totals.reindex(names).astype("Int64").rename_axis("corpus").reset_index()
    frame["licence"] = [licences.get(name, "") for name in names]
    view = frame_view("corpora", "Corpora of this run: rows and licences.", frame)
    view.notes.append(
        "Pairs: sentences with an MSA or English side. Corpora without counts give no sentences "
        "(prompts, templates, recordings, scores)."
    )
    return view


def _kept_view(counts: pd.DataFrame) -> TableView:
    kept = counts[counts["outcome"] == _KEPT]
    frame = _crossed(kept, ["corpus", "split"], "variety", "count", list(VARIETIES))
    frame = frame.rename(columns={code: short_name(code) for code in VARIETIES})
    return frame_view("kept", "Sentences kept, by corpus, split and variety.", frame)


def _refused_view(rejects: pd.DataFrame) -> TableView:
    found = rejects.groupby(["reason", "corpus"]).size().rename("rows").reset_index()
    order = list(dict.fromkeys(rejects["corpus"]))
    frame = _crossed(found, ["reason"], "corpus", "rows", order)
    return frame_view("rejects", "Rows rejected, by reason and corpus.", frame)


def funnel_views(funnel: pd.DataFrame) -> list[TableView]:
    """Return a table per dataset: candidates and pairs left after each step, by kind and dialect.

    `funnel` holds FUNNEL and the column `dataset`. Datasets differ in their steps.
    """
    views = []
    for dataset, rows in funnel.groupby("dataset", sort=False):
        steps = sorted(dict.fromkeys(rows["step"]), key=lambda step: step == "pairs")
        counts = rows.pivot_table(
            index=["kind", "dialect"], columns="step", values="count", aggfunc="sum",
            fill_value=0, sort=False,
        )  # fmt: skip
        frame = _with_totals(counts[steps])
        words = f"Candidates and preference pairs left after each step, {dataset}."
        views.append(frame_view(f"funnel-{dataset}", words, frame))
    return views


def pair_views(pairs: pd.DataFrame) -> list[TableView]:
    """Return tables of preference pairs: by dialect and kind, generator, and what is rejected.

    `pairs` holds PAIRS and the column `dataset`.
    """
    keys = ["dataset"] if pairs["dataset"].nunique() > 1 else []
    dialects = [code for code in VARIETIES if code in set(pairs["dialect"])]
    labels = [code for code in VARIETIES if code in set(pairs["rejected_label"])]
    origins = list(dict.fromkeys(pairs["rejected_origin"]))
    tables = [("kind", "kind of prompt", ["kind"], "dialect", dialects)]
    for side in ("chosen", "rejected"):
        about = f"generator and origin of the {side} side"
        columns = [f"{side}_generator", f"{side}_origin"]
        tables.append((f"{side}-generator", about, columns, "dialect", dialects))
    about = "dialect, and label of the rejected side"
    tables.append(("label", about, ["dialect"], "rejected_label", labels))
    about = "kind of prompt, and origin of the rejected side"
    tables.append(("rejected-origin", about, ["kind"], "rejected_origin", origins))
    views = []
    for name, words, columns, across, order in tables:
        index = [*keys, *columns]
        rows = _sorted_by(columns, pairs) if name.endswith("generator") else pairs
        frame = _crossed(_counted(rows, [*index, across]), index, across, "n", order)
        views.append(frame_view(f"pairs-{name}", f"Preference pairs by {words}.", frame))
    return views


def _sorted_by(columns: list[str], pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of each dataset in the columns' order, the datasets in their own."""
    parts = [part.sort_values(columns) for _, part in pairs.groupby("dataset", sort=False)]
    return pd.concat(parts)


def _counted(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return rows.groupby(keys, sort=False).size().rename("n").reset_index()


def _crossed(
    rows: pd.DataFrame, index: list[str], across: str, values: str, order: list[str]
) -> pd.DataFrame:
    """Return counts with a column per value of `across`, their sum, and a last row of totals."""
    table = rows.pivot_table(
        index=index, columns=across, values=values, aggfunc="sum", fill_value=0, sort=False
    )
    table = table.reindex(columns=order, fill_value=0).astype(int)
    table["all"] = table.sum(axis=1)
    return _with_totals(table)


def _with_totals(table: pd.DataFrame) -> pd.DataFrame:
    """Return counts with their index as columns and a last row of totals."""
    index = list(table.index.names)
    frame = table.reset_index().rename_axis(columns=None)
    total = dict.fromkeys(index, "") | {index[0]: TOTAL} | table.sum().to_dict()
    return pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
