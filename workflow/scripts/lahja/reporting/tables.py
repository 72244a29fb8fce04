"""Table 1, the shape of Table 2, the classifiers' F1 and the changes against each start.

The paper's own numbers stand below ours as reference rows; `origin` tells them apart.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.errors import LahjaError
from lahja.metrics.slices import ALL, MEAN, MEAN_DIRECTIONS
from lahja.reporting.artifacts import Column, Table
from lahja.reporting.directions import TITLES
from lahja.reporting.scores import (
    ScoreBoard,
    ShownScore,
    classifier_board,
    comparisons_board,
    metrics_board,
)
from lahja.reporting.style import short_name
from lahja.varieties import DIALECTS

OURS = "this run"
RUNS = ("primary", "contrastive1", "contrastive2")

# In the order of the paper's Table 2.
_DIRECTIONS = ("dialects_eng", "eng_dialects", "dialects_msa", "msa_dialects")


def table1(
    metrics: pd.DataFrame,
    models: Sequence[str],
    starts: Mapping[str, str],
    select: int,
    paper: Path,
) -> Table:
    """Return Table 1: spBLEU, chrF++ and mean ALDi on validation, and the models selected."""
    board = metrics_board(metrics)
    columns = [
        Column("model", "Model"),
        Column("selected", "Selected"),
        Column("spbleu", "spBLEU", 2),
        Column("chrf_plus_plus", "chrF++", 2),
        Column("aldi", "Mean ALDi", 4),
        Column("origin", "Source"),
    ]
    found = {
        model: {
            metric: board.get(
                model=model, task="validation", corpus=ALL, source=ALL, target=ALL, metric=metric
            )
            for metric in ("spbleu", "chrf_plus_plus", "aldi")
        }
        for model in models
    }
    aldi = {model: scores["aldi"].value for model, scores in found.items()}
    chosen = select_models(aldi, starts, select)
    rows = [{"model": m, "selected": chosen.get(m)} | _cells(found[m]) for m in models]
    notes = [
        "Selected: the highest mean ALDi of each base model's family, families in the order of "
        "that score; further places go to the next highest. This rule gives the paper's own "
        "selection on the paper's own numbers.",
        *_reasons(found.values()),
    ]
    caption = "Validation performance of all models, with bootstrap intervals (paper, Table 1)."
    return Table("table1", caption, columns, _with_paper(rows, paper / "table1.csv"), notes)


def select_models(
    aldi: Mapping[str, float | None], starts: Mapping[str, str], select: int
) -> dict[str, str]:
    """Return the selected models with their run: primary, contrastive1, contrastive2 and so on.

    First the best mean ALDi of each family (models grown from one checkpoint), then the best of
    the rest. On the paper's Table 1 this gives llama+RL, qwen-T+RL and qwen3-T, as section 3 says.
    """
    ranked = sorted(
        (model for model, value in aldi.items() if value is not None),
        key=lambda model: (-float(aldi[model] or 0), model),
    )
    best: dict[str, str] = {}
    for model in ranked:
        best.setdefault(_family(model, starts), model)
    heads = list(best.values())
    order = heads + [model for model in ranked if model not in heads]
    return {
        model: RUNS[place] if place < len(RUNS) else f"contrastive{place}"
        for place, model in enumerate(order[:select])
    }


def _family(model: str, starts: Mapping[str, str]) -> str:
    while model in starts:
        model = starts[model]
    return model


def table2(metrics: pd.DataFrame, models: Sequence[str], paper: Path) -> Table:
    """Return Table 2's shape: overall ADI2 and corpus chrF++ in four directions per model."""
    board = metrics_board(metrics)
    columns = [
        Column("model", "Model"),
        Column("adi2", "Overall ADI2", 3),
        *(Column(name, TITLES[name], 2) for name in _DIRECTIONS),
        Column("origin", "Source"),
    ]
    found = {model: _overall(board, model=model, corpus=ALL) for model in models}
    rows = [{"model": model} | _cells(found[model]) for model in models]
    notes = [
        "Overall ADI2: mean over tasks (translation from English and from MSA, monolingual, "
        "cross-lingual) of the mean over dialects. chrF++: mean over dialects of the corpus score.",
        "The paper's rows are the competition's test set, best of each team's runs: "
        "p primary, c contrastive.",
        *_reasons(found.values()),
    ]
    caption = "Dialectness and translation quality (the shape of the paper's Table 2)."
    return Table("table2", caption, columns, _with_paper(rows, paper / "table2.csv"), notes)


def _overall(board: ScoreBoard, **key: str) -> dict[str, ShownScore]:
    scores = {"adi2": board.get(task=ALL, source=ALL, target=MEAN, metric="adi2", **key)}
    for name in _DIRECTIONS:
        source, target = MEAN_DIRECTIONS[name]
        scores[name] = board.get(
            task="translation", source=source, target=target, metric="chrf_plus_plus", **key
        )
    return scores


def changes_table(
    comparisons: pd.DataFrame, models: Sequence[str], starts: Mapping[str, str]
) -> Table:
    """Return what each model gained and lost against the model that it started from."""
    board = comparisons_board(comparisons)
    columns = [
        Column("model", "Model"),
        Column("baseline", "Against"),
        Column("adi2", "Δ overall ADI2", 3, is_signed=True),
        *(Column(name, f"Δ chrF++ {TITLES[name]}", 2, is_signed=True) for name in _DIRECTIONS),
    ]
    compared = [model for model in models if model in set(comparisons["model"])]
    found = {model: _overall(board, model=model) for model in compared}
    rows = [
        {"model": m, "baseline": starts[m]} | _cells(found[m]) | _p_notes(found[m])
        for m in compared
    ]
    notes = [
        "Paired differences on the same sentences; p is the two-sided paired bootstrap's, with "
        "Holm's correction across the models of a column.",
        *_reasons(found.values()),
    ]
    caption = "Change against the model each one started from, with bootstrap intervals."
    return Table("changes", caption, columns, _frame(rows, columns), notes)


def classifier_table(metrics: pd.DataFrame, paper: Path) -> Table:
    """Return F1 per variety, macro F1 and accuracy of each dialect classifier (paper, Fig. 3)."""
    board = classifier_board(metrics)
    varieties = [*DIALECTS, "msa"]
    columns = [
        Column("classifier", "Classifier"),
        *(Column(code, short_name(code), 2) for code in varieties),
        Column("macro", "Macro F1", 2),
        Column("accuracy", "Accuracy", 2),
        Column("origin", "Source"),
    ]
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys(metrics["classifier"]):
        scores = {code: board.get(classifier=name, variety=code, metric="f1") for code in varieties}
        scores["macro"] = board.get(classifier=name, variety=ALL, metric="f1")
        scores["accuracy"] = board.get(classifier=name, variety=ALL, metric="accuracy")
        rows.append({"classifier": name, "origin": OURS} | _cells(scores))
    reference = read_reference(paper / "classifier.csv")
    for name, part in reference.groupby("classifier", sort=False):
        scores = dict(zip(part["variety"], part["f1"], strict=True))
        rows.append({"classifier": name, "origin": part["source"].iloc[0]} | scores)
    notes = ["A classifier without an answer for a variety is scored on the others alone."]
    caption = "F1 of the dialect classifiers on held-out sentences (paper, section 3 and Figure 3)."
    return Table("classifier", caption, columns, _frame(rows, columns), notes)


def read_reference(path: Path) -> pd.DataFrame:
    """Read one of the paper's tables; it names the section or table of each row."""
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise LahjaError(f"{path}: the paper's numbers are not there") from None


def _cells(scores: Mapping[str, ShownScore]) -> dict[str, float | None]:
    cells: dict[str, float | None] = {}
    for key, score in scores.items():
        cells |= {key: score.value, f"{key}_low": score.low, f"{key}_high": score.high}
    return cells


def _p_notes(scores: Mapping[str, ShownScore]) -> dict[str, str]:
    return {
        f"{key}_note": "p < 0.001" if score.p_holm < 0.001 else f"p = {score.p_holm:.3f}"
        for key, score in scores.items()
        if score.p_holm is not None
    }


def _reasons(found: Any) -> list[str]:
    reasons = [score.reason for scores in found for score in scores.values() if score.reason]
    return [f"n/a: {reason}." for reason in dict.fromkeys(reasons)]


def _with_paper(rows: list[dict[str, Any]], path: Path) -> pd.DataFrame:
    reference = read_reference(path).rename(columns={"source": "origin"})
    ours = pd.DataFrame(rows).assign(origin=OURS)
    return pd.DataFrame([*_records(ours), *_records(reference)])


def _frame(rows: list[dict[str, Any]], columns: list[Column]) -> pd.DataFrame:
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=[c.key for c in columns])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.astype(object).where(frame.notna(), None).to_dict("records")
