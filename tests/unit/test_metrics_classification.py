"""F1 per variety against scikit-learn, and what the confusion matrix counts."""

import numpy as np
import pytest
from reporting_data import predictions

from lahja.core import varieties
from lahja.core.errors import LahjaError
from lahja.core.statistics import Resampling
from lahja.core.tables import CONFUSION
from lahja.evaluation.metrics.classification import (
    confusion_counts,
    evaluate_classifier,
    f1,
    f1_statistics,
)

DIALECTS = varieties.dialects_among(varieties.VARIETIES)
VARIETIES = (*DIALECTS, "msa")


def test_f1_is_scikit_learn_s() -> None:
    from sklearn.metrics import f1_score

    table = predictions(0.7, VARIETIES)
    statistics = f1_statistics(
        table["variety"].to_numpy(), table["predicted"].to_numpy(), list(VARIETIES)
    )
    expected = f1_score(table["variety"], table["predicted"], labels=VARIETIES, average=None)
    assert f1(statistics.sum(axis=0)) == pytest.approx(expected)


def test_a_variety_that_never_occurs_has_f1_zero() -> None:
    statistics = f1_statistics(np.array(["egy"]), np.array(["egy"]), ["egy", "mar"])
    assert list(f1(statistics.sum(axis=0))) == [1.0, 0.0]


def test_scores_have_intervals_and_counts() -> None:
    result = evaluate_classifier("ft", predictions(0.9, VARIETIES), Resampling(300, 0), 0.95)
    keyed = result.set_index(["variety", "metric"])
    assert set(keyed.index) == {(v, "f1") for v in (*VARIETIES, "all")} | {("all", "accuracy")}
    assert (result["low"] <= result["value"]).all() and (result["value"] <= result["high"]).all()
    assert keyed.loc[("egy", "f1"), "n"] == 40
    assert keyed.loc[("all", "f1"), "n"] == 240


def test_varieties_without_an_option_are_left_out() -> None:
    options = (*DIALECTS, "Iraq")
    result = evaluate_classifier("nadi", predictions(0.9, options), Resampling(50, 0), 0.95)
    assert "msa" not in set(result["variety"])
    assert result[result["metric"] == "accuracy"]["n"].iloc[0] == 200


def test_countries_count_as_their_varieties() -> None:
    table = predictions(0.9, DIALECTS)
    table["options"] = [["Egypt", "Morocco", "Iraq"]] * len(table)
    result = evaluate_classifier("nadi", table, Resampling(50, 0), 0.95)
    assert list(result["variety"]) == ["egy", "mar", "all", "all"]


def test_options_that_are_no_varieties_are_refused() -> None:
    with pytest.raises(LahjaError, match="classifier 'odd': no option is a variety"):
        evaluate_classifier("odd", predictions(0, ("Iraq",)), Resampling(10, 0), 0.95)


def test_confusion_counts_every_sentence_once() -> None:
    counts = confusion_counts("ft", predictions(0.8, VARIETIES))
    assert list(counts.columns) == CONFUSION.names
    assert counts.groupby("variety")["count"].sum().tolist() == [40] * 6
