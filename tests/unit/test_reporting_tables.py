"""Tables: Table 1's selection on the paper's numbers, reference rows, missing values, LaTeX."""

from pathlib import Path

import pandas as pd
import pytest

from lahja.core.artifacts import Column, Table, read_artifact, write_artifact
from lahja.evaluation.metrics.slices import MEAN
from lahja.report.figures import scoreboards
from lahja.report.formats import to_latex
from lahja.report.tables import answer_tables, changes_table, select_models, table1, table2

METRIC_ROW = {"low": 1.0, "high": 3.0, "n": 10, "signature": None, "reason": None}
PAPER_STARTS = {
    "llama-T": "llama", "qwen-T": "qwen", "llama+RL": "llama", "qwen+RL": "qwen",
    "llama-T+RL": "llama-T", "qwen-T+RL": "qwen-T", "qwen3-T": "qwen3",
}  # fmt: skip


@pytest.fixture(scope="module")
def paper(root: Path) -> Path:
    return root / "resources" / "paper"


def _metrics(rows: list[dict]) -> pd.DataFrame:
    common = {"corpus": "all", "source_variety": "all", "target_variety": "all"}
    return pd.DataFrame([METRIC_ROW | common | row for row in rows])


def test_the_rule_selects_the_paper_s_models(paper: Path) -> None:
    reference = pd.read_csv(paper / "table1.csv").set_index("model")
    chosen = select_models(reference["aldi"].to_dict(), PAPER_STARTS, 3)
    assert chosen == reference["selected"].dropna().to_dict()


def test_places_beyond_the_families_go_to_the_next_best() -> None:
    chosen = select_models({"a": 0.1, "a+RL": 0.9, "b": 0.2, "c": None}, {"a+RL": "a"}, 3)
    assert chosen == {"a+RL": "primary", "b": "contrastive1", "a": "contrastive2"}


def test_table1_shows_what_is_missing_and_the_paper_s_rows(paper: Path) -> None:
    validation = {"model": "llama", "task": "validation"}
    metrics = _metrics(
        [
            validation | {"metric": "aldi", "value": 0.2},
            validation | {"metric": "chrf_plus_plus", "value": 2.0},
            validation | {"metric": "chrf", "value": 2.5},
            validation | {"metric": "spbleu", "value": None, "reason": "no model"},
        ]
    )
    table = table1(metrics, ["llama"], {}, 3, paper)
    first, *others = table.records()
    cells = [table.cell(first, column) for column in table.columns]
    assert cells == [
        "llama", "primary", "n/a", "2.00 [1.00, 3.00]", "2.50 [1.00, 3.00]",
        "0.2000 [1.0000, 3.0000]", "this run",
    ]  # fmt: skip
    assert table.cell(others[0], table.columns[3]) == "32.09 (as reported)"
    assert any("most likely chrF2" in note for note in table.notes)
    assert "n/a: no model." in table.notes
    assert len(others) == 9
    assert {row["origin"] for row in others} == {"paper Table 1"}


def test_table2_shows_both_chrf_and_notes_the_run_of_each_paper_number(paper: Path) -> None:
    into = {"model": "llama", "task": "translation", "source_variety": "eng"}
    into |= {"target_variety": MEAN}
    rows = [
        into | {"metric": "chrf", "value": 23.0},
        into | {"metric": "chrf_plus_plus", "value": 20.0},
    ]
    table = table2(_metrics(rows), ["llama"], paper)
    plus_plus, letters, nus_ids, _ = table.records()
    places = {column.key: column for column in table.columns}
    assert table.cell(plus_plus, places["adi2"]) == "n/a"
    cells = [
        (table.cell(row, places["eng_dialects"]), row["metric"])
        for row in (plus_plus, letters, nus_ids)
    ]
    assert cells == [
        ("20.00 [1.00, 3.00]", "chrF++"), ("23.00 [1.00, 3.00]", "chrF2"),
        ("15.76 (c1)", "ChrF++, as reported"),
    ]  # fmt: skip
    assert table.cell(nus_ids, places["adi2"]) == "0.629 (p)"
    assert any("most likely chrF2" in note for note in table.notes)
    directions = ("dialects_eng", "eng_dialects", "dialects_msa", "msa_dialects")
    assert nus_ids["mean"] == pytest.approx(sum(nus_ids[name] for name in directions) / 4)


def test_faults_are_means_over_directions_in_per_cent() -> None:
    share = {"wrong_language": 0.01, "repetition": 0.015, "echo": 0.01, "number_error": 0.01}
    share["label_accuracy"] = 0.25
    rows = [
        {"model": "llama", "task": "translation", "source_variety": MEAN, "target_variety": MEAN,
         "metric": metric, "value": value, "low": 0.0, "high": 0.04}
        for metric, value in share.items()
    ]  # fmt: skip
    (table,) = answer_tables(_metrics(rows), ["llama", "qwen"])
    ours, missing = ([table.cell(r, c) for c in table.columns] for r in table.records())
    assert ours == [
        "llama", "25.0 [0.0, 4.0]", "1.0 [0.0, 4.0]", "1.5 [0.0, 4.0]", "1.0 [0.0, 4.0]",
        "1.0 [0.0, 4.0]",
    ]  # fmt: skip
    assert missing == ["qwen", *["n/a"] * 5]


def test_no_comparisons_give_an_empty_table() -> None:
    empty = pd.DataFrame(
        columns=["model", "task", "source_variety", "target_variety", "metric", "difference"]
    )
    assert changes_table(empty, ["llama"], {}).records() == []


def test_saved_tables_keep_caption_columns_and_values(tmp_path: Path) -> None:
    rows = pd.DataFrame({"model": ["a", "b"], "x": [1.25, None], "x_low": [1.0, None]})
    table = Table("t", "Caption", [Column("model", "Model"), Column("x", "X", 1)], rows, ["Note"])
    write_artifact(table, tmp_path)
    again = read_artifact(tmp_path / "t.parquet")
    assert (again.caption, again.columns, again.notes) == ("Caption", table.columns, ["Note"])
    pd.testing.assert_frame_equal(again.rows, rows, check_dtype=False)
    assert pd.read_csv(tmp_path / "t.csv")["x"].iloc[0] == 1.25


def test_latex_is_booktabs_and_escaped() -> None:
    rows = pd.DataFrame(
        {
            "model": ["a_b & 50%", "c"], "x": [-1.5, None],
            "x_low": [-2.0, None], "x_high": [-1.0, None], "origin": ["this run", "paper"],
        }
    )  # fmt: skip
    columns = [Column("model", "Model"), Column("x", "Δ x", 1, is_signed=True)]
    text = to_latex(Table("t", "50%", columns, rows))
    assert r"a\_b \& 50\% & $-$1.5 {\scriptsize [$-$2.0, $-$1.0]} \\" in text
    assert text.count(r"\midrule") == 2
    assert r"c & n/a \\" in text
    assert r"\caption{50\%}" in text


def test_what_rounds_to_nothing_has_no_minus() -> None:
    assert Table.number(-0.001, Column("bias", "bias", 2)) == "0.00"
    assert Table.number(-0.006, Column("bias", "bias", 2)) == "−0.01"


def test_a_scoreboard_s_figure_shows_what_its_table_has() -> None:
    known = {"metric": "adi2", "task": "translation", "source_variety": "eng"}
    rows = [
        known | {"model": model, "target_variety": code, "value": value, "low": 0.1, "high": 0.9}
        for model, code, value in (("a", "egy", 0.25), ("a", "mar", None), ("b", "mar", 0.5))
    ]
    ((table, figure),) = scoreboards(_metrics(rows), {"adi2": "x"})
    assert table.rows["mean"].tolist() == [None, None]
    assert figure.caption == "ADI2 by dialect and model, with 95% bootstrap intervals."
    found = figure.rows[["panel", "label", "variety", "value"]].to_numpy(object).tolist()
    assert found[0] == ["ENG→DA", "a", "egy", 0.25]
    assert [row[1:3] for row in found] == [["a", "egy"], ["a", "mar"], ["b", "egy"], ["b", "mar"]]
    # Numbers, with gaps: texts would not be rounded.
    assert figure.rows["value"].dtype == float
