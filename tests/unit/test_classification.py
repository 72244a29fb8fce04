from pathlib import Path

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.files import read_json
from lahja.core.varieties import NADI_COUNTRIES, VARIETIES, dialects_among
from lahja.prompts.classification import (
    classifier_data,
    country_predictions,
    make_question,
    predictions,
)

DIALECTS = dialects_among(VARIETIES)
OPTIONS = (*DIALECTS, "msa")


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
    assert question.answers == tuple("abcdef")
    assert [question.answer(code) for code in ("egy", "pse", "msa")] == ["a", "b", "f"]


def test_the_wording_by_countries_is_the_released_one_and_other_is_not_offered() -> None:
    question = make_question(["other", "msa", "egy", "mar", "pse", "sau", "syr"], "countries")
    assert question.prompt("شلونك {}") == (
        "You are an Arabic language expert and can identify the various Arabic dialects from "
        "(a) Morocco (b) Egypt (c) Palestine (d) Syria (e) Saudi Arabia and (f) Modern Standard "
        "Arabic. For the text provided, which of the dialect is most suitable? Choose one, only "
        "print the dialect name and no explanation or reasoning. Your choice:\nشلونك {}"
    )
    assert question.answers[4:] == ("Saudi Arabia", "Modern Standard Arabic", "OTHER")
    assert question.answer("sau") == "Saudi Arabia"
    # By letters it is one more option.
    asked = make_question(["egy", "other"])
    assert "(a) Egyptian (b) Other is most" in asked.prompt("x")
    assert asked.answer("other") == "b"


def test_released_questions_and_answers_are_ours_letter_by_letter(corpora: Path) -> None:
    question = make_question([*OPTIONS, "other"], "countries")
    records = read_json(corpora / "nus-ids-amiya26/amiya_dialect_eval.sample.json")
    assert len(records) == 34
    for record in records:
        # LLaMA-Factory puts the instruction and the input on lines of their own.
        asked = f"{record['instruction']}\n{record['input']}"
        assert question.prompt(record["input"]) == asked
        assert {record["output"], record["prediction"]} <= {*question.answers}


def test_sentences_of_other_dialects_are_one_class() -> None:
    rows = _sentences()
    more = rows[rows["variety"] == "egy"].assign(variety="other")
    more["sentence_id"] = "o" + more["sentence_id"]
    settings = {"per_variety": 2, "test_per_variety": 1, "seed": 0, "wording": "countries"}
    options = [*OPTIONS, "other"]
    examples, test = classifier_data(pd.concat([rows, more]), options, **settings)
    told = examples.groupby("variety")["completion"].unique().map(list)
    assert told["other"] == ["OTHER"]
    assert told["msa"] == ["Modern Standard Arabic"]
    assert (test["variety"] == "other").sum() == 1
    with pytest.raises(LahjaError, match="variety other: no sentences of split 'train'"):
        classifier_data(rows, options, **settings)


def test_an_unknown_variety_is_named() -> None:
    with pytest.raises(LahjaError, match="'tun'"):
        make_question(["tun"])


def test_training_and_test_come_from_their_own_splits() -> None:
    examples, test = classifier_data(_sentences(), OPTIONS, 2, 1, seed=0)
    assert examples["variety"].value_counts().to_dict() == dict.fromkeys((*DIALECTS, "msa"), 2)
    assert examples["example_id"].str.contains("train").all()
    assert len(test) == 6
    assert test["sentence_id"].str.contains("test").all()


def test_a_variety_without_sentences_is_named() -> None:
    rows = _sentences()
    rows = rows[~((rows["variety"] == "sau") & (rows["split"] == "test"))]
    with pytest.raises(LahjaError, match="variety sau: no sentences of split 'test'"):
        classifier_data(rows, OPTIONS, 2, 1, seed=0)


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
