"""Figures 2, 3, 4, 5 and 7 of the paper, and the scoreboards of any systems, as data.

A figure has a row for each bar, with its interval, or with the reason why there is no value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.core.varieties import dialects_among
from lahja.evaluation.metrics.slices import MEAN
from lahja.report.charts import short_name
from lahja.report.formats import described, descriptions
from lahja.report.scores import METRIC_TITLES, OURS, ScoreBoard, ShownScore, score_cells

_FIELDS = ["panel", "metric", "bar", "label", "variety", "value", "low", "high", "reason", "origin"]
_DIGITS = {"adi2": 3, "adi2_macro": 3, "aldi": 3}


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
    board, found = ScoreBoard(metrics), []
    for name in ("figure2", "figure4", "figure5", "figure7"):
        bars = translators if name == "figure7" else {model: model for model in models}
        about = descriptions()[name]
        found.append(_figure(name, _bars(board, about["metric"], about["panels"], bars, dialects)))
    return found


def classifier_figure(metrics: pd.DataFrame, dialects: Sequence[str], paper: Path) -> Table:
    """Return the data of Figure 3: F1 of each classifier and variety, the paper's rows marked."""
    board, rows = ScoreBoard(metrics), []
    for name, code in product(dict.fromkeys(metrics["classifier"]), (*dialects, "msa")):
        score = board.get(classifier=name, variety=code, metric="f1")
        rows.append(("F1", "f1", name, name, code, *score[:4], OURS))
    for own in pd.read_csv(paper / "classifier.csv").itertuples():
        bar = (own.classifier, f"{own.classifier} ({own.source})", own.variety)
        rows.append(("F1", "f1", *bar, own.f1, None, None, None, own.source))
    return _figure("figure3", pd.DataFrame(rows, columns=_FIELDS))


def scoreboards(
    metrics: pd.DataFrame, signatures: Mapping[str, str | None]
) -> Iterator[tuple[Table, Table]]:
    """Yield the table and the figure of each metric, all corpora pooled.

    A table has models and tasks down, dialects across; the dialects are those in which any model
    was scored. A model's mean over dialects stands only where it was scored in all of them. Tasks
    that no model was scored in are left out, and metrics that have no value at all.
    """
    board, models = ScoreBoard(metrics), {model: model for model in metrics["model"]}
    dialects = dialects_among([*metrics["source_variety"], *metrics["target_variety"]])
    for metric, panels in descriptions()["scoreboard"]["panels"].items():
        bars = _bars(board, metric, panels, models, dialects)
        bars = bars[bars.groupby(["panel", "bar"])["value"].transform("count") > 0]
        if bars.empty:
            continue
        title, name = METRIC_TITLES[metric], f"scoreboard-{metric}"
        figure = _figure("scoreboard", bars.reset_index(drop=True), name=name, metric=title)
        notes = [f"Signature: {signatures[metric]}"] if signatures.get(metric) else []
        if bars["value"].isna().any():
            notes.append("n/a: not scored; a mean is over all dialects shown or not given.")
        means = {
            (panel, model): board.get(model=model, metric=metric, **key)
            for (panel, key), model in product(panels.items(), models)
        }
        caption = figure.caption.replace(" and model", "")
        yield replace(figure_table(figure, means), caption=caption, notes=notes), figure


def figure_table(figure: Table, means: Mapping[tuple[str, str], ShownScore] | None = None) -> Table:
    """Return a figure's numbers: panels and bars down, varieties across, with their intervals.

    A last column has the means over varieties, if given by panel and bar, where none is missing.
    """
    digits = _DIGITS.get(figure.rows["metric"].iloc[0], 2)
    columns = [Column("task", "Task"), Column("model", "Model")]
    columns += [Column(c, short_name(c), digits) for c in dict.fromkeys(figure.rows["variety"])]
    columns += [Column("mean", "Mean", digits)] if means else []
    rows = []
    for key, part in figure.rows.groupby(["panel", "label"], sort=False):
        bars = part.set_index("variety")[["value", "low", "high"]]
        scores = {code: ShownScore(*own) for code, *own in bars.itertuples()}
        if means:
            scores["mean"] = means[key] if part["value"].notna().all() else ShownScore()
        about = {"task": key[0], "model": key[1], "origin": part["origin"].iloc[0]}
        rows.append(about | score_cells(scores))
    return replace(figure, columns=columns, rows=pd.DataFrame(rows))


def _bars(
    board: ScoreBoard,
    metric: str,
    panels: Mapping[str, Mapping[str, str]],
    names: Mapping[str, str],
    dialects: Sequence[str],
) -> pd.DataFrame:
    """Return the bars of models, given with their labels, in each panel and dialect."""
    bars = []
    for (panel, key), (model, label), code in product(panels.items(), names.items(), dialects):
        own = {part: code if value == MEAN else value for part, value in key.items()}
        score = board.get(model=model, metric=metric, **own)
        bars.append((panel, metric, model, label, code, *score[:4], OURS))
    return pd.DataFrame(bars, columns=_FIELDS)


def _figure(kind: str, rows: pd.DataFrame, **words: str) -> Table:
    notes = []
    for reason, part in rows[rows["value"].isna()].groupby("reason", sort=False):
        places = list(dict.fromkeys(part["label"] + " " + part["variety"].map(short_name)))
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        notes.append(f"n/a: {reason} ({', '.join(places[:3])}{more}).")
    return described(kind, rows, notes, **words)
