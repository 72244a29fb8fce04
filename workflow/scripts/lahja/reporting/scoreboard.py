"""The scoreboard: dialectness and translation of any systems, by dialect."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lahja.metrics.slices import ALL, MEAN
from lahja.reporting.artifacts import Column, Table
from lahja.reporting.scores import ScoreBoard, ShownScore, metrics_board
from lahja.reporting.style import short_name
from lahja.varieties import DIALECTS

OURS = "this run"


@dataclass(frozen=True)
class Row:
    """A line of the board: what is asked for, "dialect" standing for each dialect in turn."""

    title: str
    task: str
    source: str
    target: str

    def variety(self, side: str, dialect: str) -> str:
        """Return a side of the direction for one dialect; only translation has sources."""
        value = self.source if side == "source" else self.target
        return dialect if value == "dialect" else value


_INTO_DIALECT = (
    Row("ENG→DA", "translation", "eng", "dialect"),
    Row("MSA→DA", "translation", "msa", "dialect"),
    Row("monolingual", "monolingual", ALL, "dialect"),
    Row("cross-lingual", "crosslingual", ALL, "dialect"),
)
_TRANSLATION = (
    Row("ENG→DA", "translation", "eng", "dialect"),
    Row("MSA→DA", "translation", "msa", "dialect"),
    Row("DA→ENG", "translation", "dialect", "eng"),
    Row("DA→MSA", "translation", "dialect", "msa"),
)
_BOARDS = (
    ("adi2", "ADI2", 3, _INTO_DIALECT),
    ("adi2_macro", "ADI2 macro", 3, _INTO_DIALECT),
    ("aldi", "ALDi", 3, _INTO_DIALECT),
    ("chrf_plus_plus", "chrF++", 2, _TRANSLATION),
    ("spbleu", "spBLEU", 2, _TRANSLATION),
)


def scoreboard_tables(metrics: pd.DataFrame, signatures: dict[str, str | None]) -> list[Table]:
    """Return one table per metric: models and tasks down, dialects across, all corpora pooled.

    A model's mean over dialects stands only where it was scored in all of them. Tasks that no
    model was scored in are left out, and metrics that have no value at all.
    """
    board = metrics_board(metrics)
    models = list(dict.fromkeys(metrics["model"]))
    tables = []
    for metric, title, digits, lines in _BOARDS:
        rows = [
            {"model": model, "task": line.title} | cells
            for line in lines
            for model in models
            if (cells := _cells(board, model, line, metric))
        ]
        if not rows:
            continue
        columns = [
            Column("task", "Task"),
            Column("model", "Model"),
            *(Column(code, short_name(code), digits) for code in DIALECTS),
            Column("mean", "Mean", digits),
        ]
        caption = f"{title} by dialect, with 95% bootstrap intervals."
        notes = [f"Signature: {signatures[metric]}"] if signatures.get(metric) else []
        if any(row.get("mean") is None for row in rows):
            notes.append("n/a: not scored; a mean is over all five dialects or not given.")
        frame = pd.DataFrame(rows)
        tables.append(Table(f"scoreboard-{metric}", caption, columns, frame, notes))
    return tables


def scoreboard_figures(metrics: pd.DataFrame) -> list[Table]:
    """Return the data of one figure per metric: panels by task, bars by model and dialect."""
    board = metrics_board(metrics)
    models = list(dict.fromkeys(metrics["model"]))
    figures = []
    for metric, title, digits, lines in _BOARDS:
        rows = list(_bars(board, models, lines, metric))
        if rows:
            columns = [Column("panel", "Panel"), Column("bar", "Model"),
                       Column("variety", "Variety"), Column("value", title, digits)]  # fmt: skip
            caption = f"{title} by dialect and model, with 95% bootstrap intervals."
            frame = pd.DataFrame(rows)
            figures.append(Table(f"scoreboard-{metric}", caption, columns, frame))
    return figures


def _score(board: ScoreBoard, model: str, line: Row, dialect: str, metric: str) -> ShownScore:
    return board.get(
        model=model, task=line.task, corpus=ALL, metric=metric,
        source=line.variety("source", dialect), target=line.variety("target", dialect),
    )  # fmt: skip


def _cells(board: ScoreBoard, model: str, line: Row, metric: str) -> dict[str, Any]:
    scores = {code: _score(board, model, line, code, metric) for code in DIALECTS}
    if all(score.value is None for score in scores.values()):
        return {}
    if all(score.value is not None for score in scores.values()):
        scores["mean"] = _score(board, model, line, MEAN, metric)
    cells: dict[str, Any] = {"mean": None}
    for key, score in scores.items():
        cells |= {key: score.value, f"{key}_low": score.low, f"{key}_high": score.high}
    return cells


def _bars(
    board: ScoreBoard, models: Sequence[str], lines: Sequence[Row], metric: str
) -> Iterator[dict[str, Any]]:
    for line in lines:
        for model in models:
            if not _cells(board, model, line, metric):
                continue
            for code in DIALECTS:
                score = _score(board, model, line, code, metric)
                yield {
                    "panel": line.title, "metric": metric, "bar": model, "label": model,
                    "variety": code, "value": score.value, "low": score.low,
                    "high": score.high, "reason": score.reason, "origin": OURS,
                }  # fmt: skip
