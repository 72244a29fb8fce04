"""Near-duplicates are all found, and what is found does not depend on how."""

import random
from functools import cache

import polars as pl
import pytest

from lahja.corpora.near_duplicates import near_pairs, near_repeats

LETTERS = "ابتجحدرسعفقكلمنهوي "


@cache
def trigrams(key):
    return {f" {key} "[i : i + 3] for i in range(len(key))}


def jaccard(left, right):
    shared = len(trigrams(left) & trigrams(right))
    return shared / (len(trigrams(left)) + len(trigrams(right)) - shared)


def similar_keys(seed, n=80):
    """Keys of 1 to 70 letters, some of two letters only, each with edited copies."""
    draw = random.Random(seed)
    keys = set()
    for _ in range(n):
        alphabet = LETTERS[: draw.choice([2, 19])]
        letters = draw.choices(alphabet, k=draw.randint(1, 70))
        for _ in range(4):
            keys.add(" ".join("".join(letters).split()) or "x")
            letters[draw.randrange(len(letters))] = draw.choice(LETTERS)
            letters.insert(draw.randrange(len(letters)), draw.choice(LETTERS))
    return draw.sample(sorted(keys), len(keys))


@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.9, 0.95])
def test_pairs_and_repeats_are_those_of_brute_force(threshold):
    keys = similar_keys(7)
    wanted = {
        (i, j): similarity
        for i, left in enumerate(keys)
        for j, right in enumerate(keys)
        if i != j and (similarity := jaccard(left, right)) >= threshold
    }
    pairs = near_pairs(pl.Series(keys), pl.Series(keys), threshold)
    assert {(i, j): similarity for i, j, similarity in pairs.rows()} == wanted
    kept, repeats = [], []
    for i in range(len(keys)):
        repeats.append(any((i, other) in wanted for other in kept))
        if not repeats[-1]:
            kept.append(i)
    assert sum(repeats) > 10
    assert near_repeats(pl.Series(keys), threshold).tolist() == repeats


def test_some_keys_among_others():
    others = pl.Series(["ممكن تقول لي فين محطه القطر من فضلك", "وين السوق"])
    keys = pl.Series([*others, "ممكن تقول لي فين محطه القطار من فضلك", "ممكن تقول لي فين السفاره"])
    assert near_pairs(keys, others, 0.8).rows() == [(2, 0, jaccard(keys[2], others[0]))]


def test_a_threshold_of_1_and_empty_columns_have_no_pairs():
    keys, none = pl.Series(["ابابابا", "ابابابابا"]), pl.Series([], dtype=pl.String)
    assert jaccard(*keys) == 1
    assert len(near_pairs(keys, keys, 1.0)) == 0
    assert near_repeats(keys, 1.0).tolist() == [False, False]
    assert near_repeats(keys, 0.99).tolist() == [False, True]
    assert len(near_pairs(keys, none, 0.9)) == len(near_pairs(none, keys, 0.9)) == 0
    assert near_repeats(none, 0.9).tolist() == []
