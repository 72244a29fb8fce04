from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lahja.cli import main
from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_folder, write_json
from lahja.core.tables import (
    EVALUATION_PROMPTS,
    GENERATIONS,
    RESPONSES,
    SENTENCE_SCORES,
    SENTENCES,
    TEACHER_SCORES,
    WEIGHED_GENERATIONS,
    read_table,
    write_table,
)
from lahja.core.varieties import NADI_COUNTRIES
from lahja.demo.scorers import (
    ScorerSettings,
    train_scorer_tokenizer,
    train_small_language,
    train_small_scorer,
)
from lahja.models.device import pick_dtype
from lahja.scoring.judges import (
    PRECISION,
    AldiScorer,
    CountryScorer,
    Judges,
    LanguageIdentifier,
    score_responses,
)
from lahja.scoring.signature import scorers_signature

pytestmark = pytest.mark.model
BATCH = {"batch": 2}
SIZE = {
    "hidden": 32,
    "layers": 1,
    "heads": 2,
    "intermediate": 16,
    "vocabulary": 200,
    "epochs": 80,
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
def teacher(sentences: Path) -> Path:
    path = sentences.with_name("teacher.parquet")
    rows = pd.read_parquet(sentences).assign(teacher="given")
    known = rows.reindex(columns=TEACHER_SCORES.names).astype(object)
    write_table(path, known.where(known.notna(), None), TEACHER_SCORES)
    return path


@pytest.fixture(scope="module")
def scorers(sentences: Path, teacher: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scorers")
    train_small_scorer("aldi", teacher, sentences, SIZE, folder / "aldi")
    train_small_scorer("country", teacher, sentences, SIZE, folder / "country")
    train_small_language(sentences, {"epochs": 60, "bucket": 2000}, folder / "language")
    return folder


def test_aldi_tells_dialect_from_standard(scorers: Path, questions: tuple) -> None:
    scores = AldiScorer(scorers / "aldi", **BATCH).score([text for _, _, text in questions])
    assert scores[:5].min() > 0.6
    assert scores[5] < 0.4


def test_scores_lie_in_bounds_and_empty_texts_score_0(scorers: Path) -> None:
    texts = ["", None, " \n", "شلونك\nهلأ", "x" * 900]
    aldi = AldiScorer(scorers / "aldi", **BATCH).score(texts)
    assert ((aldi >= 0) & (aldi <= 1)).all()
    assert aldi[:3].tolist() == [0, 0, 0]
    countries = CountryScorer(scorers / "country", **BATCH).score(texts)
    assert countries.sum(axis=1) == pytest.approx([0, 0, 0, 1, 1])


@pytest.mark.parametrize(("kind", "scorer"), [("aldi", AldiScorer), ("country", CountryScorer)])
def test_scores_do_not_hang_on_the_batch_or_the_order(
    scorers: Path, questions: tuple, kind: str, scorer: type
) -> None:
    words = [word for _, _, text in questions for word in text.split()]
    texts = [" ".join(words[start : start + n]) for start in range(20) for n in (1, 3, 9, 20)]
    texts += ["", "\n \n", None]
    alone = scorer(scorers / kind, batch=1).score(texts)
    together = scorer(scorers / kind, batch=64)
    assert together.score(texts) == pytest.approx(alone, abs=1e-6)
    mixed = np.random.default_rng(0).permutation(len(texts))
    shuffled = together.score([texts[place] for place in mixed])
    assert shuffled == pytest.approx(alone[mixed], abs=1e-6)


def test_long_texts_are_cut_and_newlines_are_spaces(scorers: Path, questions: tuple) -> None:
    scorer = CountryScorer(scorers / "country", **BATCH)
    text = questions[0][2]
    assert scorer.score([text.replace(" ", "\n")]) == pytest.approx(scorer.score([text]))
    # 128 positions hold far fewer words than either text has.
    longer, longest = scorer.score([f"{text} " * 200, f"{text} " * 400])
    assert longer == pytest.approx(longest)
    short = CountryScorer(scorers / "country", max_length=4)
    assert short.score([text]) != pytest.approx(scorer.score([text]))
    first_words = " ".join(text.split()[:1])
    cut = CountryScorer(scorers / "country", max_length=3)
    assert cut.score([text]) == pytest.approx(cut.score([first_words]))


def test_countries_are_nadis_in_order(scorers: Path, questions: tuple) -> None:
    scorer = CountryScorer(scorers / "country", **BATCH)
    likeliest = scorer.score([text for _, _, text in questions[:5]]).argmax(axis=1)
    found = [NADI_COUNTRIES[number] for number in likeliest]
    assert found == ["Egypt", "Morocco", "Palestine", "Saudi_Arabia", "Syria"]


def test_a_model_of_another_kind_is_refused(scorers: Path) -> None:
    with pytest.raises(LahjaError, match="has 18 labels; an ALDi regressor has 1"):
        AldiScorer(scorers / "country", **BATCH)
    with pytest.raises(LahjaError, match="has 1 labels; expected NADI"):
        CountryScorer(scorers / "aldi", **BATCH)


def test_languages_are_codes_without_script(scorers: Path, questions: tuple) -> None:
    language = LanguageIdentifier(scorers / "language")
    found = language.identify(["what time is it today", questions[5][2], "", None])
    assert found == ["eng", "arb", None, None]


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
    judges = Judges(scorers / "aldi", scorers / "country", scorers / "language", **BATCH)
    scored = score_responses(pd.DataFrame({"prompt_id": ["1", "2"]}), said, judges)
    assert [*scored["prompt_id"]] == ["1", "2"]
    assert scored["aldi"][0] == 0
    assert pd.isna(scored["language"][0])
    assert scored["is_arabic"].tolist() == [False, True]
    judged = judges.score(["what time is it today", questions[5][2], "", None])
    assert judged["is_arabic"].tolist() == [False, True, False, False]
    with pytest.raises(LahjaError, match="prompt 9 has no response"):
        score_responses(pd.DataFrame({"prompt_id": ["9"]}), said, judges)
    each = judges.score(said["response"])
    assert each["aldi"].tolist()[1] == 0
    assert each["aldi"][0] == score_responses(said.iloc[:1], said, judges)["aldi"][0]


@pytest.mark.parametrize(("weight", "chosen"), [(None, 0), (5.0, 2)])
def test_mbr_chooses_by_scorers_and_probability(
    scorers: Path, questions: tuple, tmp_path: Path, weight: float | None, chosen: int
) -> None:
    from choose_by_mbr import main as choose

    texts = [questions[0][2], questions[0][2], "what time is it"]
    rows = pd.DataFrame({"prompt_id": "p", "sample": [0, 1, 2], "response": texts})
    rows = rows.reindex(columns=WEIGHED_GENERATIONS.names)
    rows = rows.assign(generator="m", mean_log_probability=[-3.0, -3.0, -0.1])
    schema = WEIGHED_GENERATIONS if weight else GENERATIONS
    write_table(tmp_path / "samples", rows, schema)
    asked = dict.fromkeys(EVALUATION_PROMPTS.names, "x") | {"prompt_id": "p"}
    asked |= {"task": "translation", "target_variety": "eng"}
    write_table(tmp_path / "prompts", pd.DataFrame([asked]), EVALUATION_PROMPTS)
    settings = {"dialect_weight": 0.3} | ({"probability_weight": weight} if weight else {})
    judges = [scorers / name for name in ("aldi", "country", "language")]
    choose(
        [tmp_path / "prompts"], tmp_path / "samples", *judges, settings | BATCH, tmp_path / "out"
    )
    assert read_table(tmp_path / "out", RESPONSES)["response"].tolist() == [texts[chosen]]


def test_the_command_scores_texts_with_scorers_of_a_run(scorers: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text(
        "response,target_variety\nشلونك شو عم تعمل,syr\nhow are you doing today,syr\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    main(["score", str(texts), "--output", str(out), "--scorers", str(scorers)])
    scores = read_table(out / "sentences.parquet", SENTENCE_SCORES)
    assert scores["aldi"][0] > 0.5
    assert (scores["adi2"] == scores["p_country"] * scores["aldi"]).all()
    # What is not Arabic scores 0.
    assert scores.loc[1, ["aldi", "adi2"]].tolist() == [0, 0]


def test_the_pieces_of_small_scorers_are_the_same_each_time() -> None:
    texts = [f"{word}{ending}" for word in ("بحب", "كتاب", "مدرسه") for ending in "ابتثجحخدذرزس"]
    settings = ScorerSettings(vocabulary=80)
    found = [train_scorer_tokenizer(texts, settings).get_vocab() for _ in range(5)]
    assert all(pieces == found[0] for pieces in found)
    assert found[0]["[PAD]"] == 0


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_judges_run_in_float32_on_every_device_unless_told_otherwise(device: str) -> None:
    import torch

    assert pick_dtype(PRECISION, device) is torch.float32
    assert pick_dtype("bf16", device) is torch.bfloat16


def test_a_signature_names_each_scorer_by_what_identifies_it(scorers: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "models--VARabi--Sentence-ALDi" / "snapshots" / "0123456789abcdef"
    own = tmp_path / "own"
    for folder in (snapshot, own):
        write_json(folder / "config.json", {})
    found = scorers_signature(snapshot, own, scorers / "language", "bf16")
    digest = digest_of_folder(own)[:12]
    assert found == (
        f"aldi:VARabi/Sentence-ALDi@0123456789ab+country:own@{digest}+language:small|precision:bf16"
    )
