"""What a whole demo run must show."""

import re
import subprocess
import sys

import pandas as pd
import pytest

from lahja import cli

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def results(demo):
    return demo.folder / "results" / "demo"


def test_the_report_opens_from_disk(results):
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    assert "<script src=" not in page
    assert "https://" not in page.split("</style>")[0]
    assert len(page) < 5_000_000
    assert "stand-in" in page


def test_preference_training_raises_dialectness(results):
    """The paper's effect, from both initial models: the paired interval of ADI2 above zero."""
    table = pd.read_parquet(results / "evaluation" / "comparisons.parquet")
    rows = table[(table["metric"] == "adi2") & (table["task"] == "all")]
    gains = rows[rows["model"].str.contains(r"\+RL")].set_index("model")
    assert set(gains.index) == {"llama+RL", "llama-T+RL", "llama-T+RL-43"}
    assert (gains["low"] > 0).all(), gains.to_string()


QUALITY = ["eng_dialects", "msa_dialects", "dialects_eng", "dialects_msa"]


def test_dialect_alone_costs_translation_and_the_recipe_does_not(results):
    """Means of two seeds, 95% paired intervals, on the test split of both corpora."""
    table = pd.read_parquet(results / "study" / "changes_all.parquet").set_index("row")
    ends = {
        row: [
            (own[f"chrf_plus_plus_{name}_low"], own[f"chrf_plus_plus_{name}_high"])
            for name in QUALITY
        ]
        for row, own in table.iterrows()
    }
    assert table.loc["dialect-only", "adi2_low"] > 0
    assert any(high < 0 for _, high in ends["dialect-only"]), table.T.to_string()
    assert table.loc["recipe", "adi2_low"] > 0
    assert all(high > 0 for _, high in ends["recipe"]), table.T.to_string()


def test_the_page_says_seeds_and_how_settings_were_chosen(results):
    page = (results / "report" / "index.html").read_text(encoding="utf-8")
    for words in ("seeds 42 and 43", "validation split", "test split"):
        assert words in page


def test_bases_answer_in_msa(results):
    table = pd.read_parquet(results / "evaluation" / "metrics.parquet")
    rows = table[(table["metric"] == "aldi") & (table["target_variety"] == "dialects")]
    rows = rows[(rows["task"] == "all") & (rows["corpus"] == "all")]
    aldi = rows.set_index("model")["value"]
    assert aldi["llama"] < aldi["llama+RL"]
    assert aldi["llama"] < 0.3


def test_pairs_prefer_the_wanted_dialect(results):
    pairs = pd.read_parquet(results / "preferences" / "dialect-only" / "train.parquet")
    assert (pairs["chosen_label"] == pairs["dialect"]).all()
    assert (pairs["rejected_label"] != pairs["dialect"]).all()
    assert set(pairs["dialect"]) == {"egy", "mar", "pse", "sau", "syr"}
    validation = pd.read_parquet(results / "preferences" / "validation.parquet")
    assert not set(pairs["prompt_id"]) & set(validation["prompt_id"])


def test_models_and_datasets_are_exported_with_cards(results, tmp_path):
    for name in ("llama-T+lahja", "dialect-only"):
        cli.main(["export", name, "--run", str(results), "--to", str(tmp_path / name)])
        assert "**Stand-ins.**" in (tmp_path / name / "README.md").read_text(encoding="utf-8")
    card = (tmp_path / "llama-T+lahja" / "README.md").read_text(encoding="utf-8")
    assert card.count('<div dir="rtl"') == 15  # five dialects, three tasks
    rows = pd.read_parquet(tmp_path / "dialect-only" / "trl" / "train.parquet")
    own = pd.read_parquet(results / "preferences" / "dialect-only" / "train.parquet")
    assert len(rows) == len(own)
    assert {name for names in rows["corpora"] for name in names} >= {"demo-madar", "demo-templates"}


def test_the_trained_classifier_beats_the_base(results):
    table = pd.read_parquet(results / "classifier" / "metrics.parquet")
    macro = table[(table["variety"] == "all") & (table["metric"] == "f1")]
    f1 = macro.set_index("classifier")["value"]
    assert f1["dialect-classifier"] > f1["llama"] + 0.1


def test_the_scorers_agreement_is_measured_on_held_out_texts(results):
    table = pd.read_parquet(results / "scorers" / "agreement.parquet")
    whole = table[table["group"] == "all"].set_index(["scorer", "measure"])
    assert whole.loc[("aldi", "spearman"), "value"] > 0.8
    assert whole.loc[("country", "accuracy"), "value"] > 0.8
    assert whole.loc[("language", "accuracy"), "value"] > 0.9


def test_spbleu_is_missing_with_a_reason_not_zero(results):
    table = pd.read_parquet(results / "evaluation" / "metrics.parquet")
    spbleu = table[table["metric"] == "spbleu"]
    assert spbleu["value"].isna().all()
    assert spbleu["reason"].str.len().gt(10).all()


def test_rating_sheets_name_no_model(results):
    key = pd.read_parquet(results / "human" / "key.parquet")
    assert key.groupby(["dialect", "task"])["prompt_id"].nunique().eq(5).all()
    for dialect in ("egy", "mar", "pse", "sau", "syr"):
        sheet = pd.read_csv(results / "human" / "sheets" / f"{dialect}.csv", encoding="utf-8-sig")
        assert set(sheet["item"]) == set(key.loc[key["dialect"] == dialect, "item"])
        assert "model" not in sheet.columns
        assert (results / "human" / "sheets" / f"{dialect}.xlsx").is_file()


def test_the_finished_run_is_whole(demo):
    """Nothing is damaged, stale or left to do, and no rule forgot to declare what it writes."""
    command = [sys.executable, "-m", "lahja", "verify", "results/demo"]
    done = subprocess.run(command, cwd=demo.folder, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    nothing = "0 unchecked, 0 damaged, 0 stale, 0 foreign, 0 due"
    assert re.search(rf": \d+ whole, {nothing}$", done.stdout.strip())


def test_nothing_but_results_logs_and_benchmarks_is_written(demo):
    status = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"], cwd=demo.folder, text=True,
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    ignored = {line[3:] for line in status.splitlines() if line.startswith("!!")}
    expected = ("results/", "logs/", "benchmarks/", ".snakemake/", ".venv/", ".pytest_cache/",
                ".ruff_cache/", ".venv-docs/", "site/", ".hypothesis/", ".venv-sbom/", "sbom/")  # fmt: skip
    strange = {path for path in ignored if path not in expected and "__pycache__" not in path}
    assert strange == set()
