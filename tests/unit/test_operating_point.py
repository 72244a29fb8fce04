"""The choice of a point between a start and its training, and the plot of all of them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reporting_data import evaluation_prompts, scored_responses
from reporting_run import sentence_scores

from lahja.core.artifacts import read_artifact, write_artifact
from lahja.core.errors import LahjaError
from lahja.core.statistics import Estimate, Resampling
from lahja.core.tables import PARALLEL
from lahja.evaluation.metrics.evaluation import Evaluation, evaluate_model
from lahja.evaluation.metrics.slices import ALL, MEAN, Slice
from lahja.evaluation.sentence_scores import score_sentences
from lahja.prompts.evaluation import drawn_translations
from lahja.report.charts import save_picture, styles
from lahja.report.operating_point import (
    VALIDATION,
    Family,
    choose_point,
    operating_point_table,
    validation_slices,
)
from lahja.report.page import Run, build_report
from lahja.report.tradeoff import operating_points_chart
from lahja.scoring.translation import load_spbleu

FAMILY = Family("start", "end", ((0.0, "start"), (0.3, "third"), (0.6, "more"), (1.0, "end")))
INTO_ENGLISH = Slice("validation_translation", ALL, MEAN, "eng")


def estimate(value: float) -> Estimate:
    """Return a score whose resamples all lie within 0.5 of it."""
    return Estimate(value, value + np.linspace(-0.5, 0.5, 201), 100)


def constant(value: float) -> Estimate:
    return Estimate(value, np.full(201, value), 100)


def evaluations(found: Mapping[str, tuple[float, Estimate, Estimate]]) -> dict[str, Evaluation]:
    """Return evaluations of ADI2, and of chrF++ on Table 1's prompts and into English."""
    return {
        name: Evaluation(
            name,
            {
                VALIDATION: {"adi2": constant(adi2), "chrf_plus_plus": whole},
                INTO_ENGLISH: {"chrf_plus_plus": into_english},
            },
        )
        for name, (adi2, whole, into_english) in found.items()
    }


FOUND = {
    "start": (0.2, constant(30), constant(40)),
    # Lower by 0.3, which half of the resamples bear out as little as not.
    "third": (0.4, estimate(29.7), constant(40)),
    # Better in one direction, worse beyond doubt in the other.
    "more": (0.6, constant(31), estimate(39)),
    "end": (0.8, estimate(25), constant(40)),
}


def test_the_most_dialectal_point_that_lost_nothing_is_chosen() -> None:
    chosen, lost = choose_point(FAMILY, evaluations(FOUND), 0.95)
    assert lost == {"start": [], "third": [], "more": ["dialects_eng"], "end": ["validation"]}
    assert chosen == "third"


def test_the_start_stays_where_everything_else_has_lost() -> None:
    found = FOUND | {"third": (0.4, constant(29), constant(40))}
    assert choose_point(FAMILY, evaluations(found), 0.95)[0] == "start"


def test_without_validation_nothing_is_chosen() -> None:
    found = evaluations(FOUND)
    del found["more"].scores[VALIDATION]
    with pytest.raises(LahjaError, match="more: no chrf_plus_plus on validation"):
        choose_point(FAMILY, found, 0.95)


# --- on tables of an evaluation ---------------------------------------------------------------

BETWEEN = Family("llama", "llama+RL", ((0.0, "llama"), (0.5, "half+RL"), (1.0, "llama+RL")))


@pytest.fixture(scope="module")
def table():
    prompts = evaluation_prompts(5)
    held_out = prompts[prompts["task"] == "translation"].assign(task="validation_translation")
    held_out["prompt_id"] = "v" + held_out["prompt_id"]
    prompts = pd.concat([prompts, held_out], ignore_index=True)
    resampling = Resampling(100, seed=0)
    found = {
        name: evaluate_model(
            score_sentences(prompts, scored_responses(prompts, name), load_spbleu(None)),
            *(resampling, load_spbleu(None)),
        )
        for _, name in BETWEEN.points
    }
    assert len(validation_slices(found["llama"])) == 5
    return operating_point_table([BETWEEN], found, 0.95), found


def test_the_table_has_validation_and_test_apart(table) -> None:
    rows, found = table[0].rows, table[1]
    assert [*rows["weight"]] == [0, 0.5, 1]
    overall = Slice(ALL, ALL, ALL, MEAN)
    assert rows["test_adi2"].iloc[2] == found["llama+RL"].scores[overall]["adi2"].value
    validation = found["llama+RL"].scores[VALIDATION]["adi2"].value
    assert rows["validation_adi2"].iloc[2] == validation != rows["test_adi2"].iloc[2]
    # A start differs from itself in nothing, and training made this one lose words.
    changes = [f"change_{name}" for name in ("dialects_eng", "dialects_msa")]
    assert (rows.loc[0, changes] == 0).all()
    assert (rows.loc[2, changes] < 0).all()
    assert (rows["chosen"] == "chosen").sum() == 1


def test_held_out_translation_is_no_part_of_the_overall_score(table) -> None:
    without = sentence_scores(["llama"], 5)[0]
    plain = evaluate_model(without, Resampling(100, seed=0), load_spbleu(None))
    overall = Slice(ALL, ALL, ALL, MEAN)
    assert table[1]["llama"].scores[overall]["adi2"].value == pytest.approx(
        plain.scores[overall]["adi2"].value, rel=0.5
    )
    parts = {part.task for part in table[1]["llama"].scores if part.target == MEAN}
    assert "validation_translation" in parts


def test_the_plot_and_the_report_show_it(
    table, attacked_run: Run, root: Path, tmp_path: Path
) -> None:
    write_artifact(table[0], tmp_path / "point")
    looks = styles([name for _, name in BETWEEN.points])
    save_picture(operating_points_chart(table[0], looks), "operating_point", tmp_path / "point")
    assert read_artifact(tmp_path / "point" / "operating_point.parquet").caption
    drawing = (tmp_path / "point" / "operating_point.svg").read_text()
    assert "llama → llama+RL" in drawing and "validation" in drawing
    run = replace(attacked_run, operating_point=tmp_path / "point")
    page = build_report(run, root / "workflow" / "report")
    assert page.count('id="operating_point') == 2


# --- the held-out translations ----------------------------------------------------------------


def pair(number: int, **values: object) -> dict[str, object]:
    known = {"pair_id": str(number), "corpus": "MADAR", "split": "validation", "variety": "egy"}
    sides = {"text": f"da{number}", "msa": f"msa{number}", "eng": f"eng{number}"}
    origins = {"msa_origin": "corpus", "eng_origin": "corpus"}
    return dict.fromkeys(PARALLEL.names) | known | sides | origins | values


def test_validation_translation_takes_held_out_pairs_of_the_corpora_alone() -> None:
    rows = [pair(n) for n in range(4)]
    rows += [pair(4, split="train"), pair(5, eng_origin="nllb"), pair(6, variety="mar")]
    found = drawn_translations("validation_translation", pd.DataFrame(rows), ["egy"], 10, seed=1)
    count = found.groupby(["source_variety", "target_variety"]).size().to_dict()
    assert count == {("eng", "egy"): 4, ("egy", "eng"): 4, ("msa", "egy"): 5, ("egy", "msa"): 5}
    row = found[found["target_variety"] == "eng"].iloc[0]
    assert row["source"].replace("da", "eng") == row["reference"]
    assert "into English" in row["prompt"] and set(found["task"]) == {"validation_translation"}
    assert (
        len(drawn_translations("validation_translation", pd.DataFrame(rows), ["egy"], 2, seed=1))
        == 8
    )


def test_a_direction_without_held_out_pairs_is_named() -> None:
    with pytest.raises(LahjaError, match="0 usable pairs of syr and eng, expected 1"):
        drawn_translations(
            "validation_translation", pd.DataFrame([pair(1)]), ["egy", "syr"], 2, seed=1
        )
