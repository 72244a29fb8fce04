"""The rates of degenerate answers and the accuracy of the dialect label."""

import numpy as np
import pandas as pd
import pytest

from lahja.core.varieties import NADI_COUNTRIES
from lahja.evaluation.metrics.faults import FAULTS, find_faults, label_accuracy


def answers(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    columns = ["task", "source_variety", "target_variety", "source", "response"]
    return pd.DataFrame(rows, columns=columns)


SOURCE = "I arrived at the station at 7 and waited for two hours there"


@pytest.mark.parametrize(
    ("response", "fault"),
    [
        ("وصلت المحطة الساعة 7 واستنيت ساعتين هناك", None),
        ("I arrived at the station and waited", "wrong_language"),
        ("", "wrong_language"),
        ("وصلت المحطة الساعة 9 واستنيت ساعتين هناك", "number_error"),
        ("7 وصلت المحطة " + "واستنيت هناك " * 8, "repetition"),
    ],
)
def test_each_fault_is_found_alone(response, fault):
    table = answers(("translation", "eng", "egy", SOURCE, response))
    found = find_faults(table).iloc[0]
    wanted = found[fault] if fault else 0
    assert wanted == (1 if fault else 0)
    if response and fault != "wrong_language":
        assert found.sum() == bool(fault)


def test_a_dialect_sentence_given_back_for_english_is_an_echo():
    source = "وصلت المحطة الساعة سبعة واستنيت ساعتين هناك"
    table = answers(("translation", "egy", "eng", source, source))
    assert find_faults(table).iloc[0]["echo"] == 1
    assert find_faults(table).iloc[0]["wrong_language"] == 1


def test_numbers_are_judged_in_translations_alone_and_nothing_without_a_prompt():
    table = answers(
        ("monolingual", "egy", "egy", "احكيلي عن يومك في الشغل", "كان يوم طويل 7 ساعات"),
        ("monolingual", "egy", "egy", None, "كان يوم طويل"),
    )
    found = find_faults(table)
    assert np.isnan(found.loc[0, "number_error"])
    assert found.loc[0, ["wrong_language", "repetition", "echo"]].sum() == 0
    assert found.loc[1].isna().all()
    assert list(found.columns) == list(FAULTS)


def test_the_label_is_right_where_the_likeliest_country_is_the_one_asked_for():
    likely = {name: np.eye(len(NADI_COUNTRIES))[NADI_COUNTRIES.index(name)] for name in
              ("Egypt", "Syria")}  # fmt: skip
    scored = pd.DataFrame(
        {
            "is_arabic": [True, True, False, True, True],
            "countries": [likely["Egypt"], likely["Syria"], likely["Egypt"], likely["Egypt"], None],
        }
    )
    targets = pd.Series(["egy", "egy", "egy", "msa", "egy"])
    found = label_accuracy(scored, targets)
    assert found.tolist()[:3] == [1, 0, 0]
    assert found[3:].isna().all()
