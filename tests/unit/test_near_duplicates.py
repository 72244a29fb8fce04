"""Near-duplicates are found by similarity, the same way each time."""

import random

import pytest

from lahja.data.near_duplicates import (
    DuplicateIndex,
    EvaluationIndex,
    Signatures,
    jaccard,
    shingles,
)

LETTERS = "ابتجحدرسعفقكلمنهوي "


def test_jaccard_of_trigrams():
    assert shingles("ab") == {" ab", "ab "}
    assert jaccard(shingles("abcd"), shingles("abcd")) == 1.0
    assert jaccard(shingles("abc"), shingles("xyz")) == 0.0
    assert jaccard(frozenset("abc"), frozenset("bcd")) == pytest.approx(2 / 4)


def test_near_duplicates_are_verified():
    index = DuplicateIndex(0.8, Signatures(seed=1))
    index.add("ممكن تقول لي فين محطه القطر من فضلك", "first")
    assert index.find_equal("ممكن تقول لي فين محطه القطر من فضلك") == "first"
    assert index.find_equal("ممكن تقول لي فين محطه القطار من فضلك") is None
    assert index.find_near("ممكن تقول لي فين محطه القطار من فضلك") == "first"
    assert index.find_near("ممكن تقول لي فين السفاره من فضلك") is None


def test_no_threshold_means_equal_keys_only():
    index = DuplicateIndex(None, Signatures(seed=1))
    index.add("abcdefghij", "x")
    assert index.find_near("abcdefghi") is None


def test_find_near_agrees_with_brute_force():
    draw = random.Random(7)
    texts = ["".join(draw.choices(LETTERS, k=draw.randint(20, 60))).strip() for _ in range(150)]
    variants = []
    for text in texts:
        i = draw.randrange(len(text))
        variants.append(text[:i] + draw.choice(LETTERS[:-1]) + text[i + 1 :])
    signatures = Signatures(seed=3)
    signatures.prepare(texts + variants)
    index = DuplicateIndex(0.8, signatures)
    for text in texts:
        index.add(text, text)
    for variant in variants:
        similar = {t for t in texts if jaccard(shingles(variant), shingles(t)) >= 0.8}
        found = index.find_near(variant)
        assert (found in similar) if similar else (found is None)


def test_evaluation_index():
    index = EvaluationIndex.of_texts(["وين أقرب صيدلية من هون؟"], "flores", 0.8, seed=1)
    assert index.contains("وين اقرب صيدليه من هون")
    assert index.contains("وين أقرب صيدلية من هونيك؟")
    assert not index.contains("وين السوق؟")
    assert index.find_key("وين اقرب صيدليه من هون") == "flores"
