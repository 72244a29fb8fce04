import pandas as pd
import pytest

from lahja.classification import (
    ClassifierData,
    candidates,
    classifier_data,
    country_predictions,
    labellable,
    make_question,
    predictions,
)
from lahja.errors import LahjaError
from lahja.varieties import DIALECTS, NADI_COUNTRIES


def _sentences(per_split: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"sentence_id": f"{code}{split}{n}", "corpus": "c", "variety": code}
            | {"text": f"{code} {split} {n}", "split": split}
            for code in (*DIALECTS, "msa", "eng")
            for split in ("train", "test", "validation")
            for n in range(per_split)
        ]
    )


def test_the_question_begins_as_the_paper_quotes_it() -> None:
    asked = make_question(["msa", "pse", "egy"]).prompt("شلونك")
    assert asked.startswith(
        "Which of the following dialects (a) Egyptian (b) Palestinian (c) Modern Standard Arabic "
        "is most applicable"
    )
    assert asked.endswith("شلونك")


def test_the_answer_is_the_option_letter() -> None:
    question = make_question(["egy", "pse", "mar", "sau", "syr", "msa"])
    assert question.letters == tuple("abcdef")
    assert [question.answer(code) for code in ("egy", "pse", "msa")] == ["a", "b", "f"]


def test_an_unknown_variety_is_named() -> None:
    with pytest.raises(LahjaError, match="'tun'"):
        make_question(["tun"])


def test_training_and_test_come_from_their_own_splits() -> None:
    examples, test = classifier_data(
        _sentences(), ClassifierData(per_variety=2, test_per_variety=1)
    )
    assert examples["variety"].value_counts().to_dict() == dict.fromkeys((*DIALECTS, "msa"), 2)
    assert examples["example_id"].str.contains("train").all()
    assert len(test) == 6
    assert test["sentence_id"].str.contains("test").all()


def test_a_variety_without_sentences_is_named() -> None:
    rows = _sentences()
    with pytest.raises(LahjaError, match="variety sau: no sentences of split 'test'"):
        classifier_data(
            rows[~((rows["variety"] == "sau") & (rows["split"] == "test"))], ClassifierData()
        )


def test_the_prediction_is_the_likeliest_option() -> None:
    rows = _sentences(1).head(2)
    frame = predictions(rows, ("egy", "msa"), [[0.9, 0.1], [0.2, 0.8]])
    assert [*frame["predicted"]] == ["egy", "msa"]


def test_a_country_of_no_dialect_of_ours_is_other() -> None:
    rows = _sentences(1).head(2)
    egypt, iraq = ([0.0] * 18, [0.01] * 18)
    egypt[NADI_COUNTRIES.index("Egypt")] = 1.0
    iraq[NADI_COUNTRIES.index("Iraq")] = 0.83
    frame = country_predictions(rows, [egypt, iraq], DIALECTS)
    assert [*frame["predicted"]] == ["egy", "other"]
    assert frame["probabilities"][1][-1] == pytest.approx(0.95)


def test_the_baseline_argmax_is_over_countries_not_over_what_is_left() -> None:
    shares = [0.04] * 18
    shares[NADI_COUNTRIES.index("Egypt")] = 0.32
    frame = country_predictions(_sentences(1).head(1), [shares], DIALECTS)
    assert frame["predicted"][0] == "egy"


def test_only_answers_with_text_to_the_dialects_prompts_are_labelled() -> None:
    prompts = pd.DataFrame({"prompt_id": ["1", "2"], "dialect": ["egy", "syr"]})
    responses = pd.DataFrame(
        {"prompt_id": ["1", "1", "1", "2"], "response": ["a", None, "  ", "b"]}
    )
    assert [*labellable(responses, prompts, "egy")["response"]] == ["a"]


def test_candidates_carry_label_and_certainty() -> None:
    said = pd.DataFrame(
        [{"prompt_id": "1", "generator": "g", "response": "a", "finish_reason": "stop"}]
    )
    (row,) = candidates(said, "egy", "generated", ("egy", "msa"), [[0.3, 0.7]]).to_dict("records")
    assert (row["dialect"], row["label"], row["probability"]) == ("egy", "msa", 0.7)
