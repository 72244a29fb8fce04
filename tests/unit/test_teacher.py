"""Collecting what published scorers said, and holding texts out."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import TEACHER_SCORES, read_table, write_frame
from lahja.core.varieties import NADI_COUNTRIES
from lahja.corpora.ingest import asked_text
from lahja.corpora.readers import read_outputs
from lahja.corpora.readers.alqasida import COUNTRY_COLUMNS
from lahja.corpora.teacher import bind_near, collect_teacher_scores, teacher_scores
from lahja.corpora.text import comparison_key
from lahja.demo.scorers import (
    ScorerSettings,
    aldi_examples,
    aldi_loss,
    country_examples,
    country_loss,
)

ENTRY = {"reader": "al-qasida-scores", "path": "outputs", "access": "local", "options": {}}
LIMITS = {"min_words": 1, "max_words": 200}
SETTINGS = {
    "seed": 1, "validation_share": 0.1, "test_share": 0.3, "near_duplicate_similarity": 0.9,
}  # fmt: skip
ANSWERS = ("ازيك عامل ايه النهارده", "لاباس عليك", "كيفك اليوم يا زلمة", "شلونك وش اخبارك")


def row(text: str, prompt: str, **scores: object) -> dict:
    turns = [{"role": "User", "content": [{"type": "text", "text": prompt}]}]
    return {"_raw_turns": str(turns), "generations": str([text]), **scores}


def write(folder: Path, name: str, rows: list[dict]) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(file, index=False)


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    folder = tmp_path / "outputs"
    for dialect, share in (("egy", 0.9), ("syr", 0.4)):
        rows = []
        for number, answer in enumerate(ANSWERS):
            request = f"Reply in {dialect} Arabic. Topic {number}: " + "a b c d e f g"[number:]
            scores = dict.fromkeys(COUNTRY_COLUMNS, (1 - share) / 17)
            scores["prob_Egyptian_Arabic" if dialect == "egy" else "prob_Syrian_Arabic"] = share
            rows.append(
                row(
                    f"{answer} {dialect}",
                    request,
                    acc=1,
                    prob=share,
                    macro_prob=min(1.0, share + 0.05),
                )
                | {"dialectness": 0.5, "too_few_tokens": False}
                | scores
            )
        rows[3] |= {"acc": 0, "prob": 0, "macro_prob": 0, "dialectness": 0, "too_few_tokens": True}
        write(folder, f"gpt_crosslingual/DialectID_Okapi_{dialect}_samples.csv", rows)
    mt = "Translate from English into Egyptian Arabic. Output only the translation, do NOT output anything else before nor after it.\n{}\nTranslation:"
    rows = [
        row(answer, mt.format(f"sentence {number}"), completion="x", dialectid_prob=0.3)
        | {"macro_prob": 0.4, "dialectness": 0.2 * number}
        for number, answer in enumerate(ANSWERS)
    ]
    rows[0]["dialectid_prob"] = 0
    write(folder, "gpt_mt/DialectMT_BTEC_eng_to_egy_samples.csv", rows)
    write(folder, "gpt_mt/DialectMT_BTEC_egy_to_eng_samples.csv", rows)
    return folder


def test_recorded_scores_are_read_with_what_is_not_known_as_none(outputs: Path) -> None:
    texts = [SimpleNamespace(**teacher_scores(item)) for item in read_outputs(outputs, {})]
    egyptian = [text for text in texts if "Okapi_egy" in text.file]
    assert len(egyptian[0].countries) == 18
    assert egyptian[0].countries[NADI_COUNTRIES.index("Egypt")] == 0.9
    assert egyptian[0].is_arabic is True
    # Too few tokens: nothing was found out about the language, and nothing was scored.
    assert (egyptian[3].is_arabic, egyptian[3].aldi, egyptian[3].countries) == (None, None, None)
    translated = [text for text in texts if "eng_to_egy" in text.file]
    assert [text.aldi for text in translated] == [None, 0.2, 0.4, pytest.approx(0.6)]
    assert translated[1].is_arabic is None
    assert translated[1].countries is None


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("Reply in Egyptian Arabic. Write a story.", ". Write a story."),
        ("Write a story. Use Saudi Arabic please", "Write a story. "),
        ("Write a poem in Syrian Arabic about cats.", "Write a poem  about cats."),
        ("… before nor after it.\nGood morning.\nTranslation:", "Good morning."),
        ("عيد صياغة الجملة", "عيد صياغة الجملة"),
    ],
)
def test_what_a_prompt_is_about(prompt: str, asked: str) -> None:
    assert asked_text(prompt) == asked


def test_answers_to_one_prompt_lie_on_one_side(outputs: Path) -> None:
    # Two systems answered the same rows, and one row is asked again in other words.
    again = [
        row("وايه كمان", "Topic 1: b c d e f g. Write in egy Arabic.", prob=0.2, macro_prob=0.3)
    ]
    write(outputs, "other_crosslingual/DialectID_Cohere_egy_samples.csv", again)
    table, rejects = collect_teacher_scores(
        {"scores": (outputs, ENTRY)},
        LIMITS,
        **SETTINGS | {"validation_share": 0.3, "test_share": 0.4},
    )
    assert rejects.is_empty()
    assert table["group_id"].n_unique() == table.select("group_id", "split").n_unique()
    by_text = dict(table.select("text", "group_id").rows())
    assert by_text[f"{ANSWERS[1]} egy"] == by_text[f"{ANSWERS[1]} syr"] == by_text["وايه كمان"]
    assert by_text[ANSWERS[1]] != by_text[f"{ANSWERS[1]} egy"]
    assert table["split"].n_unique() > 1


def test_equal_and_near_equal_texts_are_bound() -> None:
    long = "هذا نص طويل جدا يتكرر في اجابات كثيرة مع فرق صغير في اخره فقط"
    keys = pl.Series([comparison_key(t) for t in (long, f"{long} ت", "غير ذلك", long)])
    near = bind_near(keys, 0.8)
    assert near[0] == near[1] == near[3] != near[2]
    assert bind_near(keys, 1.0).n_unique() == 3


def test_a_table_with_a_column_of_dialectness_is_a_teacher_too(tmp_path: Path) -> None:
    file = tmp_path / "aldi.tsv"
    lines = [f"جملة رقم كذا {word}\t0.{n}" for n, word in enumerate("ابتثجحخد", start=1)]
    file.write_text("\n".join(["sentence\tALDi", *lines]), encoding="utf-8")
    entry = {"reader": "table", "path": "aldi.tsv", "access": "local"}
    entry["options"] = {"columns": {"text": "sentence", "aldi": "ALDi"}, "variety": "msa"}
    settings = SETTINGS | {"near_duplicate_similarity": 1.0, "validation_share": 0, "seed": 0}
    table, _ = collect_teacher_scores({"aldi": (tmp_path, entry)}, LIMITS, **settings)
    write_frame(tmp_path / "t.parquet", table, TEACHER_SCORES)
    table = read_table(tmp_path / "t.parquet", TEACHER_SCORES)
    assert set(table["teacher"]) == {"given"}
    assert set(table["split"]) == {"train", "test"}
    learnt, _ = aldi_examples(table, ScorerSettings())
    assert len(learnt) == (table["split"] == "train").sum()


def test_no_scorer_corpus_is_an_empty_table() -> None:
    table, rejects = collect_teacher_scores({}, LIMITS, **SETTINGS)
    assert [*table.columns] == TEACHER_SCORES.names
    assert len(table) == len(rejects) == 0


def test_outputs_without_requests_for_dialect_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "outputs", "gpt_mt/DialectMT_BTEC_egy_to_eng_samples.csv", [row("x", "y")])
    with pytest.raises(LahjaError, match="no recorded answer to a request for dialect"):
        collect_teacher_scores({"s": (tmp_path / "outputs", ENTRY)}, LIMITS, **SETTINGS)


def teacher_rows(*rows: dict) -> pd.DataFrame:
    base = {**dict.fromkeys(TEACHER_SCORES.names), "split": "train", "variety": "syr"}
    return pd.DataFrame([base | row for row in rows])


def test_what_the_country_model_learns() -> None:
    known = np.full(18, 1 / 18)
    teacher = teacher_rows(
        {"text": "whole", "p_country": 1 / 18, "p_region": 4 / 18, "countries": known},
        {"text": "partly", "p_country": 0.5, "p_region": 0.7},
        {"text": "unscored"},
        {"text": "جملة محجوبة", "p_country": 0.5, "p_region": 0.7, "split": "test"},
    )
    sentences = pd.DataFrame(
        {
            "sentence_id": ["1", "2", "3", "4"],
            "variety": ["egy", "msa", "egy", "mar"],
            "text": ["hard", "no country", "جملة محجوبة.", "other split"],
            "split": ["train", "train", "train", "test"],
        }
    )
    texts, targets, cells, weights = country_examples(
        teacher, sentences, ScorerSettings(label_weight=0.25)
    )
    assert [*texts] == ["whole", "partly", "hard"]
    assert weights.tolist() == [1, 1, 0.25]
    assert targets.sum(axis=1) == pytest.approx([1, 1, 1])
    assert targets[1][:3] == pytest.approx([0.5, 0.2, 0.3])
    levant = {"Jordan", "Lebanon", "Palestine"}
    second = dict(zip(NADI_COUNTRIES, cells[1].tolist(), strict=True))
    assert {name for name, cell in second.items() if cell == 1} == levant
    assert {name for name, cell in second.items() if cell == 0} == {"Syria"}
    assert targets[2][NADI_COUNTRIES.index("Egypt")] == 1


def test_labels_count_in_full_where_there_is_no_teacher() -> None:
    sentences = pd.DataFrame(
        {"sentence_id": ["1"], "variety": ["egy"], "text": ["x"], "split": ["train"]}
    )
    settings = ScorerSettings(label_weight=0.25)
    assert country_examples(teacher_rows({"text": "y"}), sentences, settings)[-1] == [1]


@pytest.mark.model
def test_losses_are_least_where_the_teacher_is_met() -> None:
    import torch

    assert aldi_loss(torch.tensor([[-3.0], [2.0], [0.5]]), np.array([0.0, 1.0, 0.5])) == 0
    assert aldi_loss(torch.tensor([[0.2], [0.5]]), np.array([0.0, 0.5])) == pytest.approx(0.02)
    teacher = teacher_rows({"text": "partly", "p_country": 0.5, "p_region": 0.7})
    sentences = pd.DataFrame(columns=["sentence_id", "variety", "text", "split"])
    _, *known = country_examples(teacher, sentences, ScorerSettings())
    share = {"Syria": 0.5} | dict.fromkeys(("Jordan", "Lebanon", "Palestine"), 0.2 / 3)
    met = [share.get(name, 0.3 / 14) for name in NADI_COUNTRIES]
    # The entropy of (0.5, 0.2, 0.3), however the mass lies within the cells.
    least = -(0.5 * np.log(0.5) + 0.2 * np.log(0.2) + 0.3 * np.log(0.3))
    assert country_loss(torch.tensor([met]).log(), *known) == pytest.approx(least, abs=1e-5)
    share["Jordan"], share["Lebanon"] = 0.19, 0.004
    share["Palestine"] = 0.2 - 0.194
    other = [share.get(name, 0.3 / 14) for name in NADI_COUNTRIES]
    assert country_loss(torch.tensor([other]).log(), *known) == pytest.approx(least, abs=1e-5)
    assert country_loss(torch.zeros(1, 18), *known) > least + 0.1
