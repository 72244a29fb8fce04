"""Figures 2, 3, 4, 5 and 7 of the paper: their data, and grouped bars with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.metrics.slices import ALL
from lahja.reporting.artifacts import Column, Table
from lahja.reporting.scores import ShownScore, classifier_board, metrics_board
from lahja.reporting.style import short_name
from lahja.reporting.tables import read_reference
from lahja.varieties import DIALECTS

_COLUMNS = [
    Column("panel", "Panel"),
    Column("bar", "Bar"),
    Column("variety", "Variety"),
    Column("value", "Value", 4),
    Column("reason", "Reason"),
]


@dataclass(frozen=True)
class Panel:
    """One plot: a metric of a direction, `dialect` standing for each dialect in turn."""

    title: str
    source: str
    target: str
    metric: str


_ADI2_PANELS = (
    Panel("Eng-DA", "eng", "dialect", "adi2_macro"),
    Panel("MSA-DA", "msa", "dialect", "adi2_macro"),
)
_INTO_DIALECT = (
    Panel("Eng-DA", "eng", "dialect", "chrf_plus_plus"),
    Panel("MSA-DA", "msa", "dialect", "chrf_plus_plus"),
)
_FROM_DIALECT = (
    Panel("DA-Eng", "dialect", "eng", "chrf_plus_plus"),
    Panel("DA-MSA", "dialect", "msa", "chrf_plus_plus"),
)


def direction_figures(
    metrics: pd.DataFrame, models: Sequence[str], translators: Mapping[str, str]
) -> list[Table]:
    """Return the data of Figures 2, 4, 5 and 7: one row per panel, bar and dialect.

    `models` are the bars of Figures 2, 4 and 5; `translators` names the models of Figure 7 with
    their labels there ("llama-T" is shown as "llama-Aug").
    """
    names = {model: model for model in models}
    return [
        _figure("figure2", "ADI2 macro by dialect and model.", metrics, _ADI2_PANELS, names),
        _figure("figure4", "chrF++ of translation into dialects.", metrics, _INTO_DIALECT, names),
        _figure("figure5", "chrF++ of translation from dialects.", metrics, _FROM_DIALECT, names),
        _figure(
            "figure7",
            "ADI2 macro of the translators: trained on clean pairs, or with augmented ones.",
            metrics,
            _ADI2_PANELS,
            translators,
        ),
    ]


def _figure(
    name: str,
    caption: str,
    metrics: pd.DataFrame,
    panels: Sequence[Panel],
    models: Mapping[str, str],
) -> Table:
    board = metrics_board(metrics)
    rows = []
    for panel in panels:
        for model, label in models.items():
            for dialect in DIALECTS:
                source = dialect if panel.source == "dialect" else panel.source
                target = dialect if panel.target == "dialect" else panel.target
                score = board.get(
                    model=model, task="translation", corpus=ALL,
                    source=source, target=target, metric=panel.metric,
                )  # fmt: skip
                rows.append(_row(panel.title, panel.metric, model, label, dialect, score))
    return _table(name, f"{caption} (paper, Figure {name.removeprefix('figure')})", rows)


def classifier_figure(metrics: pd.DataFrame, paper: Path) -> Table:
    """Return the data of Figure 3: F1 of each classifier and variety, the paper's rows marked."""
    board = classifier_board(metrics)
    rows = [
        _row(
            "F1", "f1", name, name, code,
            board.get(classifier=name, variety=code, metric="f1"),
        )
        for name in dict.fromkeys(metrics["classifier"])
        for code in (*DIALECTS, "msa")
    ]  # fmt: skip
    for row in read_reference(paper / "classifier.csv").to_dict("records"):
        label = f"{row['classifier']} ({row['source']})"
        score = ShownScore(row["f1"])
        rows.append(
            _row("F1", "f1", row["classifier"], label, row["variety"], score)
            | {"origin": row["source"]}
        )
    return _table("figure3", "F1 of the dialect classifiers. (paper, Figure 3)", rows)


def _row(
    panel: str, metric: str, bar: str, label: str, variety: str, score: ShownScore
) -> dict[str, Any]:
    return {
        "panel": panel, "metric": metric, "bar": bar, "label": label, "variety": variety,
        "value": score.value, "low": score.low, "high": score.high, "reason": score.reason,
        "origin": "this run",
    }  # fmt: skip


def _table(name: str, caption: str, rows: list[dict[str, Any]]) -> Table:
    frame = pd.DataFrame(rows)
    missing = [row for row in rows if row["value"] is None]
    reasons = dict.fromkeys(str(row["reason"]) for row in missing)
    notes = [f"n/a: {reason} ({_where(missing, reason)})." for reason in reasons]
    return Table(name, caption, _COLUMNS, frame, notes)


def _where(missing: list[dict[str, Any]], reason: str) -> str:
    places = dict.fromkeys(
        f"{row['label']} {short_name(row['variety'])}" for row in missing if row["reason"] == reason
    )
    shown = list(places)[:3]
    return ", ".join(shown) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
