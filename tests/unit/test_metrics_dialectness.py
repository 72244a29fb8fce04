"""ADI2 and ADI2 macro: formula, zero rules, and AL-QASIDA's recorded scores."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lahja.core.varieties import NADI_COUNTRIES
from lahja.scoring.dialectness import (
    adi2,
    country_probability,
    has_enough_words,
    macro_probability,
    score_dialectness,
)

COUNTRIES = np.arange(18) / sum(range(18))


@pytest.mark.parametrize(
    ("variety", "places"),
    [
        ("egy", [2, 13]),
        ("mar", [0, 7, 8, 15]),
        ("pse", [4, 6, 10, 14]),
        ("syr", [4, 6, 10, 14]),
        ("sau", [1, 3, 5, 9, 11, 12, 16]),
        ("msa", []),
        ("eng", []),
    ],
)
def test_macro_probability_sums_the_region(variety: str, places: list[int]) -> None:
    assert macro_probability(COUNTRIES, variety) == pytest.approx(COUNTRIES[places].sum())


def test_country_probability_is_the_wanted_country() -> None:
    assert country_probability(COUNTRIES, "mar") == COUNTRIES[NADI_COUNTRIES.index("Morocco")]


@pytest.mark.parametrize(
    ("response", "is_arabic", "target", "expected"),
    [
        ("عايز أروح", True, "egy", 0.9 * COUNTRIES[2]),
        ("I want to go", False, "egy", 0.0),
        (" \n", True, "egy", 0.0),
        ("أريد أن أذهب", True, "msa", 0.0),
        ("عايز أروح", True, "eng", 0.0),
    ],
)
def test_zero_rules(response: str, is_arabic: bool, target: str, expected: float) -> None:
    scored = pd.DataFrame(
        [{"response": response, "is_arabic": is_arabic, "aldi": 0.9, "countries": COUNTRIES}]
    )
    result = score_dialectness(scored, pd.Series([target]), pd.Series(["translation"]))
    assert result["adi2"].iloc[0] == pytest.approx(expected)
    assert (result["adi2"] <= result["adi2_macro"]).all()


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o_mt/DialectMT_FLORES_eng_to_egy",
        "command_r+_mt/DialectMT_BTEC_msa_to_syr",
        "llama_monolingual/DialectID_HABIBI_mar",
        "gpt-4o_crosslingual/DialectID_Cohere_sau",
    ],
)
def test_recorded_scores_are_probability_times_aldi(corpora: Path, name: str) -> None:
    rows = pd.read_csv(corpora / "al-qasida" / "llm_outputs" / f"{name}_samples.csv")
    names = ("dialectid_prob", "dialectid_score") if "_mt/" in name else ("prob", "score")
    aldi = rows["dialectness"]
    assert adi2(rows[names[0]], aldi).to_numpy() == pytest.approx(rows[names[1]], abs=1e-9)
    assert adi2(rows["macro_prob"], aldi).to_numpy() == pytest.approx(rows["macro_score"], abs=1e-9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("أنا بحب هوكي جداً.", False),
        ("أنا بحب هوكي جداً جداً.", True),
        ("قط يلعب في الظلال،\nفأر يهرب من الأحوال،", False),
        ("openness | front | mid | back", False),
        ("", False),
    ],
)
def test_short_cross_lingual_answers_are_not_judged(text: str, expected: bool) -> None:
    assert has_enough_words(text) is expected


@pytest.mark.parametrize("source", ["Cohere", "Okapi"])
@pytest.mark.parametrize("dialect", ["egy", "pse"])
def test_recorded_zero_rules_and_macro_scores(corpora: Path, source: str, dialect: str) -> None:
    path = corpora / "al-qasida/llm_outputs/gpt-4o_crosslingual"
    rows = pd.read_csv(path / f"DialectID_{source}_{dialect}_samples.csv")
    scored = pd.DataFrame(
        {
            "response": [ast.literal_eval(text)[0] for text in rows["generations"]],
            "is_arabic": (rows["acc"] == 1) | rows["too_few_tokens"],
            "aldi": rows["dialectness"],
            "countries": _countries(rows),
        }
    )
    tasks = pd.Series(["crosslingual"] * len(rows))
    result = score_dialectness(scored, pd.Series([dialect] * len(rows)), tasks)
    assert scored["response"].map(has_enough_words).tolist() == (~rows["too_few_tokens"]).tolist()
    assert result["p_country"].to_numpy() == pytest.approx(rows["prob"], abs=1e-9)
    assert result["adi2"].to_numpy() == pytest.approx(rows["score"], abs=1e-9)
    assert result["adi2_macro"].to_numpy() == pytest.approx(rows["macro_score"], abs=1e-9)


def _countries(rows: pd.DataFrame) -> list[np.ndarray]:
    # The file names its columns by adjectives; rows without a score hold nothing.
    # fmt: off
    adjectives = [
        "Algerian", "Bahrani", "Egyptian", "Iraqi", "Jordanian", "Kuwaiti", "Lebanese", "Libyan",
        "Moroccan", "Omani", "Palestinian", "Qatari", "Saudi", "Sudanese", "Syrian", "Tunisian",
        "Emirati", "Yemeni",
    ]
    # fmt: on
    assert len(adjectives) == len(NADI_COUNTRIES)
    return list(rows[[f"prob_{name}_Arabic" for name in adjectives]].fillna(0).to_numpy())
