import polars as pl
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import SAMPLES
from lahja.corpora.sampling import Kind, quotas, sample_sentences

KINDS = [Kind("story", 2, 5), Kind("summary", 6, 20)]
# The windows overlap, and one is rare.
OVERLAPPING = [Kind("story", 2, 5), Kind("reply", 2, 20, 3), Kind("summary", 12, 20)]


def sentences(n=40, dialect="egy"):
    return pl.DataFrame(
        {
            "sentence_id": [f"{dialect}{i}" for i in range(n)],
            "group_id": [f"{dialect}{i // 2}" for i in range(n)],
            "corpus": ["c"] * n,
            "variety": [dialect] * n,
            "text": [f"جملة {i}" for i in range(n)],
            "split": ["test" if i % 10 == 0 else "train" for i in range(n)],
            "n_words": [3 + i % 4 if i % 7 else 14 for i in range(n)],
            "aldi": [None] * n,
        }
    )


class Scorer:
    """Scores each text of `sentences`, and counts those that it was asked for."""

    def __init__(self):
        self.texts = []

    def __call__(self, texts):
        self.texts += texts
        return [0.1 if int(text.split()[1]) % 5 == 0 else 0.8 for text in texts]


def settings(kinds, per_dialect, threshold=0.36):
    windows = {
        kind.name: {"min_words": kind.min_words, "max_words": kind.max_words, "share": kind.share}
        for kind in kinds
    }
    return {"seed": 1, "per_dialect": per_dialect, "kinds": windows, "aldi_threshold": threshold}


def sample(table, kinds, total, score=None):
    wanted = settings(kinds, {"egy": total})
    samples, _ = sample_sentences(table.lazy(), score or Scorer(), **wanted)
    return samples


def test_no_samples_are_wanted_where_no_prompt_is_made_of_them():
    score = Scorer()
    found = sample_sentences(sentences().lazy(), score, **settings(KINDS, {"egy": 0, "mar": 0}))
    assert [table.height for table in found] == [0, 0] and not score.texts
    assert found[0].columns == SAMPLES.names
    both = pl.concat([sentences(), sentences(dialect="mar")]).lazy()
    samples, _ = sample_sentences(both, score, **settings(KINDS, {"egy": 4, "mar": 0}))
    assert samples["variety"].unique().to_list() == ["egy"]


def test_quotas_sum_to_the_total():
    kinds = [Kind("a", 1, 2, 1), Kind("b", 1, 2, 1), Kind("c", 1, 2, 1)]
    assert sum(quotas(kinds, 100).values()) == 100
    assert quotas(KINDS, 10) == {"story": 5, "summary": 5}
    assert quotas([*KINDS, Kind("none", 1, 2, 0)], 3) == {"story": 2, "summary": 1, "none": 0}


@pytest.mark.parametrize("shares", [(1, 1, 1), (3, 7, 3, 3, 3, 2, 3), (0.2, 5)])
def test_no_kind_loses_a_place_to_a_larger_total(shares):
    kinds = [Kind(str(n), 1, 2, share) for n, share in enumerate(shares)]
    for total in range(40):
        fewer, more = quotas(kinds, total), quotas(kinds, total + 1)
        assert all(fewer[name] <= more[name] for name in fewer)


def test_samples_are_dialectal_fit_their_kind_and_come_from_training_groups_once():
    table = sentences(200)
    samples = sample(table, KINDS, 10)
    assert len(samples) == 10
    assert (samples["aldi"] > 0.36).all()
    assert samples["group_id"].is_unique().all()
    assert set(samples["sentence_id"]) <= set(table.filter(split="train")["sentence_id"])
    story = samples.filter(kind="story")
    assert story["n_words"].is_between(2, 5).all()
    assert len(story) == 5


@pytest.mark.parametrize("kinds", [KINDS, OVERLAPPING])
def test_a_larger_sample_keeps_the_smaller_one_with_its_kinds(kinds):
    table = sentences(300)
    kept = set()
    for total in range(1, 60):
        samples = sample(table, kinds, total)
        own = set(zip(samples["sentence_id"], samples["kind"], strict=True))
        assert kept <= own
        kept = own
    assert dict(samples["kind"].value_counts().rows()) == quotas(kinds, 59)


def test_texts_are_scored_only_until_every_kind_is_full():
    table = pl.concat([sentences(4000), sentences(2000, "mar")])
    lazy, full = Scorer(), Scorer()
    known = dict(zip(table["text"], full(table["text"].to_list()), strict=True))
    wanted = settings(OVERLAPPING, {"egy": 30, "mar": 50})
    samples, scored = sample_sentences(table.lazy(), lazy, **wanted)
    assert dict(samples["variety"].value_counts().rows()) == {"mar": 50, "egy": 30}
    assert len(lazy.texts) == len(scored) < len(table) / 10
    assert scored["sentence_id"].is_unique().all()
    assert set(samples["sentence_id"]) <= set(scored["sentence_id"])
    again, _ = sample_sentences(table.lazy(), lambda texts: [known[t] for t in texts], **wanted)
    assert samples.equals(again)


def test_a_kind_that_cannot_be_filled_asks_for_no_more_than_what_fits_it():
    table, scorer = sentences(4000), Scorer()
    samples = sample(table, [Kind("story", 2, 5), Kind("summary", 14, 20)], 800, scorer)
    assert (samples["kind"] == "summary").sum() < 400
    n_words = dict(zip(table["text"], table["n_words"], strict=True))
    short = [text for text in scorer.texts if n_words[text] <= 5]
    # Of 400 wanted, four in five are dialectal.
    assert 500 <= len(short) < 700
    assert (table["n_words"] <= 5).sum() > 2000


def test_more_samples_of_one_dialect_change_none_of_another():
    table = pl.concat([sentences(400), sentences(400, "mar")])
    few, many = (
        sample_sentences(table.lazy(), Scorer(), **settings(KINDS, {"egy": 10, "mar": n}))[0]
        for n in (10, 30)
    )
    assert few.filter(variety="egy").equals(many.filter(variety="egy"))
    assert len(many) == 40


def test_the_order_of_rows_does_not_matter():
    one = sample(sentences(), KINDS, 6)
    two = sample(sentences().reverse(), KINDS, 6)
    assert one.equals(two)


@pytest.mark.parametrize(("dialect", "threshold"), [("egy", 0.9), ("mar", 0.36)])
def test_an_empty_sample_names_the_dialect(dialect, threshold):
    with pytest.raises(LahjaError, match=f"no sentence of {dialect} is above {threshold}"):
        wanted = settings(KINDS, {dialect: 10}, threshold)
        sample_sentences(sentences().lazy(), Scorer(), **wanted)
