"""What the page is made of: curves, run times, the rule graph, word edits, counts, escaping."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from reporting_data import (
    RULEGRAPH,
    counts,
    funnel,
    pairs,
    rejects,
    write_benchmarks,
    write_trained_model,
)

from lahja.core.errors import LahjaError
from lahja.report.charts import curves_charts
from lahja.report.counts import data_tables, funnel_tables, pair_tables
from lahja.report.formats import page_rows
from lahja.report.logs import COMPUTING, TIMED, read_curves, rules_table, runtimes_table
from lahja.report.page import content_policy

# --- embedding --------------------------------------------------------------------------------


def test_the_policy_allows_these_scripts_alone() -> None:
    policy = content_policy(["alert(1)"])
    # printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    assert "script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';" in policy
    assert "default-src 'none'" in policy


# --- training curves --------------------------------------------------------------------------


def test_a_curve_is_thinned_to_means_of_its_stretches(tmp_path: Path) -> None:
    folder = write_trained_model(tmp_path / "a+RL", "dpo", steps=300)
    curves = read_curves([folder], points=100)
    loss = curves[(curves["measure"] == "loss") & (curves["part"] == "training")]
    logged = pd.read_csv(folder / "training.csv")
    assert len(loss) == 100
    assert loss["value"].iloc[0] == pytest.approx(logged["loss"][:3].mean())
    measures = {"loss", "reward margin", "reward accuracy", "log-probability"}
    assert set(curves["measure"]) == measures
    assert set(curves[curves["measure"] == "log-probability"]["part"]) == {"chosen", "rejected"}
    assert list(curves[curves["part"] == "held out"]["step"]) == [50, 100, 150, 200, 250, 300]
    assert set(curves["train"]) == {"dpo"}


def test_rewards_in_training_are_drawn_with_their_parts(tmp_path: Path) -> None:
    folder = write_trained_model(tmp_path / "a+GRPO", "grpo", steps=3)
    logged = {"step": [1, 2, 3], "loss": 0.1, "reward": [0.2, 0.3, 0.4], "chrf": 30.0, "kl": 0.1}
    logged |= {"adi2": [None, 0.2, 0.3], "language": 0.0, "echo": 0.0, "repetition": 0.0}
    pd.DataFrame(logged).to_csv(folder / "training.csv", index=False)
    curves = read_curves([folder])
    assert list(curves[curves["measure"] == "ADI2"]["step"]) == [2, 3]
    charts = curves_charts(curves, {})
    divergence, stopped = "KL-to-the-initial-model", "share-that-gates-stop"
    names = ("loss", "reward", "chrF", "ADI2", divergence, stopped)
    assert {*charts} == {f"curve-grpo-{name}" for name in names}
    # Where no gate stops anything, there is an axis all the same.
    assert json.dumps([0.0, 1.0]) in json.dumps(charts[f"curve-grpo-{stopped}"])


def test_no_trained_model_gives_no_curves() -> None:
    assert read_curves([]).empty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no training curve"),
        ("loss\n1\n", "'step'"),
        ("step,x\n1,2\n", "none of the columns"),
    ],
)
def test_a_faulty_curve_names_its_file(tmp_path: Path, text: str | None, message: str) -> None:
    (tmp_path / "model.json").write_text('{"train": "sft"}')
    if text is not None:
        (tmp_path / "training.csv").write_text(text)
    with pytest.raises(LahjaError, match=f"training.csv: .*{message}"):
        read_curves([tmp_path])


# --- run times --------------------------------------------------------------------------------


def test_run_times_are_summed_by_rule(tmp_path: Path) -> None:
    table = runtimes_table(write_benchmarks(tmp_path))
    rows = table.rows.set_index("rule")
    assert list(rows.index) == ["train_sft", "build_pairs", "record_run"]
    assert rows.loc["train_sft", ["jobs", "minutes", "longest"]].tolist() == [2, 3.0, 2.0]
    assert pd.isna(rows.loc["record_run", "memory"])
    assert "4 jobs, 0.1 hours" in table.caption


def test_no_benchmarks_give_an_empty_table(tmp_path: Path) -> None:
    table = runtimes_table(tmp_path / "none")
    assert table.rows.empty
    assert "no benchmark files" in table.caption


def test_another_file_among_the_benchmarks_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\n1\n")
    with pytest.raises(LahjaError, match=r"a\.tsv: not a benchmark file"):
        runtimes_table(tmp_path)


# --- what feeds what --------------------------------------------------------------------------


def _rules(folder: Path, text: str) -> list[tuple[str, ...]]:
    path = folder / "rulegraph.dot"
    path.write_text(text)
    return [*rules_table(path).rows.itertuples(index=False, name=None)]


def test_each_rule_stands_below_those_that_it_reads_from(tmp_path: Path) -> None:
    assert _rules(tmp_path, RULEGRAPH) == [
        ("train_sft", "", "on a CPU"),
        ("build_pairs", "train_sft", "on a CPU"),
        ("build_report", "train_sft, build_pairs", "but for times"),
        ("all", "build_report", "exactly"),
    ]


def test_the_rules_that_may_take_a_gpu_are_those_that_repeat_on_a_cpu(root: Path) -> None:
    pattern = r"^(?:rule (\w+)|use rule (\w+) as (\w+)).*?(?=^\S|\Z)"
    files = (root / "workflow/rules").glob("*.smk")
    texts = "\n".join(file.read_text(encoding="utf-8") for file in files)
    found = re.finditer(pattern, texts, re.MULTILINE | re.DOTALL)
    rules = {rule[1] or rule[3]: (rule[2], rule[0]) for rule in found}

    def takes_gpu(name: str) -> bool:
        base, text = rules[name]
        return "gpu=" in text or bool(base and takes_gpu(base))

    assert {*filter(takes_gpu, rules)} == COMPUTING
    assert rules.keys() > TIMED


def test_a_file_without_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LahjaError, match=r"rulegraph\.dot: holds no rules"):
        _rules(tmp_path, "")


def test_a_circle_of_rules_keeps_all_of_its_arrows(tmp_path: Path) -> None:
    names = ("train_dpo", "build_pairs", "sample_policy", "build_prompts")
    boxes = "".join(f'{number}[label = "{name}"];\n' for number, name in enumerate(names))
    found = _rules(tmp_path, boxes + "3 -> 2\n2 -> 1\n1 -> 0\n0 -> 2\n")
    assert found == [
        ("build_prompts", "", "exactly"),
        ("sample_policy", "build_prompts, train_dpo", "on a CPU"),
        ("build_pairs", "sample_policy", "on a CPU"),
        ("train_dpo", "build_pairs", "on a CPU"),
    ]


# --- samples and counts -----------------------------------------------------------------------


def test_corpora_show_rows_rejects_and_licences() -> None:
    corpora, kept, refused = data_tables(counts(), rejects(), {"MADAR": "research", "x": "CC0"})
    cells = [[cell.text for cell in row] for row, _ in page_rows(corpora)]
    assert cells == [
        ["MADAR", "1,240", "1,234", "900", "3", "research"],
        ["x", "", "", "", "", "CC0"],
    ]
    assert [cell.text for cell in page_rows(kept)[-1][0]][-1] == "1,234"
    assert [cell.text for cell in page_rows(refused)[-1][0]] == ["all", "3", "3"]


def test_pairs_are_counted_by_kind_generator_and_label() -> None:
    views = {view.name: view for view in pair_tables(pairs(4))}
    assert set(views) == {
        "pairs-kind", "pairs-chosen-generator", "pairs-rejected-generator", "pairs-label",
        "pairs-rejected-origin",
    }  # fmt: skip
    rows = [[cell.text for cell in row] for row, _ in page_rows(views["pairs-chosen-generator"])]
    assert ["gpt-4o", "translated", "1", "1", "1", "1", "1", "5"] in rows
    assert rows[-1][-1] == "20"
    assert page_rows(views["pairs-kind"])[-1][1]


def test_generators_stand_in_the_order_of_their_names_within_a_dataset() -> None:
    ranked = pairs(3).assign(dataset="ranked", chosen_generator=["T#2", "T#0", "T#1"] * 5)
    rows = pd.concat([pairs(1).assign(dataset="zeta"), ranked])
    views = {view.name: view for view in pair_tables(rows)}
    shown = [
        [cell.text for cell in row][:2] for row, _ in page_rows(views["pairs-chosen-generator"])
    ]
    names = list(dict.fromkeys(map(tuple, shown)))
    assert names == [
        ("zeta", "gpt-4o"), ("ranked", "T#0"), ("ranked", "T#1"), ("ranked", "T#2"), ("all", ""),
    ]  # fmt: skip


def test_what_is_chosen_is_the_last_step_of_a_funnel() -> None:
    rows = [("egy", "eng-da", step, 3) for step in ("sampled prompts", "chosen", "held out")]
    best = pd.DataFrame(rows, columns=["dialect", "kind", "step", "count"]).assign(dataset="best")
    (table,) = funnel_tables(best)
    assert [c.header for c in table.columns][2:] == ["sampled prompts", "held out", "chosen"]


def test_each_dataset_has_a_funnel_of_its_own_steps() -> None:
    ranked = pd.DataFrame(
        [("egy", "eng-da", "sampled prompts", 30), ("egy", "eng-da", "pairs", 27),
         ("mar", "eng-da", "sampled prompts", 30), ("mar", "eng-da", "pairs", 20),
         ("mar", "eng-da", "loops besides", 3)],
        columns=["dialect", "kind", "step", "count"],
    ).assign(dataset="ranked")  # fmt: skip
    first, second = funnel_tables(pd.concat([funnel(), ranked]))
    assert [column.header for column in first.columns][2:] == ["responses", "labelled", "pairs"]
    assert [column.header for column in second.columns][2:] == [
        "sampled prompts", "loops besides", "pairs",
    ]  # fmt: skip
    assert "ranked" in second.caption
    rows = [[cell.text for cell in row] for row, _ in page_rows(second)]
    assert rows == [
        ["eng-da", "egy", "30", "0", "27"],
        ["eng-da", "mar", "30", "3", "20"],
        ["all", "", "60", "3", "47"],
    ]
    assert [stays for _, stays in page_rows(second)] == [False, False, True]


def test_kinds_of_negatives_are_counted_by_kind_of_prompt() -> None:
    rows = pairs(4)
    rows.loc[:6, "rejected_origin"] = "negative:loop"
    rows.loc[0, "kind"] = "da-eng"
    (view,) = [view for view in pair_tables(rows) if view.name == "pairs-rejected-origin"]
    assert [column.header for column in view.columns][1:] == ["negative:loop", "generated", "all"]
    found = [[cell.text for cell in row] for row, _ in page_rows(view)]
    assert sorted(found) == [["all", "7", "13", "20"], ["da-eng", "1", "0", "1"],
                             ["story", "6", "13", "19"]]  # fmt: skip


def test_pairs_whose_rejected_side_has_no_label_are_counted() -> None:
    rows = pairs(2)
    rows.loc[0, "rejected_label"] = None
    (view,) = [view for view in pair_tables(rows) if view.name == "pairs-label"]
    assert [column.header for column in view.columns] == ["dialect", "msa", "no label", "all"]
    first, *_, total = ([cell.text for cell in row] for row, _ in page_rows(view))
    assert first == ["egy", "1", "1", "2"]
    assert total == ["all", "9", "1", "10"]


def test_a_rule_called_all_is_no_total(tmp_path: Path) -> None:
    path = tmp_path / "rulegraph.dot"
    path.write_text(RULEGRAPH)
    assert [stays for _, stays in page_rows(rules_table(path))] == [False] * 4
