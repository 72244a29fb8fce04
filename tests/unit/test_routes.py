"""Routes: which model is chosen for each dialect, on what, and whose scores a route has."""

import importlib
import json
from pathlib import Path

import pandas as pd
import pytest
from reporting_data import evaluation_prompts, scored_responses
from reporting_run import made_up_run, sentence_scores

from lahja.core.command import run
from lahja.core.errors import LahjaError
from lahja.core.tables import EVALUATION_PROMPTS, SCORED, SENTENCE_SCORES, read_table, write_table
from lahja.evaluation.routes import routed_scores, validation_rewards
from lahja.evaluation.sentence_scores import read_scores
from lahja.report.page import build_report
from lahja.report.tables import routes_tables

# Task, source and target of a prompt.
ROWS = [
    ("translation", "eng", "egy"),
    ("translation", "mar", "msa"),
    ("validation", "msa", "egy"),
    ("validation_translation", "egy", "eng"),
    ("validation", None, "mar"),
    ("validation_translation", "mar", "msa"),
    ("monolingual", None, "mar"),
]


def scores(chrf: list[float], adi2: list[float]) -> pd.DataFrame:
    """Return SENTENCE_SCORES of ROWS, as far as a route reads them."""
    rows = pd.DataFrame(ROWS, columns=["task", "source_variety", "target_variety"], dtype=object)
    ids = [f"p{number}" for number in range(len(ROWS))]
    return rows.assign(prompt_id=ids, model="m", chrf_plus_plus=chrf, adi2=adi2)


# On test `second` is better in Egyptian and `first` in Moroccan; on validation it is the reverse.
FIRST = scores([10, 90, 30, 40, 20, 20, 90], [0.1, 0, 0.5, 0, 0.1, 0, 0.9])
SECOND = scores([90, 10, 20, 30, 25, 35, 10], [0.9, 0, 0.2, 0, 0.2, 0, 0.1])
MODELS = {"first": FIRST, "second": SECOND}


def test_validation_chooses_by_reward_and_test_has_no_part_in_it() -> None:
    rewards, chosen = validation_rewards(MODELS, 0.6)
    assert rewards.loc["first", "egy"] == pytest.approx((0.3 + 0.6 * 0.5 + 0.4) / 2)
    assert rewards.loc["second", "mar"] == pytest.approx((0.25 + 0.6 * 0.2 + 0.35) / 2)
    assert chosen.to_dict() == {"egy": "first", "mar": "second"}
    found = routed_scores("route", MODELS, 0.6)
    assert found["model"].unique().tolist() == ["route"]
    assert found["prompt_id"].tolist() == FIRST["prompt_id"].tolist()
    # Validation and test alike; what is translated from a dialect is of that dialect.
    assert found["chrf_plus_plus"].tolist() == [10, 10, 30, 40, 25, 35, 10]


def test_the_weight_of_the_dialect_decides_too() -> None:
    fluent = scores([90, 0, 40, 40, 40, 40, 0], [0] * 7)
    dialectal = scores([0, 0, 30, 30, 30, 30, 0], [0, 0, 0.4, 0, 0.1, 0, 0])
    models = {"fluent": fluent, "dialectal": dialectal}
    chosen = [validation_rewards(models, weight)[1].tolist() for weight in (0.0, 0.6, 3.0)]
    assert chosen == [["fluent"] * 2, ["dialectal", "fluent"], ["dialectal"] * 2]
    # Of equals the first.
    assert validation_rewards({"a": fluent, "b": fluent}, 0.6)[1].tolist() == ["a", "a"]


def test_a_prompt_without_a_dialect_has_the_first_models_scores() -> None:
    models = {}
    for name, rows in MODELS.items():
        other = rows.tail(1).assign(task="validation", target_variety="msa", prompt_id="gold")
        models[name] = pd.concat([rows, other.assign(source_variety="eng")], ignore_index=True)
    rewards, chosen = validation_rewards(models, 0.6)
    pd.testing.assert_frame_equal(rewards, validation_rewards(MODELS, 0.6)[0])
    assert chosen.to_dict() == {"egy": "first", "mar": "second"}
    found = routed_scores("route", models, 0.6)
    assert len(found) == len(ROWS) + 1
    assert found["chrf_plus_plus"].tolist()[-2:] == [10, 90]


@pytest.mark.parametrize("missing", ["prompts", "score"])
def test_a_dialect_that_was_not_validated_is_named(missing: str) -> None:
    rows = SECOND[~SECOND["prompt_id"].isin(["p4", "p5"])]
    if missing == "score":
        rows = SECOND.assign(chrf_plus_plus=SECOND["chrf_plus_plus"].where(SECOND.index != 4))
    with pytest.raises(LahjaError, match="second: no validation score in mar to be chosen by"):
        validation_rewards({"first": FIRST, "second": rows}, 0.6)


def test_a_route_is_one_more_model_of_all_scores(tmp_path: Path) -> None:
    prompts = evaluation_prompts(3)
    write_table(tmp_path / "prompts.parquet", prompts, EVALUATION_PROMPTS)
    for name in ("llama", "llama+RL"):
        write_table(tmp_path / f"{name}.parquet", scored_responses(prompts, name), SCORED)
    routes = {"best": {"models": ["llama+RL", "llama"], "dialect_weight": 0.05}}
    prompts_file, output = tmp_path / "prompts.parquet", tmp_path / "scores.parquet"
    scored = [str(tmp_path / f"{name}.parquet") for name in ("llama", "llama+RL")]
    options = ["--prompts", str(prompts_file), "--scored", *scored, "--output", str(output)]
    settings = ["--settings", json.dumps({"routes": routes})]
    run(importlib.import_module("score_sentences").main, [*options, *settings])
    assert len(read_table(output, SENTENCE_SCORES)) == 3 * len(prompts)
    plain, trained, route = read_scores(output)
    _, chosen = validation_rewards({"llama+RL": trained, "llama": plain}, 0.05)
    assert {*chosen} == {"llama", "llama+RL"}
    for dialect, name in chosen.items():
        own = {"llama": plain, "llama+RL": trained}[name]
        is_own = route["target_variety"] == dialect
        shown = [frame[is_own].drop(columns="model") for frame in (route, own)]
        pd.testing.assert_frame_equal(*shown)


def test_the_page_shows_what_was_chosen(tmp_path: Path, root: Path) -> None:
    tables = sentence_scores(["llama", "llama+RL"], 3)
    by_model = dict(zip(["llama", "llama+RL"], tables, strict=True))
    route = {"models": ["llama+RL", "llama"], "dialect_weight": 0.2}
    (table,) = routes_tables({"best": route}, by_model)
    rewards, chosen = validation_rewards(by_model, 0.2)
    records = {row["model"]: row for row in table.records()}
    for column in table.columns[2:]:
        for name, row in records.items():
            shown = f"{rewards.loc[name, column.key]:.3f}"
            shown += " (chosen)" if chosen[column.key] == name else ""
            assert table.cell(row, column) == shown
    assert "λ = 0.2 (best)" in table.notes[0]
    assert routes_tables({}, by_model) == []
    made = made_up_run(tables, tmp_path, root / "resources" / "paper", [table])
    page = build_report(made, root / "workflow" / "report")
    assert table.caption in page.split('id="dialects"')[1].split('id="samples"')[0]
