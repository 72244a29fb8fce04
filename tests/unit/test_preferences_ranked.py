"""Pairs of a model's own translations, ranked by reference and dialectness."""

import numpy as np
import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.preferences.ranked import (
    LOOPS,
    NO_BEST,
    TOO_NEAR,
    RankSettings,
    direction_prompts,
    rank_pairs,
    rewards,
    target_of,
)
from lahja.tables import PARALLEL
from lahja.translation import translation_prompt

MSA, EGY, ENG = "أريد أن أشتري هذا الكتاب", "عايز اشتري الكتاب ده", "I want to buy this book"


def parallel(n: int = 3) -> pd.DataFrame:
    rows = [
        {
            "pair_id": f"p{i}", "group_id": f"g{i}", "corpus": "c", "split": "train",
            "variety": "egy", "text": f"{EGY} {i}", "msa": f"{MSA} {i}", "eng": f"{ENG} {i}",
            "msa_origin": "corpus", "eng_origin": "corpus",
        }
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=PARALLEL.names)


def test_each_direction_asks_for_training_sentences_with_their_reference():
    prompts = direction_prompts(parallel(), "egy", number=2, fewest_words=3, seed=1)
    assert prompts["kind"].value_counts().to_dict() == {
        "eng-da": 2, "msa-da": 2, "da-eng": 2, "da-msa": 2,
    }  # fmt: skip
    back = prompts[prompts["kind"] == "da-eng"].iloc[0]
    assert back["reference"].startswith(ENG)
    assert back["prompt"] == translation_prompt("egy", "eng", back["source"])
    with pytest.raises(LahjaError, match="no training sentence of egy for eng-da"):
        direction_prompts(parallel(), "egy", number=2, fewest_words=9, seed=1)


def test_dialectness_counts_only_where_a_dialect_is_asked_for():
    answers = pd.DataFrame({"response": ["x", "x"], "reference": ["x", "x"]})
    answers["target"] = [target_of("eng-da", "egy"), target_of("da-eng", "egy")]
    found = rewards(answers, np.array([0.5, 0.5]), 0.6)
    assert found[0] - found[1] == pytest.approx(0.3)
    assert list(answers["target"]) == ["egy", "eng"]


def answers(*samples: tuple[str, float], prompt_id: str) -> pd.DataFrame:
    rows = [
        {
            "prompt_id": prompt_id, "generator": f"T#{n}", "response": text,
            "finish_reason": "stop", "n_tokens": 5, "reward": reward,
        }
        for n, (text, reward) in enumerate(samples)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def prompt() -> pd.DataFrame:
    prompts = direction_prompts(parallel(1), "egy", number=1, fewest_words=3, seed=1)
    return prompts[prompts["kind"] == "eng-da"]


def test_the_best_is_preferred_to_the_worst():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    right, poor, wrong = f"{EGY} 0", "عايز اروح الكتاب ده 0", "لا أعرف من هو ذلك 0"
    pairs, funnel = rank_pairs(
        asked, answers((poor, 0.6), (right, 1.2), (wrong, 0.1), prompt_id=name), RankSettings()
    )
    assert pairs.iloc[0][["chosen", "rejected"]].tolist() == [right, wrong]
    assert pairs.iloc[0]["chosen_label"] == "egy"
    assert funnel["count"].tolist() == [1, 1]


def test_a_side_that_is_much_longer_teaches_length_and_is_no_pair():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    long = "لا أعرف من هو ذلك الرجل الذي كان يريد أن يشتري كل تلك الكتب 0"
    table = answers((f"{EGY} 0", 1.2), (long, 0.1), prompt_id=name)
    with pytest.raises(LahjaError, match="none of 1 prompts"):
        rank_pairs(asked, table, RankSettings())
    assert len(rank_pairs(asked, table, RankSettings(least_length_ratio=0.2))[0]) == 1


def test_a_loop_is_rejected_first_whatever_its_reward_and_its_length():
    asked = prompt()
    loop = f"{EGY} 0 " * 6
    table = answers(
        (f"{EGY} 0", 1.2), (loop, 1.1), ("لا أعرف من هو ذلك 0", 0.1),
        prompt_id=asked["prompt_id"].iloc[0],
    )  # fmt: skip
    assert rank_pairs(asked, table, RankSettings())[0].iloc[0]["rejected"] == loop


def test_a_loop_that_ran_to_the_limit_is_rejected_and_an_answer_cut_off_is_not():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    loop, cut = f"{EGY} 0 " * 6, "لا أعرف من هو ذلك الذي 0"
    table = answers((f"{EGY} 0", 1.2), (loop, 1.1), (cut, 0.1), prompt_id=name)
    table["finish_reason"] = ["stop", "length", "length"]
    assert rank_pairs(asked, table, RankSettings())[0].iloc[0]["rejected"] == loop
    with pytest.raises(LahjaError, match="none of 1 prompts"):
        rank_pairs(asked, table.iloc[[0, 2]], RankSettings())


def test_a_share_of_the_chosen_texts_comes_again_against_loops_of_them():
    names = [f"q{n}" for n in range(10)]
    asked = pd.concat([prompt().assign(prompt_id=name) for name in names])
    right, wrong = f"{EGY} 0", "مش عارف حاجة عن دي 0"
    table = pd.concat([answers((right, 1.0), (wrong, 0.1), prompt_id=name) for name in names])
    pairs, funnel = rank_pairs(asked, table, RankSettings(loops=0.3))
    besides = pairs[pairs["rejected_origin"] == "negative:loop"]
    assert (len(pairs), len(besides)) == (13, 3)
    assert set(besides["chosen"]) == {right}
    # Words that are in the chosen text, again and again.
    for text in besides["rejected"]:
        assert set(text.split()) <= set(right.split())
        assert len(text.split()) > len(set(text.split()))
    assert funnel.set_index("step")["count"][[LOOPS, "pairs"]].tolist() == [3, 10]
    assert pairs["pair_id"].is_unique
    again, _ = rank_pairs(asked, table, RankSettings(loops=0.3))
    assert again.equals(pairs)


def test_a_best_that_a_gate_stops_and_samples_too_near_make_no_pair():
    asked = prompt()
    name = asked["prompt_id"].iloc[0]
    english = answers((f"{ENG} 0", 1.0), (f"{ENG} now", 0.2), prompt_id=name)
    with pytest.raises(LahjaError, match="none of 1 prompts"):
        rank_pairs(asked, english, RankSettings())
    other = prompt().assign(prompt_id="q")
    near = answers((f"{EGY} 0", 1.0), ("عايز اشتري كتاب ده 0", 0.95), prompt_id="q")
    good = answers((f"{EGY} 0", 1.0), ("مش عارف حاجة عن دي 0", 0.1), prompt_id="r")
    table = pd.concat([asked, other, prompt().assign(prompt_id="r")])
    pairs, funnel = rank_pairs(table, pd.concat([english, near, good]), RankSettings())
    assert list(pairs["prompt_id"]) == ["r"]
    steps = funnel.set_index("step")["count"]
    assert steps[NO_BEST] == 1
    assert steps[TOO_NEAR] == 1
