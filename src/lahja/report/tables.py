"""Table 1, the shape of Table 2, classifiers' F1, changes against each start, faults, and routes.

The paper's own numbers stand below ours as reference rows; `origin` tells them apart.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.evaluation.comet import COMET
from lahja.evaluation.llm_judge import RATINGS
from lahja.evaluation.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.evaluation.routes import validation_rewards
from lahja.report.charts import records, short_name
from lahja.report.formats import described
from lahja.report.scores import METRIC_TITLES, OURS, OVERALL, TITLES, ScoreBoard


def table1(
    metrics: pd.DataFrame,
    models: Sequence[str],
    starts: Mapping[str, str],
    select: int,
    paper: Path,
) -> Table:
    """Return Table 1: spBLEU, chrF and mean ALDi on validation, and the models selected."""
    shown = ("spbleu", "chrf_plus_plus", "chrf", "aldi")
    keys = {metric: {"task": "validation", "metric": metric} for metric in shown}
    board = ScoreBoard(metrics)
    cells = {model: board.cells(keys, model=model) for model in models}
    chosen = select_models({model: own["aldi"] for model, own in cells.items()}, starts, select)
    rows = [{"model": m, "selected": chosen.get(m)} | own for m, own in cells.items()]
    return described("table1", _with_paper(rows, paper / "table1.csv"), board.notes)


def select_models(
    aldi: Mapping[str, float | None], starts: Mapping[str, str], select: int
) -> dict[str, str]:
    """Return the selected models with their run: primary, contrastive1, contrastive2 and so on.

    First the best mean ALDi of each family (models grown from one checkpoint), then the best of
    the rest. On the paper's Table 1 this gives llama+RL, qwen-T+RL and qwen3-T, as in section 3.
    """
    known = {model: value for model, value in aldi.items() if value is not None}
    ranked = sorted(known, key=lambda model: (-known[model], model))
    best: dict[str, str] = {}
    for model in ranked:
        checkpoint = model
        while checkpoint in starts:
            checkpoint = starts[checkpoint]
        best.setdefault(checkpoint, model)
    order = dict.fromkeys([*best.values(), *ranked])
    runs = ["primary", *(f"contrastive{place}" for place in range(1, len(order)))]
    return dict(zip([*order][:select], runs, strict=False))


def table2(metrics: pd.DataFrame, models: Sequence[str], paper: Path) -> Table:
    """Return Table 2's shape: overall ADI2, and by direction corpus chrF++ and, in a row, chrF2."""
    board, rows = ScoreBoard(metrics), []
    for model, metric in product(models, ("chrf_plus_plus", "chrf")):
        keys = {k: own if k == "adi2" else own | {"metric": metric} for k, own in OVERALL.items()}
        about = {"model": model, "metric": METRIC_TITLES[metric]}
        rows.append(about | board.cells(keys, model=model))
    frame = _with_paper(rows, paper / "table2.csv")
    # The paper gives no mean.
    frame["mean"] = frame["mean"].fillna(frame[[*TITLES]].astype(float).mean(axis=1, skipna=False))
    return described("table2", frame, board.notes)


def changes_table(
    comparisons: pd.DataFrame, models: Sequence[str], starts: Mapping[str, str]
) -> Table:
    """Return what each model gained and lost against the model that it started from."""
    board, compared = ScoreBoard(comparisons), {*comparisons["model"]}
    known = [model for model in models if model in compared]
    rows = [{"model": m, "baseline": starts[m]} | board.cells(OVERALL, model=m) for m in known]
    return described("changes", rows, board.notes)


def classifier_table(metrics: pd.DataFrame, dialects: Sequence[str], paper: Path) -> Table:
    """Return F1 per dialect and MSA, macro F1 and accuracy of each classifier (paper, Fig. 3)."""
    board, varieties = ScoreBoard(metrics), [*dialects, "msa"]
    keys = {code: {"variety": code, "metric": "f1"} for code in varieties}
    keys |= {"macro": {"metric": "f1"}, "accuracy": {"metric": "accuracy"}}
    rows = [
        {"classifier": name, "origin": OURS} | board.cells(keys, classifier=name)
        for name in dict.fromkeys(metrics["classifier"])
    ]
    reference = pd.read_csv(paper / "classifier.csv")
    for (name, source), part in reference.groupby(["classifier", "source"], sort=False):
        scores = dict(zip(part["variety"], part["f1"], strict=True))
        rows.append({"classifier": name, "origin": source} | scores)
    columns = [Column(code, short_name(code), 2) for code in varieties]
    return described("classifier", rows, further=columns)


def answer_tables(metrics: pd.DataFrame, models: Sequence[str]) -> list[Table]:
    """Return the table of faults, and of an LLM's mean ratings and of COMET where there are such.

    The first gives, in per cent, how often the dialect is the right one, and each fault.
    """
    board = ScoreBoard(metrics)
    keys = {name: OVERALL["mean"] | {"metric": name} for name in (LABEL_ACCURACY, *FAULTS)}
    rows = pd.DataFrame({model: board.cells(keys, model=model) for model in models}).T
    shares = rows.astype(float).dropna(axis=1, how="all") * 100
    found = [described("faults", shares.reset_index(names="model"))]
    opinions = {
        "judge": {name: OVERALL["adi2"] | {"metric": name} for name in RATINGS},
        "comet": {key: own | {"metric": COMET} for key, own in OVERALL.items() if key != "adi2"},
    }
    for kind, keys in opinions.items():
        known = metrics[metrics["metric"].isin([key["metric"] for key in keys.values()])]
        if len(known):
            # A route has the answers of others, which are asked about once.
            scored = [model for model in models if model in {*known["model"]}]
            rows = [{"model": model} | board.cells(keys, model=model) for model in scored]
            found.append(described(kind, rows, signature=known["signature"].iloc[0]))
    return found


def routes_tables(
    routes: Mapping[str, Mapping[str, Any]], scores: Mapping[str, pd.DataFrame]
) -> list[Table]:
    """Return the table of the mean rewards on validation that routes choose by, if there are any.

    `routes` have each their models and dialect_weight, `scores` are SENTENCE_SCORES by model.
    """
    rows, columns = [], []
    for name, route in routes.items():
        own = {model: scores[model] for model in route["models"]}
        rewards, chosen = validation_rewards(own, route["dialect_weight"])
        for model, values in rewards.to_dict("index").items():
            marks = {f"{code}_note": "chosen" for code in values if chosen[code] == model}
            rows.append({"route": name, "model": model} | values | marks)
        columns = [Column(code, short_name(code), 3) for code in rewards]
    weights = ", ".join(f"{route['dialect_weight']:g} ({name})" for name, route in routes.items())
    return [described("routes", rows, further=columns, weights=weights)] if rows else []


def _with_paper(rows: list[dict[str, Any]], path: Path) -> pd.DataFrame:
    reference = pd.read_csv(path).rename(columns={"source": "origin"})
    return pd.DataFrame([*records(pd.DataFrame(rows).assign(origin=OURS)), *records(reference)])
