"""A study's rows, its answers to (a), (b) and (c), and its tables."""

import json

import numpy as np
import pandas as pd
import pytest
from reporting_run import sentence_scores

from lahja.errors import LahjaError
from lahja.metrics.evaluation import evaluate_model
from lahja.metrics.faults import FAULTS
from lahja.metrics.translation import load_spbleu
from lahja.reporting.artifacts import read_artifact
from lahja.statistics import Estimate, Resampling
from lahja.study.answers import QUALITY, Change, answer, changes, share_of, shows_tradeoff
from lahja.study.rows import Row, Study, study_rows
from lahja.tables import SENTENCE_SCORES, write_table

STUDY = Study(
    rows={"T": ("T",), "RL": ("T+RL", "T2+RL"), "more": ("U",)},
    start="T", baseline="RL", recipe="more",
)  # fmt: skip
N = 400


def estimate(value: float, noise: float = 0.0) -> Estimate:
    return Estimate(value, value + noise * np.linspace(-1, 1, N), 50)


def row(name: str, adi2: float, quality: float, fault: float = 0.1, noise: float = 0.0) -> Row:
    scores = {"adi2": estimate(adi2, noise)} | dict.fromkeys(QUALITY, estimate(quality, noise))
    scores |= dict.fromkeys(FAULTS, estimate(fault))
    return Row(name, (name,), scores, (scores,))


def answered(recipe: Row, baseline: Row | None = None):
    rows = {"T": row("T", 0.2, 20), "RL": baseline or row("RL", 0.4, 18), "more": recipe}
    found = changes(STUDY, rows)
    return answer(STUDY, found, "more", 0.95), found


def test_a_row_that_keeps_dialect_and_translation():
    said, _ = answered(row("more", 0.385, 20))
    assert said.keeps
    assert not said.surpasses
    assert said.share_kept.value == pytest.approx(0.925)


def test_a_row_above_both_reaches_the_mark():
    said, _ = answered(row("more", 0.4, 20.5))
    assert said.keeps
    assert said.surpasses
    assert said.gained == QUALITY


@pytest.mark.parametrize(
    "recipe", [row("more", 0.37, 20), row("more", 0.4, 19.5), row("more", 0.4, 20, fault=0.11)]
)
def test_too_little_gain_a_loss_or_one_more_fault_is_no(recipe):
    assert not answered(recipe)[0].keeps


def test_a_loss_within_the_noise_is_none():
    said, _ = answered(row("more", 0.4, 19.9, noise=1.0))
    assert said.lost == ()
    assert said.keeps


def test_the_tradeoff_is_shown_where_both_changes_are_significant():
    _, found = answered(row("more", 0.4, 20))
    assert shows_tradeoff(found["RL"], 0.95) == (True, QUALITY)
    _, found = answered(row("more", 0.4, 20), row("RL", 0.4, 19.99, noise=1.0))
    assert shows_tradeoff(found["RL"], 0.95) == (False, ())


def test_a_share_is_taken_resample_by_resample():
    gain, whole = Estimate(1.0, np.array([1.0, 2.0]), 2), Estimate(2.0, np.array([2.0, 8.0]), 2)
    assert share_of(gain, whole).draws.tolist() == [0.5, 0.25]


@pytest.fixture(scope="module")
def scores() -> list[pd.DataFrame]:
    return sentence_scores(["T", "T+RL", "T2+RL", "U"], 12)


def test_several_seeds_are_one_row_with_their_mean_and_their_spread(scores):
    spbleu = load_spbleu(None)
    found = {t["model"].iloc[0]: evaluate_model(t, Resampling(50, 0), spbleu) for t in scores}
    rows = study_rows(STUDY, found, "FLORES")
    first, second = (own["adi2"].value for own in rows["RL"].by_model)
    assert rows["RL"].scores["adi2"].value == pytest.approx((first + second) / 2)
    assert rows["RL"].spread("adi2") == (min(first, second), max(first, second))
    assert rows["T"].spread("adi2") is None
    into = scores[1][scores[1]["task"] == "translation"]
    into = into[into["target_variety"].isin(["egy", "mar", "pse", "sau", "syr"])]
    assert first == pytest.approx(into["adi2"].mean())
    assert isinstance(rows["T"].scores["spbleu_eng_dialects"], str)
    with pytest.raises(LahjaError, match=r"study\.rows\.more: 'U' was not evaluated"):
        study_rows(STUDY, {name: e for name, e in found.items() if name != "U"}, "FLORES")


def test_the_script_writes_tables_answers_and_the_plot(scores, tmp_path):
    from make_study import main

    paths = []
    for table in scores:
        paths.append(tmp_path / f"{table['model'].iloc[0]}.parquet")
        write_table(paths[-1], table, SENTENCE_SCORES)
    settings = {
        "rows": [[name, list(own)] for name, own in STUDY.rows.items()], "start": "T",
        "baseline": "RL", "recipe": "more", "corpora": ["FLORES"], "resamples": 1000,
        "confidence": 0.95, "seed": 0, "spbleu_model": None,
    }  # fmt: skip
    main(paths, json.loads(json.dumps(settings)), tmp_path / "study")
    page = (tmp_path / "study" / "study.md").read_text(encoding="utf-8")
    assert "(a) Yes: RL changes ADI2 by +" in page
    assert "| RL | 2 |" in page
    assert "spBLEU on FLORES: missing, no SentencePiece model is configured" in page
    changed = read_artifact(tmp_path / "study" / "changes_FLORES.parquet")
    assert list(changed.rows["row"]) == ["RL", "more"]
    assert {"pareto.svg", "pareto.png"} <= {f.name for f in (tmp_path / "study").iterdir()}


def test_a_change_is_significant_after_holm_s_correction():
    assert Change(estimate(1.0), 0.01, 0.04).is_significant(0.95)
    assert not Change(estimate(1.0), 0.04, 0.08).is_significant(0.95)
