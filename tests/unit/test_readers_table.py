"""The generic table reader: four formats, wide and long tables."""

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.corpora.readers import READERS, Reject, Sentence

LONG = pd.DataFrame(
    {
        "id": [1, 2, 3],
        "sentence": ["شو هاد", 'قال "لا"', "أنا هنا"],
        "dialect": ["PAL", "SAU", "OTHER"],
        "level": [0.5, 1.0, None],
    }
)
OPTIONS = {
    "columns": {"text": "sentence", "variety": "dialect", "group": "id", "aldi": "level"},
    "labels": {"PAL": "pse", "SAU": "sau"},
}
WRITERS = {
    "t.csv": lambda path: LONG.to_csv(path, index=False),
    "t.tsv": lambda path: LONG.to_csv(path, index=False, sep="\t"),
    "t.parquet": LONG.to_parquet,
    "t.jsonl": lambda path: LONG.to_json(path, orient="records", lines=True, force_ascii=False),
}


def read(path, **options):
    return list(READERS["table"](path, options))


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_reads_alike(tmp_path, name):
    WRITERS[name](tmp_path / name)
    found = [(s.variety, s.group, s.text, s.aldi) for s in read(tmp_path, **OPTIONS)]
    assert found == [("pse", "1", "شو هاد", 0.5), ("sau", "2", 'قال "لا"', 1.0)]


def test_a_wide_table_gives_one_sentence_per_side(tmp_path):
    wide = pd.DataFrame({"da": ["شنو", "واخا"], "en": ["what", None], "part": ["tr", "te"]})
    wide.to_csv(tmp_path / "w.csv", index=False)
    columns = {"mar": "da", "eng": "en", "split": "part"}
    found = read(tmp_path, columns=columns, splits={"tr": "train", "te": "evaluation"})
    assert [(s.variety, s.group, s.text, s.split) for s in found] == [
        ("mar", "w.csv:2", "شنو", "train"),
        ("eng", "w.csv:2", "what", "train"),
        ("mar", "w.csv:3", "واخا", "evaluation"),
    ]


def test_one_variety_for_all_rows(tmp_path):
    (tmp_path / "a.tsv").write_text('text\n"مفتوحة\n', encoding="utf-8")
    (sentence,) = read(tmp_path, variety="syr", quoted=False, split="train")
    assert sentence == Sentence('"مفتوحة', "syr", "a.tsv:2", "a.tsv", 2, "train")


def test_bad_rows_are_rejects(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "نص"}\n[1]\n{"txt": 1}\n', encoding="utf-8")
    items = read(tmp_path, variety="syr")
    assert [i.reason for i in items if isinstance(i, Reject)] == [
        "not a JSON object",
        "lacks 'text'",
    ]
    (tmp_path / "b.csv").write_text("text,level\nنص,كثير\n", encoding="utf-8")
    items = read(tmp_path / "b.csv", variety="syr", columns={"text": "text", "aldi": "level"})
    assert [(i.line, i.reason) for i in items] == [(2, "dialectness 'كثير' is not a number")]


@pytest.mark.parametrize("name", WRITERS)
def test_wrong_columns_are_named(tmp_path, name):
    WRITERS[name](tmp_path / name)
    with pytest.raises(LahjaError, match=f"{name}: .*txt"):
        read(tmp_path, variety="syr", columns={"text": "txt"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "variety: missing; give it here or as a column"),
        ({"variety": "xyz"}, "variety: no such variety: 'xyz'"),
        ({"variety": "egy", "columns": {"txt": "a"}}, r"columns\.txt: unknown; did you mean text"),
        ({"columns": {"group": "a"}}, "either text or one column per variety"),
        (
            {"columns": {"text": "a", "variety": "b"}, "labels": {"x": "tun"}},
            r"labels\.x: no such variety: 'tun'",
        ),
    ],
)
def test_column_maps_are_checked(tmp_path, options, message):
    with pytest.raises(LahjaError, match=message):
        read(tmp_path, **options)
