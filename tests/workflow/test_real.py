"""The run on real corpora, cut down, from their original files to the report."""

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.workflow

CONFIGS = ("config/real.yaml", "real_small.yaml")


@pytest.fixture(scope="module")
def real(root, corpora, tmp_path_factory):
    from tests.workflow.conftest import copy_checkout

    checkout = copy_checkout(root, tmp_path_factory.mktemp("real"))
    small = (root / "tests/workflow/real_small.yaml").read_text(encoding="utf-8")
    (checkout.folder / "real_small.yaml").write_text(small, encoding="utf-8")
    done = checkout.snakemake(
        "--configfile", *CONFIGS, "--config", f"corpora_dir={corpora}", "--cores", "2",
        timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    return checkout.folder / "results" / "real-small"


def test_the_report_is_there(real):
    page = (real / "report" / "index.html").read_text(encoding="utf-8")
    assert "recorded GPT-4o answers" in page


def test_gpt_4o_answered_from_the_recordings(real):
    answers = pd.read_parquet(real / "generations" / "gpt-4o.parquet")
    assert set(answers["finish_reason"]) >= {"not recorded"}
    assert answers["response"].notna().sum() >= 10


def test_training_never_met_evaluation(real):
    from lahja.corpora.text import comparison_key

    sentences = pd.read_parquet(real / "data" / "sentences.parquet")
    keys = sentences["text"].map(comparison_key)
    held_out = set(keys[sentences["split"] == "evaluation"])
    assert not held_out & set(keys[sentences["split"].isin(["train", "validation"])])


def test_the_scorers_are_compared_with_the_recorded_scores(real):
    teacher = pd.read_parquet(real / "scorers" / "teacher.parquet")
    assert teacher.groupby("group_id")["split"].nunique().max() == 1
    table = pd.read_parquet(real / "scorers" / "agreement.parquet")
    assert {"aldi", "country", "adi2", "language"} == set(table["scorer"])
    whole = table[table["group"] == "all"].set_index(["scorer", "measure"])["value"]
    assert whole["aldi", "spearman"] > 0.4
    assert whole["language", "accuracy"] > 0.9


def test_models_say_where_they_come_from(real):
    record = json.loads((real / "models" / "llama-T+RL" / "model.json").read_text())
    assert record["name"] == "llama-T+RL"
    assert record["parent"] == "llama-T"
    assert record["train"] == "dpo"


def test_every_table_is_there_as_data_and_latex(real):
    for name in ("table1", "table2", "classifier", "faults"):
        for suffix in ("csv", "parquet", "tex"):
            assert (real / "tables" / f"{name}.{suffix}").stat().st_size > 0
    for number in range(2, 8):
        for suffix in ("svg", "png", "csv"):
            assert (real / "figures" / f"figure{number}.{suffix}").stat().st_size > 0


def test_gated_pairs_are_of_the_policys_samples(real):
    pairs = pd.read_parquet(real / "preferences" / "gated" / "train.parquet")
    samples = pd.read_parquet(real / "policies" / "llama-T.4" / "prompts.parquet")
    assert set(samples["sample"]) == {0, 1, 2, 3}
    assert set(pairs["chosen"]) | set(pairs["rejected"]) <= set(samples["response"])


def test_what_is_fine_tuned_on_is_the_policys_samples(real):
    chosen = pd.read_parquet(real / "training" / "best.parquet")
    samples = pd.read_parquet(real / "policies" / "llama-T.3" / "directions.8.parquet")
    assert set(chosen["completion"]) <= set(samples["response"])
    learnt = json.loads((real / "models" / "llama-T+more-SFT" / "model.json").read_text())
    assert (learnt["n_examples"], learnt["n_dropped"]) == (len(chosen), 0)


def test_the_second_round_is_made_of_what_the_first_one_says(real):
    first, second = (
        pd.read_parquet(real / "preferences" / name / "train.parquet")
        for name in ("ranked-of-llama-T", "ranked-of-llama-T+iterations-iteration-1")
    )
    for pairs, policy in ((first, "llama-T"), (second, "llama-T+iterations-iteration-1")):
        assert set(pairs["chosen_generator"].str.split("#").str[0]) == {policy}
        assert set(pairs["rejected_origin"]) == set(pairs["chosen_origin"]) == {"sampled"}


def test_the_study_answers_for_every_row_on_both_corpora(real):
    page = (real / "study" / "study.md").read_text(encoding="utf-8")
    for corpus in ("madar", "flores200-devtest"):
        assert f"## {corpus}" in page
        answers = pd.read_csv(real / "study" / f"answers_{corpus}.csv")
        assert list(answers["row"]) == [
            "dialect-only", "gated", "two iterations", "more SFT", "half", "MBR",
        ]  # fmt: skip
        faults = pd.read_csv(real / "study" / f"faults_{corpus}.csv")
        assert faults["wrong_language"].between(0, 100).all()
    assert (real / "study" / "changes.png").stat().st_size > 0


def test_sentences_of_madar_that_are_evaluated_on_are_its_own_test_split(real):
    asked = pd.read_parquet(real / "evaluation" / "prompts.parquet")
    corpus = pd.read_parquet(real / "data" / "corpora" / "madar.parquet")
    kept = set(corpus.loc[corpus["split"] == "evaluation", "text"])
    madar = asked[(asked["task"] == "translation") & (asked["corpus"] == "madar")]
    assert set(madar["source"]) | set(madar["reference"]) <= kept
    assert len(madar) > 0
