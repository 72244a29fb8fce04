import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.pairs import form_pairs, form_validation, funnel


def prompts():
    return pd.DataFrame(
        [
            {"prompt_id": f"{d}-{i}", "dialect": d, "kind": "reply", "source_variety": d,
             "source": "س", "reference": None, "sentence_id": "x", "prompt": f"رد {i}"}
            for d in ("egy", "mar")
            for i in range(4)
        ]
    )  # fmt: skip


def candidates(wanted=lambda prompt_id: True):
    rows = []
    for prompt in prompts().itertuples():
        for generator in ("llama", "gpt-4o"):
            good = generator == "gpt-4o" and wanted(prompt.prompt_id)
            label = prompt.dialect if good else "msa"
            rows.append(
                {"prompt_id": prompt.prompt_id, "dialect": prompt.dialect, "generator": generator,
                 "origin": "generated", "response": f"{label} {generator} {prompt.prompt_id}",
                 "finish_reason": "stop", "label": label, "probability": 0.9}
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_the_wanted_dialect_is_chosen_and_another_variety_rejected():
    pairs = form_pairs(prompts(), candidates(), 1, seed=1)
    assert len(pairs) == 8
    assert (pairs["chosen_label"] == pairs["dialect"]).all()
    assert (pairs["rejected_label"] != pairs["dialect"]).all()
    assert pairs["pair_id"].is_unique


def test_a_prompt_without_both_sides_gives_no_pair():
    pairs = form_pairs(prompts(), candidates(lambda p: p.endswith("1")), 1, seed=1)
    assert sorted(pairs["prompt_id"]) == ["egy-1", "mar-1"]


def test_empty_responses_are_never_chosen():
    rows = candidates()
    rows.loc[rows["prompt_id"] == "egy-0", "response"] = "  "
    assert "egy-0" not in set(form_pairs(prompts(), rows, 1, seed=1)["prompt_id"])


def test_pairs_of_one_prompt_do_not_hang_on_others():
    all_pairs = form_pairs(prompts(), candidates(), 1, seed=1).set_index("prompt_id")
    some = form_pairs(prompts(), candidates().iloc[:4], 1, seed=1).set_index("prompt_id")
    assert some["pair_id"].to_dict().items() <= all_pairs["pair_id"].to_dict().items()


def test_a_classifier_that_labels_nothing_as_wanted_is_reported():
    with pytest.raises(LahjaError, match="none of 8 candidates as mar"):
        form_pairs(prompts(), candidates(lambda p: p.startswith("egy")), 1, seed=1)


def test_validation_takes_the_gold_generators_right_answers():
    gold = form_validation(prompts(), candidates(), "gpt-4o", 2, seed=1)
    assert gold["target_variety"].value_counts().to_dict() == {"egy": 2, "mar": 2}
    assert gold["reference"].str.contains("gpt-4o").all()
    with pytest.raises(LahjaError, match="none of 4 answers of llama is labelled egy"):
        form_validation(prompts(), candidates(), "llama", 2, seed=1)


def test_the_funnel_counts_each_step():
    pairs = form_pairs(prompts(), candidates(), 1, seed=1)
    counts = funnel(prompts(), candidates(), pairs).set_index(["dialect", "step"])["count"]
    assert counts["egy", "prompts"] == 4
    assert counts["egy", "responses"] == 8
    assert counts["egy", "in the wanted dialect"] == 4
    assert counts["egy", "pairs"] == 4
