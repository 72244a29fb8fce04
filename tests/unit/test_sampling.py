import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.sampling import Kind, quotas, sample_sentences

KINDS = [Kind("story", 2, 5), Kind("summary", 6, 20)]


def sentences(n=40):
    return pd.DataFrame(
        {
            "sentence_id": [f"s{i}" for i in range(n)],
            "group_id": [f"g{i // 2}" for i in range(n)],
            "corpus": "c",
            "variety": "egy",
            "text": [f"جملة {i}" for i in range(n)],
            "split": ["test" if i % 10 == 0 else "train" for i in range(n)],
            "n_words": [3 if i % 4 < 2 else 9 for i in range(n)],
            "aldi": [0.1 if i % 5 == 0 else 0.8 for i in range(n)],
        }
    )


def test_quotas_sum_to_the_total():
    kinds = [Kind("a", 1, 2, 1), Kind("b", 1, 2, 1), Kind("c", 1, 2, 1)]
    assert sum(quotas(kinds, 100).values()) == 100
    assert quotas(KINDS, 10) == {"story": 5, "summary": 5}


def test_samples_are_dialectal_fit_their_kind_and_come_from_training_groups_once():
    samples = sample_sentences(sentences(), "egy", KINDS, 10, 0.36, seed=1)
    assert len(samples) == 10
    assert (samples["aldi"] > 0.36).all()
    assert samples["group_id"].is_unique
    assert set(samples["split"]) == {"train"}
    story = samples[samples["kind"] == "story"]
    assert story["n_words"].between(2, 5).all()
    assert len(story) == 5


def test_a_larger_sample_keeps_the_smaller_one():
    few = sample_sentences(sentences(), "egy", KINDS, 4, 0.36, seed=1)
    more = sample_sentences(sentences(), "egy", KINDS, 10, 0.36, seed=1)
    assert set(few["sentence_id"]) <= set(more["sentence_id"])


def test_the_order_of_rows_does_not_matter():
    one = sample_sentences(sentences(), "egy", KINDS, 6, 0.36, seed=1)
    two = sample_sentences(sentences().iloc[::-1], "egy", KINDS, 6, 0.36, seed=1)
    assert set(one["sentence_id"]) == set(two["sentence_id"])


@pytest.mark.parametrize(("dialect", "threshold"), [("egy", 0.9), ("mar", 0.36)])
def test_an_empty_sample_names_the_dialect(dialect, threshold):
    with pytest.raises(LahjaError, match=f"no sentence of {dialect} is above {threshold}"):
        sample_sentences(sentences(), dialect, KINDS, 10, threshold, seed=1)
