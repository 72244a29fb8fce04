from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.scorers.aldi import AldiScorer
from lahja.scorers.country import CountryScorer
from lahja.scorers.language import LanguageIdentifier, is_arabic
from lahja.scorers.responses import score_responses
from lahja.scorers.sequence import ScorerSettings
from lahja.tables import SENTENCES, write_table
from lahja.training.small_language import train_small_language
from lahja.training.small_scorers import train_small_scorer
from lahja.varieties import NADI_COUNTRIES

pytestmark = pytest.mark.model
SETTINGS = ScorerSettings(batch=2)
SIZE = {
    "hidden": 32,
    "layers": 1,
    "heads": 2,
    "intermediate": 16,
    "vocabulary": 200,
    "epochs": 160,
    "learning_rate": 0.003,
    "batch_tokens": 256,
}


@pytest.fixture(scope="module")
def sentences(questions: tuple, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sentences") / "s.parquet"
    words = [(code, word) for code, _, text in questions for word in (text, *text.split())]
    words += [("eng", "how are you doing today"), ("eng", "what time is it")]
    rows = [
        {**dict.fromkeys(SENTENCES.names), "sentence_id": str(n), "variety": code, "text": text}
        | {"split": "train", "aldi": None if code == "eng" else float(code != "msa")}
        for n, (code, text) in enumerate(words)
    ]
    write_table(path, pd.DataFrame(rows), SENTENCES)
    return path


@pytest.fixture(scope="module")
def scorers(sentences: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scorers")
    for target in ("aldi", "country"):
        train_small_scorer(sentences, target, SIZE, folder / "work", folder / target, 1)
    train_small_language(sentences, {"epochs": 60, "bucket": 2000}, folder / "language")
    return folder


def test_aldi_tells_dialect_from_standard(scorers: Path, questions: tuple) -> None:
    scores = AldiScorer(scorers / "aldi", SETTINGS, 1).score([text for _, _, text in questions])
    assert scores[:5].min() > 0.6
    assert scores[5] < 0.4


def test_scores_lie_in_bounds_and_empty_texts_score_0(scorers: Path) -> None:
    texts = ["", None, " \n", "شلونك\nهلأ", "x" * 900]
    aldi = AldiScorer(scorers / "aldi", SETTINGS, 1).score(texts)
    assert ((aldi >= 0) & (aldi <= 1)).all()
    assert aldi[:3].tolist() == [0, 0, 0]
    countries = CountryScorer(scorers / "country", SETTINGS, 1).score(texts)
    assert countries.sum(axis=1) == pytest.approx([0, 0, 0, 1, 1])


def test_scores_do_not_hang_on_the_batch(scorers: Path, questions: tuple) -> None:
    texts = [text for _, _, text in questions]
    scorer = CountryScorer(scorers / "country", SETTINGS, 1)
    alone = np.concatenate([scorer.score([text]) for text in texts])
    assert scorer.score(texts) == pytest.approx(alone, abs=1e-5)


def test_countries_are_nadis_in_order(scorers: Path, questions: tuple) -> None:
    scorer = CountryScorer(scorers / "country", SETTINGS, 1)
    likeliest = scorer.score([text for _, _, text in questions[:5]]).argmax(axis=1)
    found = [NADI_COUNTRIES[number] for number in likeliest]
    assert found == ["Egypt", "Morocco", "Palestine", "Saudi_Arabia", "Syria"]


def test_a_model_of_another_kind_is_refused(scorers: Path) -> None:
    with pytest.raises(LahjaError, match="has 18 labels"):
        AldiScorer(scorers / "country", SETTINGS, 1)
    with pytest.raises(LahjaError, match="has 1 labels"):
        CountryScorer(scorers / "aldi", SETTINGS, 1)


def test_languages_are_codes_without_script(scorers: Path, questions: tuple) -> None:
    language = LanguageIdentifier(scorers / "language")
    found = language.identify(["what time is it today", questions[5][2], "", None])
    assert found == ["eng", "arb", None, None]
    assert [is_arabic(code) for code in found] == [False, True, False, False]


def test_the_language_identifier_is_reproducible(sentences: Path, tmp_path: Path) -> None:
    for name in "ab":
        train_small_language(sentences, {"bucket": 500}, tmp_path / name)
    assert (tmp_path / "a/model.bin").read_bytes() == (tmp_path / "b/model.bin").read_bytes()


def test_responses_are_scored_in_the_order_of_the_prompts(scorers: Path, questions: tuple) -> None:
    said = pd.DataFrame(
        {
            "prompt_id": ["2", "1", "3"],
            "generator": "m",
            "response": [questions[0][2], None, "what time is it"],
        }
        | {"finish_reason": ["stop", "not recorded", "stop"]}
    )
    judges = (
        AldiScorer(scorers / "aldi", SETTINGS, 1),
        CountryScorer(scorers / "country", SETTINGS, 1),
        LanguageIdentifier(scorers / "language"),
    )
    scored = score_responses(pd.DataFrame({"prompt_id": ["1", "2"]}), said, *judges)
    assert [*scored["prompt_id"]] == ["1", "2"]
    assert scored["aldi"][0] == 0
    assert pd.isna(scored["language"][0])
    assert scored["is_arabic"].tolist() == [False, True]
    with pytest.raises(LahjaError, match="prompt 9 has no response"):
        score_responses(pd.DataFrame({"prompt_id": ["9"]}), said, *judges)
