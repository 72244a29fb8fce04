"""Training and evaluation never meet, and every row that goes is counted."""

from collections import Counter

import polars as pl
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import CORPUS, COUNTS, PARALLEL, REJECTS, SENTENCES, write_frame
from lahja.corpora.assembly import (
    assemble,
    bind_rows,
    draw_splits,
    pair_sentences,
)
from lahja.corpora.ingest import texts_of_prompt
from lahja.corpora.text import comparison_key, count_words

LONG = "ممكن تقول لي وين محطة القطار القديمة لو سمحت"
NEARLY = "ممكن تقول لي وين محطة القطار القديمه لو سمحتي"


def corpus(name, *rows):
    """A corpus table of (variety, group, text) or (variety, group, text, split)."""
    records = []
    for line, (variety, group, text, *split) in enumerate(rows, start=1):
        records.append(
            {
                "sentence_id": f"{name}:{variety}:{line}",
                "group_id": f"{name}:{group}",
                "corpus": name,
                "variety": variety,
                "text": text,
                "split": split[0] if split else None,
                "n_words": count_words(text),
                "aldi": None,
                "file": f"{name}.txt",
                "line": line,
            }
        )
    return pl.DataFrame(records, _schema(CORPUS))


def _schema(schema):
    return pl.from_arrow(schema.empty_table()).schema


def assembled(*corpora, rejects=None, prompts=None, **settings):
    settings = {"seed": 1, "validation_share": 0.0, "test_share": 0.0} | settings
    settings = {"near_duplicate_similarity": 0.9} | settings
    early = pl.DataFrame(rejects or [], _schema(REJECTS))
    data = assemble(pl.concat(corpora).lazy(), early, prompts or {}, **settings)
    return data._replace(sentences=data.sentences.collect())


def reasons(data):
    return [(row["corpus"], row["line"], row["reason"]) for row in data.rejects.rows(named=True)]


def test_a_contaminated_group_leaves_training_whole():
    train = corpus(
        "tr", ("pse", 1, "شو هاد؟"), ("eng", 1, "What is this?"), ("pse", 2, "صباح الخير")
    )
    held = corpus("ev", ("eng", 9, "what is THIS"))
    data = assembled(train, held, roles={"tr": "train", "ev": "evaluation"})
    assert reasons(data) == [
        ("tr", 1, "in evaluation set ev"),
        ("tr", 2, "in evaluation set ev"),
    ]
    assert sorted(data.sentences["split"]) == ["evaluation", "train"]


@pytest.mark.parametrize(("similarity", "n_left"), [(0.8, 0), (1.0, 1), (0.99, 1)])
def test_near_duplicates_of_evaluation_go_by_similarity(similarity, n_left):
    data = assembled(
        corpus("tr", ("pse", 1, LONG), ("pse", 2, "غير هيك")),
        corpus("ev", ("syr", 1, NEARLY)),
        roles={"tr": "train", "ev": "evaluation"},
        near_duplicate_similarity=similarity,
    )
    assert (data.sentences["text"] == LONG).sum() == n_left


def test_ready_prompts_leave_training_with_the_sentence_that_they_quote():
    train = corpus(
        "tr", ("pse", 1, LONG), ("eng", 1, "Where is the station?"), ("pse", 2, "صباح الخير"),
        ("eng", 3, "Explain tides to a child."), ("egy", 4, f'رد على الكلام ده: "{LONG}"'),
    )  # fmt: skip
    asked = [f'"{NEARLY}" رد على الكلام ده.', "Reply in Syrian Arabic. Explain tides to a child."]
    data = assembled(
        train,
        roles={"tr": "train"},
        near_duplicate_similarity=0.8,
        prompts={"ready": [text for prompt in asked for text in texts_of_prompt(prompt)]},
    )
    assert [(line, reason) for _, line, reason in reasons(data)] == [
        (line, "in evaluation set ready") for line in (1, 2, 4, 5)
    ]
    assert data.sentences["text"].to_list() == ["صباح الخير"]
    assert data.counts.filter(outcome="in evaluation set ready")["count"].sum() == 4


def test_own_evaluation_and_validation_splits_are_protected():
    data = assembled(
        corpus(
            "m",
            ("egy", 1, "تمام كده", "train"),
            ("egy", 2, "تمام كده", "evaluation"),
            ("egy", 3, "ماشي", "train"),
            ("egy", 4, "ماشي", "validation"),
            ("egy", 5, "يلا بينا", "train"),
        ),
        roles={"m": "train"},
    )
    assert reasons(data) == [
        ("m", 1, "in evaluation set m"),
        ("m", 3, "in validation split of m"),
    ]
    assert Counter(data.sentences["split"]) == {"evaluation": 1, "validation": 1, "train": 1}


def test_repeats_go_within_a_variety_only_and_never_from_evaluation():
    data = assembled(
        corpus("a", ("pse", 1, "كيفك اليوم"), ("syr", 2, "كيفك اليوم"), ("pse", 3, LONG)),
        corpus("b", ("pse", 1, "كيفك، اليوم!"), ("pse", 2, NEARLY)),
        corpus("e", ("egy", 1, "مفيش"), ("egy", 2, "مفيش")),
        roles={"a": "train", "b": "train", "e": "evaluation"},
        near_duplicate_similarity=0.8,
    )
    assert reasons(data) == [("b", 1, "duplicate"), ("b", 2, "near duplicate")]
    assert Counter(data.sentences["corpus"]) == {"a": 3, "e": 2}


def test_scorer_corpora_keep_their_own_split():
    data = assembled(
        corpus("a", ("pse", 1, "كيفك")),
        corpus("s", ("pse", 1, "كيفك"), ("pse", 2, "هلا")),
        roles={"a": "train", "s": "scorer"},
    )
    assert data.sentences.select("corpus", "text", "split").rows() == [
        ("a", "كيفك", "train"),
        ("s", "هلا", "scorer"),
    ]


def test_counts_say_where_every_row_went():
    early = [{"corpus": "a", "file": "a.txt", "line": 9, "reason": "empty", "text": ""}]
    data = assembled(
        corpus("a", ("pse", 1, "شو"), ("eng", 1, "what"), ("pse", 2, "شو")),
        rejects=early,
        roles={"a": "train"},
    )
    counts = {(variety, outcome): count for _, variety, _, outcome, count in data.counts.rows()}
    assert counts == {
        ("pse", "read"): 2,
        ("pse", "kept"): 1,
        ("pse", "pairs"): 1,
        ("pse", "duplicate"): 1,
        ("eng", "read"): 1,
        ("eng", "kept"): 1,
        (None, "read"): 1,
        (None, "empty"): 1,
    }


def test_tables_have_their_schemas(tmp_path):
    data = assembled(corpus("a", ("pse", 1, "شو")), roles={"a": "train"})
    for name, schema in (
        ("sentences", SENTENCES),
        ("parallel", PARALLEL),
        ("rejects", REJECTS),
        ("counts", COUNTS),
    ):
        write_frame(tmp_path / f"{name}.parquet", getattr(data, name), schema)


def test_a_variety_without_training_sentences_is_named():
    with pytest.raises(
        LahjaError, match="no training sentence of pse is left: 1 in evaluation set e"
    ):
        assembled(
            corpus("a", ("pse", 1, "شو هاد"), ("syr", 2, "وينك")),
            corpus("e", ("pse", 1, "شو هاد")),
            roles={"a": "train", "e": "evaluation"},
            required_varieties=("syr", "pse"),
        )
    with pytest.raises(LahjaError, match="of mar is left: no corpus has any"):
        assembled(corpus("a", ("pse", 1, "شو")), roles={"a": "train"}, required_varieties=("mar",))


# --- splits -----------------------------------------------------------------------------------


def drawn(frame, seed, validation_share, test_share):
    texts = keyed(frame)["key"]
    frame = frame.select("variety", group="group_id", key=texts.rank("dense") - 1)
    return draw_splits(frame, seed, validation_share, test_share, texts.unique().sort())


def keyed(frame):
    return frame.with_columns(key=pl.Series(map(comparison_key, frame["text"])))


def test_rows_are_bound_by_groups_and_equal_texts():
    rows = keyed(
        corpus("a", ("pse", 1, "شو"), ("eng", 1, "what"), ("syr", 2, "What?"), ("syr", 3, "هلق"))
    )
    bound = bind_rows(rows["group_id"], rows["key"])
    assert bound[0] == bound[1] == bound[2] != bound[3]


def test_splits_keep_translations_together_and_do_not_move():
    rows = [("pse", n, f"جملة رقم {n}") for n in range(600)]
    rows += [("eng", n, f"sentence number {n}") for n in range(600)]
    frame = keyed(corpus("a", *rows))
    splits = drawn(frame, 5, 0.1, 0.2)
    assert frame.select("group_id", splits).n_unique() == frame["group_id"].n_unique()
    shares = dict(splits.value_counts(normalize=True).rows())
    assert shares["test"] == pytest.approx(0.2, abs=0.05)
    assert shares["validation"] == pytest.approx(0.1, abs=0.04)
    fewer = frame.with_columns(splits).reverse().filter(pl.col("group_id") != "a:0")
    assert (drawn(fewer, 5, 0.1, 0.2) == fewer["split"]).all()
    assert (drawn(frame, 6, 0.1, 0.2) != splits).any()


def test_a_further_dialects_translations_leave_the_splits_as_they_are():
    rows = [("pse", n, f"وين جملة رقم {n}") for n in range(200)]
    further = [("tun", n, f"آش جملة رقم {n}") for n in range(400)]
    before, after = keyed(corpus("a", *rows)), keyed(corpus("a", *rows, *further))
    assert after["key"].min() < before["key"].min()
    splits = drawn(after, 5, 0.1, 0.2)
    assert (splits[: len(rows)] == drawn(before, 5, 0.1, 0.2)).all()
    assert after.select("group_id", splits).n_unique() == after["group_id"].n_unique()
    assert set(splits.filter(after["line"] > 400)) == {"train", "validation", "test"}


# --- parallel pairs ---------------------------------------------------------------------------


def pairs(*rows):
    found = pair_sentences(keyed(corpus("a", *rows)))
    return found.select("variety", "text", "msa", "eng").rows()


def test_each_dialect_sentence_has_its_sides():
    assert pairs(
        ("egy", 1, "ازيك", "train"),
        ("egy", 1, "عامل ايه", "train"),
        ("msa", 1, "كيف حالك", "train"),
        ("eng", 1, "How are you?", "train"),
        ("mar", 2, "واخا", "train"),
        ("eng", 2, "okay", "train"),
        ("msa", 3, "وحدها", "train"),
        ("syr", 4, "وحيدة", "train"),
    ) == [
        ("egy", "ازيك", "كيف حالك", "How are you?"),
        ("egy", "عامل ايه", "كيف حالك", "How are you?"),
        ("msa", "كيف حالك", "كيف حالك", "How are you?"),
        ("mar", "واخا", None, "okay"),
    ]


def test_references_and_repeated_pairs():
    train = [("egy", 1, "ايه", "train"), ("msa", 1, "ماذا", "train"), ("msa", 1, "ما", "train")]
    assert pairs(*train) == [("egy", "ايه", "ماذا", None)]
    evaluation = [(variety, group, text, "evaluation") for variety, group, text, _ in train]
    found = pair_sentences(keyed(corpus("a", *evaluation)))
    assert list(found["pair_id"]) == ["a:egy:1", "a:egy:1:2"]
    again = [("egy", 2, "ايه؟", "train"), ("msa", 2, "ماذا!", "train")]
    assert pairs(*train, *again) == [("egy", "ايه", "ماذا", None)]
    other = [("egy", 2, "ايه؟", "train"), ("msa", 2, "أي شيء", "train")]
    assert len(pairs(*train, *other)) == 2
