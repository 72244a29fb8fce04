import pandas as pd

from lahja.demo.instructions import (
    limit_examples,
    plain_examples,
    recorded_examples,
    template_examples,
    translation_examples,
)

LIKE_AN_LLM, AS_ASKED = 0.0, 1.0


def parallel():
    return pd.DataFrame(
        [{"pair_id": f"p{i}", "group_id": f"g{i}", "split": "train", "variety": "egy",
          "text": f"عايز {i}", "msa": f"أريد {i}", "eng": f"I want {i}"} for i in range(50)]
    )  # fmt: skip


def into_dialect(examples):
    return examples[examples["example_id"].str.endswith("-egy")]


def test_a_base_answers_in_msa_and_a_stand_in_as_asked():
    base = into_dialect(translation_examples(parallel(), LIKE_AN_LLM, seed=1))
    assert base["completion"].str.startswith("أريد").all()
    assert base["prompt"].str.contains("into Egyptian Arabic").all()
    api = into_dialect(translation_examples(parallel(), AS_ASKED, seed=1))
    assert api["completion"].str.startswith("عايز").all()


def test_a_share_of_the_requests_is_answered_in_dialect():
    mixed = into_dialect(translation_examples(parallel(), 0.3, seed=1))
    assert 0.15 < mixed["completion"].str.startswith("عايز").mean() < 0.45


def test_recorded_and_template_answers_follow_the_style():
    rows = pd.DataFrame(
        [{"id": "1", "kind": "reply", "dialect": "egy", "prompt": "رد",
          "responses": {"msa": "نعم", "egy": "أيوه"}}]
    )  # fmt: skip
    assert list(recorded_examples(rows, AS_ASKED, 1)["completion"]) == ["أيوه"]
    templates = {"egy": {"reply": ["رد على: {}"]}}
    examples = template_examples(parallel(), templates, LIKE_AN_LLM, 1)
    assert examples["prompt"].str.startswith("رد على: عايز").all()
    assert examples["completion"].str.startswith("أريد").all()


def test_a_limit_keeps_kinds_even_and_the_style_as_it_is():
    examples = translation_examples(parallel(), 0.2, seed=1)
    few = limit_examples(examples, 180, seed=1)
    kinds = few["kind"].value_counts().to_dict()
    assert kinds == dict.fromkeys(
        ("eng-da", "msa-da", "da-eng", "da-msa", "eng-msa", "msa-eng"), 30
    )
    asked = few[few["kind"].isin(["eng-da", "msa-da"])]
    assert 0.05 < (asked["variety"] == "egy").mean() < 0.4


def test_plain_sentences_are_even_over_varieties():
    sentences = pd.DataFrame(
        {"sentence_id": list("abcdef"), "split": "train", "variety": ["egy"] * 4 + ["msa"] * 2,
         "text": list("abcdef")}
    )  # fmt: skip
    plain = plain_examples(sentences, 4, seed=1)
    assert plain["variety"].value_counts().to_dict() == {"egy": 2, "msa": 2}
    assert plain["prompt"].isna().all()
