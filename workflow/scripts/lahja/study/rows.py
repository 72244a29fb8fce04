"""The rows of a study and their scores: each a model, or the mean of one recipe's seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lahja.errors import LahjaError
from lahja.metrics.evaluation import Evaluation
from lahja.metrics.faults import FAULTS, LABEL_ACCURACY
from lahja.metrics.slices import MEAN_DIRECTIONS, Slice
from lahja.statistics import Estimate, mean_of

INTO_DIALECT = ("eng_dialects", "msa_dialects")
DIALECT_METRICS = ("adi2", "adi2_macro", LABEL_ACCURACY)
QUALITY_METRICS = ("chrf_plus_plus", "spbleu")


@dataclass(frozen=True)
class Study:
    """What a study compares: its rows by name, the start, and the row whose gain is measured."""

    rows: Mapping[str, tuple[str, ...]]
    start: str
    baseline: str
    recipe: str


@dataclass(frozen=True)
class Row:
    """One row on one corpus: its scores by column, and the scores of each of its models.

    A column is a metric into dialect (`adi2`), a metric in one direction
    (`chrf_plus_plus_eng_dialects`), or a fault. What could not be scored is a reason.
    """

    name: str
    models: tuple[str, ...]
    scores: dict[str, Estimate | str]
    by_model: tuple[dict[str, Estimate | str], ...]

    def spread(self, column: str) -> tuple[float, float] | None:
        """Return the lowest and the highest score among the row's models, None of a single one."""
        found = [scores[column] for scores in self.by_model]
        values = [score.value for score in found if isinstance(score, Estimate)]
        return (min(values), max(values)) if len(values) > 1 else None


def quality_column(metric: str, direction: str) -> str:
    """Return the column of a metric in a direction."""
    return f"{metric}_{direction}"


def study_rows(study: Study, evaluations: Mapping[str, Evaluation], corpus: str) -> dict[str, Row]:
    """Return the study's rows on one corpus, by name.

    A row of several models, one recipe from several seeds, has the mean of their scores; its
    resamples are the means of theirs, so that its interval is that of sentences, not of seeds.
    Raises `LahjaError` naming a model that was not evaluated.
    """
    found = {}
    for name, models in study.rows.items():
        missing = [model for model in models if model not in evaluations]
        if missing:
            raise LahjaError(f"study.rows.{name}: {missing[0]!r} was not evaluated")
        by_model = tuple(_scores(evaluations[model], corpus) for model in models)
        scores = {column: _together([own[column] for own in by_model]) for column in by_model[0]}
        found[name] = Row(name, tuple(models), scores, by_model)
    return found


def _scores(evaluation: Evaluation, corpus: str) -> dict[str, Estimate | str]:
    def at(direction: str, metric: str) -> Estimate | str:
        """Return a score of a direction, or the reason why there is none."""
        part = Slice("translation", corpus, *MEAN_DIRECTIONS[direction])
        missing = f"{evaluation.model} has no {metric} on {corpus}"
        return evaluation.scores.get(part, {}).get(metric, missing)

    found = {
        metric: _together([at(direction, metric) for direction in INTO_DIALECT])
        for metric in DIALECT_METRICS
    }
    for metric in QUALITY_METRICS:
        found |= {quality_column(metric, name): at(name, metric) for name in MEAN_DIRECTIONS}
    for fault in FAULTS:
        found[fault] = _together([at(direction, fault) for direction in MEAN_DIRECTIONS])
    return found


def mean_quality(row: Row) -> Estimate | str:
    """Return a row's mean chrF++ over the four directions."""
    return _together(
        [row.scores[quality_column("chrf_plus_plus", name)] for name in MEAN_DIRECTIONS]
    )


def _together(scores: Sequence[Estimate | str]) -> Estimate | str:
    reasons = [score for score in scores if isinstance(score, str)]
    return reasons[0] if reasons else mean_of(scores)


def compared(row: Row, other: Row, column: str) -> Estimate | None:
    """Return the paired difference of two rows in a column, None where one has no score."""
    ours, theirs = row.scores[column], other.scores[column]
    if isinstance(ours, str) or isinstance(theirs, str):
        return None
    return ours.minus(theirs)
