"""chrF, chrF++ and spBLEU: sacreBLEU's numbers, and AL-QASIDA's recorded ones."""

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sacrebleu.metrics import BLEU, CHRF

from lahja.scoring.translation import (
    bleu,
    chrf,
    chrf_plus_plus,
    chrf_signature,
    chrf_statistics,
    load_spbleu,
)

HYPOTHESES = ["أنا مش عايز أروح دلوقتي", "رح روح بكرا.", "x", "", "I will go (now)!", "لا"]
REFERENCES = ["أنا مش عايز أروح السوق", "رح أروح بكرا", "y", "نعم", "I will go now", "لا أريد"]


@pytest.mark.parametrize(("score", "word_order"), [(chrf, 0), (chrf_plus_plus, 2)])
def test_chrf_is_sacrebleu_s(score, word_order: int) -> None:
    metric = CHRF(word_order=word_order)
    statistics = chrf_statistics(HYPOTHESES, REFERENCES)
    expected = [
        metric.sentence_score(hypothesis, [reference]).score
        for hypothesis, reference in zip(HYPOTHESES, REFERENCES, strict=True)
    ]
    assert score(statistics) == pytest.approx(expected)
    corpus = metric.corpus_score(HYPOTHESES, [REFERENCES]).score
    assert float(score(statistics.sum(axis=0))) == pytest.approx(corpus)


def test_signatures_tell_chrf_from_chrf_plus_plus() -> None:
    assert "|nw:0|" in chrf_signature(0)
    assert "|nw:2|" in chrf_signature(2)


def test_no_sentences_have_no_statistics() -> None:
    assert chrf_statistics([], []).shape == (0, 24)


def test_bleu_is_sacrebleu_s() -> None:
    corpus_metric, sentence_metric = BLEU(), BLEU(effective_order=True)
    rows = np.asarray(corpus_metric._extract_corpus_statistics(HYPOTHESES, [REFERENCES]), float)
    corpus = corpus_metric.corpus_score(HYPOTHESES, [REFERENCES]).score
    assert float(bleu(rows.sum(axis=0))) == pytest.approx(corpus)
    expected = [
        sentence_metric.sentence_score(hypothesis, [reference]).score
        for hypothesis, reference in zip(HYPOTHESES, REFERENCES, strict=True)
    ]
    assert bleu(rows, effective_order=True) == pytest.approx(expected)


def test_spbleu_without_its_model_is_missing_with_the_reason(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.model"
    wrong.write_bytes(b"not a model")
    assert "no SentencePiece model" in str(load_spbleu(None).reason)
    assert "does not exist" in str(load_spbleu(tmp_path / "absent.model").reason)
    assert "expected 14bb8dfb" in str(load_spbleu(wrong).reason)
    assert load_spbleu(wrong).signature is None


def test_spbleu_with_a_sentencepiece_model(tmp_path: Path) -> None:
    import sentencepiece

    from lahja.core.files import digest_of_file

    text = tmp_path / "text.txt"
    text.write_text("\n".join(HYPOTHESES + REFERENCES) * 5, encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(tmp_path / "small"), vocab_size=40, minloglevel=2
    )
    model = tmp_path / "small.model"
    spbleu = load_spbleu(model, sha256=digest_of_file(model))
    assert "tok:flores200" in str(spbleu.signature)
    scores = bleu(spbleu.statistics(["أنا مش عايز أروح السوق"], ["أنا مش عايز أروح السوق"]))
    assert scores == pytest.approx([100.0])


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o_mt/DialectMT_FLORES_eng_to_egy",
        "gpt-4o_mt/DialectMT_BTEC_egy_to_msa",
        "command_r+_mt/DialectMT_BTEC_syr_to_eng",
    ],
)
def test_recorded_scores_of_real_systems(corpora: Path, name: str) -> None:
    folder = corpora / "al-qasida" / "llm_outputs"
    rows = pd.read_csv(folder / f"{name}_samples.csv", keep_default_na=False)
    summary = pd.read_csv(folder / f"{name}_metrics.csv").iloc[0]
    hypotheses = [ast.literal_eval(text)[0] for text in rows["generations"]]
    statistics = chrf_statistics(hypotheses, rows["completion"])
    recorded = rows["response_chrF"].astype(float)
    assert chrf_plus_plus(statistics) == pytest.approx(recorded, abs=1e-4)
    corpus = float(chrf_plus_plus(statistics.sum(axis=0)))
    assert corpus == pytest.approx(100 * summary["ChrF_corpus_score"], abs=1e-4)
