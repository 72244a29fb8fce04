"""Figures 2, 3, 4, 5 and 7 of the paper, and the scoreboards of any systems, as data.

A figure has a row for each bar, with its interval, or with the reason why there is no value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.core.varieties import dialects_among
from lahja.evaluation.metrics.slices import ALL, MEAN
from lahja.report.charts import short_name
from lahja.report.scores import METRIC_TITLES, OURS, ScoreBoard, ShownScore, score_cells

_COLUMNS = [
    Column("panel", "Panel"), Column("bar", "Bar"), Column("variety", "Variety"),
    Column("value", "Value", 4), Column("reason", "Reason"),
]  # fmt: skip
# The fields of a row of a figure.
_FIELDS = ["panel", "metric", "bar", "label", "variety"]
_FIELDS += ["value", "low", "high", "reason", "origin"]
_DIALECT = "dialect"
_DIGITS = {"adi2": 3, "adi2_macro": 3, "aldi": 3}


class Panel(NamedTuple):
    """One plot, or some lines of a table: a direction, "dialect" standing for each in turn."""

    title: str
    source: str
    target: str
    task: str = "translation"

    def score(self, board: ScoreBoard, model: str, dialect: str, metric: str) -> ShownScore:
        """Return a model's score in one dialect, all corpora pooled."""
        source, target = (dialect if s == _DIALECT else s for s in (self.source, self.target))
        return board.get(model=model, task=self.task, source=source, target=target, metric=metric)


_ENG_DA, _MSA_DA = Panel("ENG→DA", "eng", _DIALECT), Panel("MSA→DA", "msa", _DIALECT)
_DA_ENG, _DA_MSA = Panel("DA→ENG", _DIALECT, "eng"), Panel("DA→MSA", _DIALECT, "msa")
_ANSWERS = (
    _ENG_DA, _MSA_DA, Panel("monolingual", ALL, _DIALECT, "monolingual"),
    Panel("cross-lingual", ALL, _DIALECT, "crosslingual"),
)  # fmt: skip
_TRANSLATIONS = (_ENG_DA, _MSA_DA, _DA_ENG, _DA_MSA)
_BOARDS = dict.fromkeys(("adi2", "adi2_macro", "aldi"), _ANSWERS)
_BOARDS |= dict.fromkeys(("chrf", "chrf_plus_plus", "spbleu"), _TRANSLATIONS)
# As the paper's figures spell the directions.
_INTO = (Panel("Eng-DA", "eng", _DIALECT), Panel("MSA-DA", "msa", _DIALECT))
_FROM = (Panel("DA-Eng", _DIALECT, "eng"), Panel("DA-MSA", _DIALECT, "msa"))


def direction_figures(
    metrics: pd.DataFrame,
    models: Sequence[str],
    translators: Mapping[str, str],
    dialects: Sequence[str],
) -> list[Table]:
    """Return the data of Figures 2, 4, 5 and 7: one row per panel, bar and dialect.

    `models` are the bars of Figures 2, 4 and 5; `translators` names the models of Figure 7 with
    their labels there ("llama-T" is shown as "llama-Aug").
    """
    names = {model: model for model in models}
    clean = "ADI2 macro of the translators: trained on clean pairs, or with augmented ones."
    figures = (
        ("figure2", "ADI2 macro by dialect and model.", "adi2_macro", _INTO, names),
        ("figure4", "chrF++ of translation into dialects.", "chrf_plus_plus", _INTO, names),
        ("figure5", "chrF++ of translation from dialects.", "chrf_plus_plus", _FROM, names),
        ("figure7", clean, "adi2_macro", _INTO, translators),
    )
    board = ScoreBoard(metrics)
    return [
        _figure(name, f"{caption} (paper, Figure {name[-1]})", [
            _bar(panel.title, metric, model, label, code, panel.score(board, model, code, metric))
            for panel in panels
            for model, label in bars.items()
            for code in dialects
        ])
        for name, caption, metric, panels, bars in figures
    ]  # fmt: skip


def classifier_figure(metrics: pd.DataFrame, dialects: Sequence[str], paper: Path) -> Table:
    """Return the data of Figure 3: F1 of each classifier and variety, the paper's rows marked."""
    board = ScoreBoard(metrics)
    rows = [
        _bar("F1", "f1", name, name, code, board.get(classifier=name, variety=code, metric="f1"))
        for name in dict.fromkeys(metrics["classifier"])
        for code in (*dialects, "msa")
    ]
    for row in pd.read_csv(paper / "classifier.csv").itertuples():
        label, score = f"{row.classifier} ({row.source})", ShownScore(row.f1)
        rows.append(_bar("F1", "f1", row.classifier, label, row.variety, score, row.source))
    return _figure("figure3", "F1 of the dialect classifiers. (paper, Figure 3)", rows)


def scoreboards(
    metrics: pd.DataFrame, signatures: Mapping[str, str | None]
) -> Iterator[tuple[Table, Table]]:
    """Yield the table and the figure of each metric, all corpora pooled.

    A table has models and tasks down, dialects across; the dialects are those in which any model
    was scored. A model's mean over dialects stands only where it was scored in all of them. Tasks
    that no model was scored in are left out, and metrics that have no value at all.
    """
    board, models = ScoreBoard(metrics), dict.fromkeys(metrics["model"])
    dialects = dialects_among([*metrics["source_variety"], *metrics["target_variety"]])
    for metric, panels in _BOARDS.items():
        bars, means = [], {}
        for panel, model in product(panels, models):
            scores = {code: panel.score(board, model, code, metric) for code in dialects}
            is_known = [score.value is not None for score in scores.values()]
            if any(is_known):
                bars += [_bar(panel.title, metric, model, model, *own) for own in scores.items()]
                mean = panel.score(board, model, MEAN, metric) if all(is_known) else ShownScore()
                means[panel.title, model] = mean
        if not bars:
            continue
        title = f"{METRIC_TITLES[metric]} by dialect"
        rest = "with 95% bootstrap intervals."
        figure = _figure(f"scoreboard-{metric}", f"{title} and model, {rest}", bars)
        notes = [f"Signature: {signatures[metric]}"] if signatures.get(metric) else []
        if any(mean.value is None for mean in means.values()):
            notes.append("n/a: not scored; a mean is over all dialects shown or not given.")
        yield replace(figure_table(figure, means), caption=f"{title}, {rest}", notes=notes), figure


def figure_table(figure: Table, means: Mapping[tuple[str, str], ShownScore] | None = None) -> Table:
    """Return a figure's numbers: panels and bars down, varieties across, with their intervals.

    A last column has the means over varieties, if given by panel and bar.
    """
    digits = _DIGITS.get(figure.rows["metric"].iloc[0], 2)
    columns = [Column("task", "Task"), Column("model", "Model")]
    columns += [Column(c, short_name(c), digits) for c in dict.fromkeys(figure.rows["variety"])]
    rows = []
    for key, part in figure.rows.groupby(["panel", "label"], sort=False):
        scores = {
            own.variety: ShownScore(own.value, own.low, own.high) for own in part.itertuples()
        }
        scores |= {"mean": means[key]} if means else {}
        about = {"task": key[0], "model": key[1], "origin": part["origin"].iloc[0]}
        rows.append(about | score_cells(scores))
    columns += [Column("mean", "Mean", digits)] if means else []
    return replace(figure, columns=columns, rows=pd.DataFrame(rows))


def _bar(
    panel: str,
    metric: str,
    bar: str,
    label: str,
    variety: str,
    score: ShownScore,
    origin: str = OURS,
) -> tuple[Any, ...]:
    return (panel, metric, bar, label, variety, *score[:4], origin)


def _figure(name: str, caption: str, bars: list[tuple[Any, ...]]) -> Table:
    rows = pd.DataFrame(bars, columns=_FIELDS)
    missing, notes = rows[rows["value"].isna()], []
    for reason, part in missing.groupby("reason", sort=False):
        places = list(dict.fromkeys(part["label"] + " " + part["variety"].map(short_name)))
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        notes.append(f"n/a: {reason} ({', '.join(places[:3])}{more}).")
    return Table(name, caption, _COLUMNS, rows, notes)
