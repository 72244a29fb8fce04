"""A study's rows, its answers to (a), (b) and (c), and its tables."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reporting_run import sentence_scores

from lahja.core.artifacts import read_artifact
from lahja.core.statistics import Estimate, Resampling
from lahja.core.tables import SENTENCE_SCORES, write_table
from lahja.evaluation.metrics.evaluation import evaluate_model
from lahja.evaluation.metrics.faults import FAULTS
from lahja.report.logs import costs_table
from lahja.report.page import build_report
from lahja.report.study import (
    MEAN_QUALITY,
    QUALITY,
    Findings,
    Row,
    Study,
    answer,
    changes,
    find,
    shows_tradeoff,
    study_rows,
    study_tables,
    verdict,
)
from lahja.report.tradeoff import study_chart
from lahja.scoring.translation import load_spbleu

STUDY = Study(
    rows={"T": ("T",), "RL": ("T+RL", "T2+RL"), "more": ("U",)},
    start="T", baseline="RL", recipe="more",
)  # fmt: skip
N = 400


def estimate(value: float, noise: float = 0.0) -> Estimate:
    return Estimate(value, value + noise * np.linspace(-1, 1, N), 50)


def row(adi2: float, quality: float, fault: float = 0.1, noise: float = 0.0) -> Row:
    scores = {"adi2": estimate(adi2, noise)}
    scores |= dict.fromkeys((*QUALITY, MEAN_QUALITY), estimate(quality, noise))
    scores |= dict.fromkeys(FAULTS, estimate(fault))
    scores |= {column.replace("chrf_plus_plus", "spbleu"): "no spBLEU" for column in QUALITY}
    return Row(scores, (scores,))


def answered(recipe: Row, baseline: Row | None = None):
    rows = {"T": row(0.2, 20), "RL": baseline or row(0.4, 18), "more": recipe}
    found = changes(STUDY, rows)
    return answer(STUDY, found, "more"), found


def test_a_row_that_keeps_dialect_and_translation():
    said, _ = answered(row(0.385, 20))
    assert said.keeps
    assert not said.surpasses
    assert said.share_kept.value == pytest.approx(0.925)


def test_a_row_above_both_reaches_the_mark():
    said, _ = answered(row(0.4, 20.5))
    assert said.keeps
    assert said.surpasses
    assert said.gained == QUALITY


def test_gains_in_one_direction_alone_are_not_the_mark():
    gains = {c: estimate(20.5 if c == QUALITY[0] else 20.01, noise=0.1) for c in QUALITY}
    better = row(0.4, 20.5)
    said, _ = answered(better._replace(scores=better.scores | gains))
    assert said.gained == QUALITY[:1]
    assert not said.surpasses


@pytest.mark.parametrize(
    ("recipe", "share", "holds"),
    [
        # MBR gains 0.1 and 2 points.
        (row(0.291, 21.81), 0.91, True),
        (row(0.28, 22), 0.8, False),
        (row(0.4, 21.7), 2.0, False),
    ],
)
def test_a_distilled_row_holds_nine_tenths_of_both_gains_of_mbr(recipe, share, holds):
    study = STUDY._replace(rows=STUDY.rows | {"MBR": ("T-MBR",)}, mbr="MBR")
    rows = {"T": row(0.2, 20), "RL": row(0.4, 18), "more": recipe, "MBR": row(0.3, 22)}
    found = find(study, rows, "MADAR")
    said = found.answers["more"]
    assert said.share_of_mbr.value == pytest.approx(share)
    assert said.holds_mbr is holds
    answers, *_ = study_tables(study, found)
    assert [column.header for column in answers.columns[-2:]] == ["Share of MBR's gain", "(d)"]
    assert answers.notes[-1].startswith("(d): at least 0.90 of what MBR gains")
    told = verdict(study, found, answers)
    assert f"(d) {'Yes' if holds else 'No'}: more has {share:.2f} [" in told
    assert told.endswith(f"hold its gains: {'more, MBR' if holds else 'MBR'}.\n")


@pytest.mark.parametrize("recipe", [row(0.37, 20), row(0.4, 19.5), row(0.4, 20, fault=0.11)])
def test_too_little_gain_a_loss_or_one_more_fault_is_no(recipe):
    assert not answered(recipe)[0].keeps


def test_a_loss_within_the_noise_is_none():
    said, _ = answered(row(0.4, 19.9, noise=1.0))
    assert said.lost == ()
    assert said.keeps


def test_the_tradeoff_is_shown_where_both_changes_are_significant():
    _, found = answered(row(0.4, 20))
    assert shows_tradeoff(found["RL"]) == (True, QUALITY)
    _, found = answered(row(0.4, 20), row(0.4, 19.99, noise=1.0))
    assert shows_tradeoff(found["RL"]) == (False, ())


def test_a_share_is_taken_resample_by_resample():
    found, _ = answered(row(0.3, 20, noise=0.05), row(0.4, 18, noise=0.1))
    assert found.share_kept.draws == pytest.approx(np.full(N, 0.5))


def missing(row: Row, column: str) -> Row:
    return row._replace(scores=row.scores | {column: f"no {column}"})


@pytest.mark.parametrize(
    ("name", "column", "answered"),
    [
        ("RL", "adi2", []),
        ("more", "adi2", ["RL"]),
        ("more", QUALITY[0], ["RL"]),
        # What no answer needs is shown as n/a in its own table.
        ("more", FAULTS[0], ["RL", "more"]),
    ],
)
def test_a_row_that_lacks_a_score_has_no_answer_and_a_reason(name, column, answered):
    rows = {"T": row(0.2, 20), "RL": row(0.4, 18), "more": row(0.4, 20)}
    found = find(STUDY, rows | {name: missing(rows[name], column)}, "MADAR")
    assert [own for own, answer in found.answers.items() if not isinstance(answer, str)] == answered
    answers, scores, *_ = study_tables(STUDY, found)
    shown = {
        record["row"]: [answers.cell(record, each) for each in answers.columns[1:]]
        for record in answers.records()
    }
    assert [own for own, cells in shown.items() if "n/a" not in cells] == answered
    assert all(cells == ["n/a"] * 6 for own, cells in shown.items() if own not in answered)
    said = verdict(STUDY, found, answers)
    if "more" in answered:
        assert "(a) Yes" in said
    else:
        assert said == f"## MADAR\n\n(a), (b), (c) n/a: no {column}.\n"
        assert answers.notes[-1] == f"n/a: no {column}."
    lacking = next(record for record in scores.records() if record["row"] == name)
    if column == "adi2":
        assert scores.cell(lacking, scores.columns[2]) == "n/a"


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


def test_the_script_writes_what_the_page_shows(scores, attacked_run, root, tmp_path):
    from make_study import main

    write_table(tmp_path / "scores.parquet", pd.concat(scores), SENTENCE_SCORES)
    settings = {
        "rows": [[name, list(own)] for name, own in STUDY.rows.items()], "start": "T",
        "baseline": "RL", "recipe": "more", "corpora": ["FLORES"], "resamples": 200,
        "confidence": 0.95, "seed": 0, "spbleu_model": None, "note": "Seeds 42 and 43.",
        "left_out": "Made without a.",
    }  # fmt: skip
    steps = {name: {"models": [*own], "trained": [], "samples": [], "data": []}
             for name, own in STUDY.rows.items()}  # fmt: skip
    given = (json.loads(json.dumps(own)) for own in (steps, settings))
    main(tmp_path / "scores.parquet", next(given), tmp_path, next(given), tmp_path / "study")
    page = (tmp_path / "study" / "study.md").read_text(encoding="utf-8")
    assert "(a) Yes: RL changes ADI2 by +" in page
    assert "| RL | 2 |" in page
    assert "spBLEU on FLORES: missing, no SentencePiece model is configured" in page
    changed = read_artifact(tmp_path / "study" / "changes_FLORES.parquet")
    assert list(changed.rows["row"]) == ["RL", "more"]
    assert changed.notes[-2:] == ["Seeds 42 and 43.", "Made without a."]
    run = replace(attacked_run, study=[changed])
    page = build_report(run, root / "workflow" / "report")
    assert "Changes from T on FLORES" in page
    assert "Seeds 42 and 43." in page
    assert {"changes.svg", "changes.png", "costs.csv"} <= {
        f.name for f in (tmp_path / "study").iterdir()
    }


def test_the_picture_leaves_out_what_clearly_loses_both():
    rows = {"T": row(0.2, 20), "RL": row(0.4, 18), "more": row(0.3, 21)}
    rows |= {"base": row(0.1, 9), "flatter": row(0.3, 9), "unclear": row(0.1, 19, noise=2)}
    study = STUDY._replace(rows=dict.fromkeys(rows, ()))
    found = Findings("MADAR", rows, changes(study, rows), {})

    def drawn(labelled: list[str]) -> list[str]:
        [values] = study_chart(study, [found], labelled)["datasets"].values()
        return [one["row"] for one in values if one["row"]]

    assert drawn([]) == ["RL", "more", "flatter", "unclear"]
    assert "base" in drawn(["base"])


def test_a_change_is_clear_after_holm_s_correction():
    rows = {"T": row(0.2, 20), "RL": row(0.4, 18), "more": row(0.21, 20, noise=0.0101)}
    tests = {name: own["adi2"] for name, own in changes(STUDY, rows).items()}
    assert tests["RL"].is_clear and tests["RL"].p_holm == 2 * tests["RL"].p_value
    assert tests["more"].p_holm == tests["more"].p_value == pytest.approx(0.015, abs=0.001)
    assert not changes(STUDY._replace(confidence=0.999), rows)["more"]["adi2"].is_clear


def test_what_a_row_takes_beyond_its_start(tmp_path):
    header = "s\th:m:s\tmax_rss\tcpu_time\n"
    for name, seconds in {
        "train_dpo/T+first": 60, "train_dpo/T+RL": 120, "train_sft/T": 999,
        "sample_policy/T.8.directions.2": 30, "sample_policy/T+first.8.directions.2": 90,
        "sample_policy/T.81.directions.2": 999, "build_pairs/ranked": 6,
        "generate_evaluation/T+RL": 10, "generate_evaluation/T+first": 999,
    }.items():  # fmt: skip
        file = tmp_path / "benchmarks" / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{header}1.0\t0:00:01\t5\t{seconds}\n", encoding="utf-8")
    folders = [tmp_path / name for name in ("T+first", "T+RL")]
    for n, folder in enumerate(folders, start=1):
        folder.mkdir()
        # The second one answered in its training: 20 updates of 2 prompts, 4 times each.
        own = {"batch": 2, "accumulation": 1} | ({"generations": 4} if n == 2 else {})
        record = {"n_examples": 100 * n, "settings": json.dumps(own)}
        (folder / "model.json").write_text(json.dumps(record), encoding="utf-8")
        pd.DataFrame({"step": [1, 2, 10 * n]}).to_csv(folder / "training.csv", index=False)
    samples = tmp_path / "samples.parquet"
    pd.DataFrame({"response": ["a"] * 16}).to_parquet(samples)
    steps = {
        "models": ["T+first", "T+RL"], "trained": [*map(str, folders)], "samples": [str(samples)],
        "data": ["ranked", "T.8", "T.8.*", "T+first.8.*"],
    }  # fmt: skip
    nothing = {"models": [], "trained": [], "samples": [], "data": []}
    found = costs_table({"two": steps, "T": nothing}, tmp_path / "benchmarks", 50)
    assert found.records()[0] == {
        "row": "two", "samples": 16 + 160, "examples": 300, "updates": 30, "data": 2.1, "training": 3.0,
        "answering": 20.0,
    }  # fmt: skip
    assert found.records()[1]["training"] == found.records()[1]["samples"] == 0
