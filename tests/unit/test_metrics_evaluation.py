"""From responses to METRICS and COMPARISONS, on made-up tables and on a real system's outputs."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reporting_data import STARTS, evaluation_prompts, scored_responses

from lahja.core.errors import LahjaError
from lahja.core.statistics import Resampling
from lahja.core.tables import COMPARISONS, METRICS, SENTENCE_SCORES, write_table
from lahja.evaluation.metrics.evaluation import (
    check_same_prompts,
    comparisons_table,
    evaluate_model,
    metric_signatures,
    metrics_table,
)
from lahja.evaluation.metrics.slices import Slice
from lahja.evaluation.sentence_scores import score_sentences
from lahja.scoring.translation import SpBleu, load_spbleu

NO_SPBLEU = load_spbleu(None)
RESAMPLING = Resampling(200, seed=0)


@pytest.fixture(scope="module")
def prompts() -> pd.DataFrame:
    return evaluation_prompts(8)


@pytest.fixture(scope="module")
def scores(prompts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {
        model: score_sentences(prompts, scored_responses(prompts, model), NO_SPBLEU)
        for model in ("llama", "llama+RL")
    }


@pytest.fixture(scope="module")
def evaluations(scores: dict[str, pd.DataFrame]) -> dict:
    return {model: evaluate_model(table, RESAMPLING, NO_SPBLEU) for model, table in scores.items()}


def test_sentence_scores_are_null_without_a_reference(scores: dict, tmp_path: Path) -> None:
    frame = scores["llama"]
    write_table(tmp_path / "scores.parquet", frame, SENTENCE_SCORES)
    free = frame["task"].isin(["monolingual", "crosslingual"])
    assert frame.loc[free, "chrf"].isna().all()
    assert frame.loc[~free, "chrf"].notna().all()
    assert frame["spbleu"].isna().all()
    into_english = frame["target_variety"] == "eng"
    assert (frame.loc[into_english, ["adi2", "aldi", "p_country"]] == 0).all(axis=None)


def test_a_prompt_without_a_response_is_refused(prompts: pd.DataFrame) -> None:
    scored = scored_responses(prompts, "llama").iloc[1:]
    with pytest.raises(LahjaError, match=r"llama: evaluation prompt .* has no response"):
        score_sentences(prompts, scored, NO_SPBLEU)


def test_metrics_of_every_slice(evaluations: dict, tmp_path: Path) -> None:
    signatures = metric_signatures(NO_SPBLEU, "toy scorers", RESAMPLING)
    assert signatures["adi2"] == "toy scorers|bs:200|seed:0"
    assert signatures["spbleu"] is None
    table = metrics_table(evaluations.values(), 0.95, signatures)
    write_table(tmp_path / "metrics.parquet", table, METRICS)
    keyed = table.set_index(
        ["model", "task", "corpus", "source_variety", "target_variety", "metric"]
    )
    assert keyed.index.is_unique
    llama = keyed.loc["llama"]
    means = [llama.loc[("translation", "all", "eng", d, "adi2"), "value"] for d in
             ("egy", "mar", "pse", "sau", "syr")]  # fmt: skip
    mean = llama.loc[("translation", "all", "eng", "dialects", "adi2")]
    assert mean["value"] == pytest.approx(np.mean(means))
    assert mean["low"] < mean["value"] < mean["high"]
    assert mean["n"] == 40
    pooled = llama.loc[("monolingual", "all", "all", "egy", "adi2"), "n"]
    assert pooled == 2 * llama.loc[("monolingual", "HABIBI", "all", "egy", "adi2"), "n"]
    assert ("translation", "all", "egy", "eng", "adi2") not in llama.index
    missing = llama.loc[("validation", "all", "all", "all", "spbleu")]
    assert np.isnan(missing["value"]) and "no SentencePiece model" in missing["reason"]
    overall = llama.loc[("all", "all", "all", "dialects", "adi2"), "value"]
    parts = [
        llama.loc[(task, "all", source, "dialects", "adi2"), "value"]
        for task, source in (
            ("translation", "eng"), ("translation", "msa"), ("monolingual", "all"),
            ("crosslingual", "all"),
        )
    ]  # fmt: skip
    assert overall == pytest.approx(np.mean(parts))
    four = llama.loc[("translation", "FLORES", "dialects", "dialects")]
    directions = (
        ("eng", "dialects"),
        ("msa", "dialects"),
        ("dialects", "eng"),
        ("dialects", "msa"),
    )
    for metric, own in (
        ("chrf_plus_plus", directions),
        ("echo", directions),
        ("adi2", directions[:2]),
    ):
        values = [llama.loc[("translation", "FLORES", *way, metric), "value"] for way in own]
        assert four.loc[metric, "value"] == pytest.approx(np.mean(values))
    # Within the mean of the intervals, which takes the directions for one.
    low = np.mean(
        [llama.loc[("translation", "FLORES", *d, "chrf_plus_plus"), "low"] for d in directions]
    )
    assert low <= four.loc["chrf_plus_plus", "low"] < four.loc["chrf_plus_plus", "value"]


def test_no_mean_of_directions_where_one_was_not_evaluated(scores: dict) -> None:
    table = scores["llama"]
    into = table[table["target_variety"] != "eng"].reset_index(drop=True)
    found = evaluate_model(into, RESAMPLING, NO_SPBLEU).scores
    assert Slice("translation", "all", "eng", "dialects") in found
    assert Slice("translation", "all", "dialects", "dialects") not in found


def test_comparisons_are_with_the_start(evaluations: dict, tmp_path: Path) -> None:
    table = comparisons_table(evaluations, STARTS, 0.95)
    write_table(tmp_path / "comparisons.parquet", table, COMPARISONS)
    assert set(zip(table["model"], table["baseline"], strict=True)) == {("llama+RL", "llama")}
    overall = table[(table["task"] == "all") & (table["metric"] == "adi2")].iloc[0]
    assert overall["low"] > 0
    assert overall["p_value"] == pytest.approx(2 / 201)
    assert "spbleu" not in set(table["metric"])


def test_models_must_have_answered_the_same_prompts(scores: dict) -> None:
    check_same_prompts(scores.values())
    with pytest.raises(LahjaError, match=r"llama\+RL and llama did not answer the same"):
        check_same_prompts([scores["llama"], scores["llama+RL"].iloc[:-1]])


def test_missing_dialectness_scores_are_reported(scores: dict) -> None:
    table = scores["llama"].assign(aldi=np.nan)
    evaluation = evaluate_model(table, Resampling(20, seed=0), SpBleu(None, "none"))
    metrics = metrics_table([evaluation], 0.95, {})
    reasons = metrics[metrics["metric"] == "aldi"]["reason"]
    assert reasons.str.contains("have no aldi score").all()


@pytest.mark.parametrize("corpus", ["Cohere", "Okapi"])
def test_means_leave_out_answers_with_too_few_tokens(corpora: Path, corpus: str) -> None:
    folder = corpora / "al-qasida/llm_outputs/gpt-4o_crosslingual"
    rows = pd.read_csv(folder / f"DialectID_{corpus}_egy_samples.csv")
    summary = pd.read_csv(folder / f"DialectID_{corpus}_egy_metrics.csv").iloc[0]
    table = pd.DataFrame(
        {
            "prompt_id": [str(number) for number in range(len(rows))],
            "model": "gpt-4o", "task": "crosslingual", "corpus": corpus,
            "source_variety": "eng", "target_variety": "egy",
            "response": [ast.literal_eval(text)[0] for text in rows["generations"]],
            "reference": None, "aldi": rows["dialectness"], "adi2": rows["score"],
            "adi2_macro": rows["macro_score"], "too_few_tokens": rows["too_few_tokens"],
        }
    ).reindex(columns=SENTENCE_SCORES.names)  # fmt: skip
    metrics = metrics_table([evaluate_model(table, Resampling(50, 0), NO_SPBLEU)], 0.95, {})
    scored = metrics[metrics["target_variety"] == "egy"].set_index("metric")
    for metric, column in {"adi2": "score", "aldi": "dialectness"}.items():
        assert scored.loc[metric, "value"].tolist() == pytest.approx(
            [summary[column]] * 2, abs=1e-9
        )
    assert set(scored.loc["adi2", "n"]) == {len(rows) - summary["insufficient_tokens"]}


def test_a_real_system_s_corpus_score(corpora: Path) -> None:
    folder = corpora / "al-qasida/llm_outputs/gpt-4o_mt"
    rows = pd.read_csv(folder / "DialectMT_FLORES_eng_to_syr_samples.csv")
    summary = pd.read_csv(folder / "DialectMT_FLORES_eng_to_syr_metrics.csv").iloc[0]
    table = pd.DataFrame(
        {
            "prompt_id": [str(number) for number in range(len(rows))],
            "model": "gpt-4o", "task": "translation", "corpus": "FLORES",
            "source_variety": "eng", "target_variety": "syr",
            "response": [ast.literal_eval(text)[0] for text in rows["generations"]],
            "reference": rows["completion"], "aldi": rows["dialectness"],
            "adi2": rows["dialectid_score"], "adi2_macro": rows["macro_score"],
            "too_few_tokens": False,
        }
    ).reindex(columns=SENTENCE_SCORES.names)  # fmt: skip
    evaluation = evaluate_model(table, Resampling(300, seed=0), NO_SPBLEU)
    metrics = metrics_table([evaluation], 0.9, {})
    is_wanted = (metrics["target_variety"] == "syr") & (metrics["corpus"] == "FLORES")
    scored = metrics[is_wanted].set_index("metric")
    assert scored.loc["adi2", "value"] == pytest.approx(summary["dialectid_score"], abs=1e-9)
    assert scored.loc["chrf_plus_plus", "value"] == pytest.approx(
        100 * summary["ChrF_corpus_score"], abs=1e-4
    )
    # AL-QASIDA records 90% intervals of its own bootstrap.
    recorded = [summary[f"dialectid_score/90%_ci_{end}"] for end in ("low", "high")]
    assert scored.loc["adi2", ["low", "high"]].tolist() == pytest.approx(recorded, abs=0.006)
