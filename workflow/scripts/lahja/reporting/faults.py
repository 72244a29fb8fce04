"""What is wrong with translations: how often each fault comes, by model."""

from collections.abc import Sequence

import pandas as pd

from lahja.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.metrics.slices import ALL, MEAN, MEAN_DIRECTIONS
from lahja.reporting.artifacts import Column, Table
from lahja.reporting.scores import ScoreBoard, metrics_board

FAULT_TITLES = {
    "wrong_language": "Wrong language",
    "repetition": "Repetition",
    "echo": "Echo",
    "number_error": "Number error",
}
_DIRECTIONS = tuple(MEAN_DIRECTIONS.values())
_INTO_DIALECT = tuple(pair for pair in _DIRECTIONS if pair[1] == MEAN)


def faults_table(metrics: pd.DataFrame, models: Sequence[str]) -> Table:
    """Return per model, in per cent, how often the dialect is the right one, and each fault."""
    board = metrics_board(metrics)
    columns = [Column("model", "Model"), Column(LABEL_ACCURACY, "In the dialect asked for", 1)]
    columns += [Column(name, FAULT_TITLES[name], 1) for name in FAULTS]
    rows = [
        {"model": model}
        | _mean(board, model, LABEL_ACCURACY, _INTO_DIALECT)
        | {key: cell for name in FAULTS for key, cell in _mean(board, model, name).items()}
        for model in models
    ]
    notes = [
        "Translations, per cent; means over directions and dialects. In the dialect asked for: of "
        "those into dialects, what the country scorer takes for it. The interval of a mean is the "
        "mean of the intervals, which is never too narrow."
    ]
    caption = "What is wrong with the translations, as the gates find it."
    return Table("faults", caption, columns, pd.DataFrame(rows), notes)


def _mean(
    board: ScoreBoard, model: str, metric: str, directions: Sequence[tuple[str, str]] = _DIRECTIONS
) -> dict[str, float | None]:
    """Return the cells of a mean over directions, None where one of them has no score."""
    scores = [
        board.get(
            model=model, task="translation", corpus=ALL, source=source, target=target, metric=metric
        )
        for source, target in directions
    ]
    cells: dict[str, float | None] = {}
    for end in ("value", "low", "high"):
        found = [getattr(score, end) for score in scores]
        key = metric if end == "value" else f"{metric}_{end}"
        cells[key] = None if None in found else 100 * sum(found) / len(found)
    return cells
