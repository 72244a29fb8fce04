"""Training and evaluation never meet, and every row that goes is counted."""

from collections import Counter

import pandas as pd
import pytest

from lahja.data.assembly import COUNTS, AssemblySettings, assemble
from lahja.data.parallel import pair_sentences
from lahja.data.splits import bind_rows, draw_splits
from lahja.data.text import comparison_key, count_words
from lahja.errors import LahjaError
from lahja.tables import PARALLEL, REJECTS, SENTENCES, empty_table, write_table

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
    return pd.DataFrame(records)


def assembled(*corpora, rejects=None, **settings):
    settings = {"seed": 1, "validation_share": 0.0, "test_share": 0.0} | settings
    early = [empty_table(REJECTS)] if rejects is None else [rejects]
    return assemble(list(corpora), early, AssemblySettings(**settings))


def reasons(data):
    return [(row.corpus, row.line, row.reason) for row in data.rejects.itertuples()]


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


@pytest.mark.parametrize(("similarity", "n_left"), [(0.8, 0), (None, 1), (1.0, 1), (0.99, 1)])
def test_near_duplicates_of_evaluation_go_by_similarity(similarity, n_left):
    data = assembled(
        corpus("tr", ("pse", 1, LONG), ("pse", 2, "غير هيك")),
        corpus("ev", ("syr", 1, NEARLY)),
        roles={"tr": "train", "ev": "evaluation"},
        near_duplicate_similarity=similarity,
    )
    assert (data.sentences["text"] == LONG).sum() == n_left


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
    assert [(r.corpus, r.text, r.split) for r in data.sentences.itertuples()] == [
        ("a", "كيفك", "train"),
        ("s", "هلا", "scorer"),
    ]


def test_counts_say_where_every_row_went():
    early = pd.DataFrame(
        [{"corpus": "a", "file": "a.txt", "line": 9, "reason": "empty", "text": ""}]
    )
    data = assembled(
        corpus("a", ("pse", 1, "شو"), ("eng", 1, "what"), ("pse", 2, "شو")),
        rejects=early,
        roles={"a": "train"},
    )
    counts = {
        (None if pd.isna(row.variety) else row.variety, row.outcome): row[-1]
        for row in data.counts.itertuples(index=False)
    }
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
        write_table(tmp_path / f"{name}.parquet", getattr(data, name), schema)


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


def test_unknown_roles_are_named():
    with pytest.raises(LahjaError, match="corpus a: role None: expected one of train"):
        assembled(corpus("a", ("pse", 1, "شو")), roles={})


# --- splits -----------------------------------------------------------------------------------


def keyed(frame):
    return frame.assign(key=frame["text"].map(comparison_key))


def test_rows_are_bound_by_groups_and_equal_texts():
    rows = keyed(
        corpus("a", ("pse", 1, "شو"), ("eng", 1, "what"), ("syr", 2, "What?"), ("syr", 3, "هلق"))
    )
    bound = bind_rows(rows)
    assert bound[0] == bound[1] == bound[2] != bound[3]


def test_splits_keep_translations_together_and_do_not_move():
    rows = [("pse", n, f"جملة رقم {n}") for n in range(600)]
    rows += [("eng", n, f"sentence number {n}") for n in range(600)]
    frame = keyed(corpus("a", *rows))
    splits = draw_splits(frame, seed=5, validation_share=0.1, test_share=0.2)
    assert splits.groupby(frame["group_id"]).nunique().max() == 1
    shares = splits.value_counts(normalize=True)
    assert shares["test"] == pytest.approx(0.2, abs=0.05)
    assert shares["validation"] == pytest.approx(0.1, abs=0.04)
    fewer = frame.iloc[::-1][frame["group_id"].iloc[::-1] != "a:0"]
    assert (draw_splits(fewer, 5, 0.1, 0.2) == splits[fewer.index]).all()
    assert (draw_splits(frame, 6, 0.1, 0.2) != splits).any()


# --- parallel pairs ---------------------------------------------------------------------------


def pairs(*rows, **settings):
    found = pair_sentences(keyed(corpus("a", *rows)), **settings)
    return [(p.variety, p.text, p.msa, p.eng) for p in found.itertuples()]


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
    assert len(pairs(*train, max_references=5)) == 2
    evaluation = [(variety, group, text, "evaluation") for variety, group, text, _ in train]
    found = pair_sentences(keyed(corpus("a", *evaluation)))
    assert list(found["pair_id"]) == ["a:egy:1", "a:egy:1:2"]
    again = [("egy", 2, "ايه؟", "train"), ("msa", 2, "ماذا!", "train")]
    assert pairs(*train, *again) == [("egy", "ايه", "ماذا", None)]
    other = [("egy", 2, "ايه؟", "train"), ("msa", 2, "أي شيء", "train")]
    assert len(pairs(*train, *other)) == 2
