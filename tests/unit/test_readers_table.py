"""The generic table reader: four formats, wide and long tables."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lahja.core.errors import LahjaError
from lahja.corpora.readers import READERS, Reject, Sentence
from lahja.corpora.readers import rows as readers_rows

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
    "t.tsv": lambda path: path.write_text(
        "\n".join(
            "\t".join(row) for row in [LONG, *LONG.astype(object).fillna("").astype(str).to_numpy()]
        )
    ),
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
    (sentence,) = read(tmp_path, variety="syr", split="train")
    assert sentence == Sentence('"مفتوحة', "syr", "a.tsv:2", "a.tsv", 2, "train")


def written(path, content):
    path.write_bytes(content.encode())
    return path


def outcomes(path, **options):
    """Return the texts of a table in variety `egy`, and the reasons of rejects by their lines."""
    items = read(path, **{"variety": "egy"} | options)
    sentences = [item.text for item in items if isinstance(item, Sentence)]
    return sentences, {item.line: item.reason for item in items if isinstance(item, Reject)}


def test_quotation_marks_enclose_fields_in_csv_and_where_asked(tmp_path):
    tsv = written(tmp_path / "a.tsv", 'text\tn\n"نعم\t1\nقال "لا"\t2\n"كله"\t3\nبلا\n')
    width = {5: "expected 2 fields, found 1"}
    assert outcomes(tsv) == (['"نعم', 'قال "لا"', '"كله"'], width)
    assert outcomes(tsv, quoted=True) == (['قال "لا"', "كله"], {2: UNCLOSED} | width)
    csv = written(tmp_path / "a.csv", 'text,n\n"نعم, لا",1\n')
    assert outcomes(csv) == (["نعم, لا"], {})
    assert outcomes(csv, quoted=False) == ([], {2: "expected 2 fields, found 3"})


UNCLOSED = "a quotation mark is not closed"


@pytest.mark.parametrize(
    ("rows", "texts", "lost"),
    [
        # To the end of the file, or to a later row's mark, where the number of fields is right too.
        ('1,"ضاع\n2,باقي\n3,تمام\n', ["باقي", "تمام"], [2]),
        ('1,"ضاع\n2,باقي\n3,"تمام"\n4,كمان\n', ["باقي", "تمام", "كمان"], [2]),
        ('1,"ضاع\n2,"ضاع\n3,"تمام\nوسطرين"\n', ["تمام\nوسطرين"], [2, 3]),
        ('1,"سطر\nو""سطر"\n2,٥" شاشة\n', ['سطر\nو"سطر', '٥" شاشة'], []),
    ],
)
def test_a_quotation_mark_that_is_not_closed_costs_its_own_line(tmp_path, rows, texts, lost):
    path = written(tmp_path / "a.csv", f"n,text\n{rows}")
    assert outcomes(path) == (texts, dict.fromkeys(lost, UNCLOSED))


def test_a_line_that_is_far_too_long_costs_itself(tmp_path):
    path = written(tmp_path / "a.csv", f'n,text\n1,"{"ا" * (1 << 20)}ا"\n2,باقي\n')
    assert outcomes(path) == (["باقي"], {2: "more than 1048576 characters"})


def test_a_row_is_as_long_as_its_quotation_mark_lets_it_be(tmp_path, monkeypatch):
    """Each line opens a mark that none closes: to look for it from every line would take for ever."""
    monkeypatch.setattr(readers_rows, "_MAX_VAIN", 1 << 20)
    path = written(tmp_path / "a.csv", "n,text\n" + 'a","\n' * 20_000)
    with pytest.raises(LahjaError, match="too many quotation marks are not closed; set quoted"):
        outcomes(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'text,n\rأول,1\r"ثاني",2\r'),
        ("a.tsv", "text\tn\rأول\t1\rثاني\t2\r"),
        ("a.jsonl", '{"text": "أول"}\r{"text": "ثاني"}\r'),
    ],
)
def test_carriage_returns_alone_end_lines(tmp_path, name, content):
    path = written(tmp_path / name, content)
    assert outcomes(path) == (["أول", "ثاني"], {})


def test_splits_go_by_their_usual_names(tmp_path):
    names = ["Train", "dev", "VALID", "val", "Test", "eval", "holdout"]
    path = written(
        tmp_path / "a.csv", "text,part\n" + "".join(f"نص {n},{n}\n" for n in [*names, ""])
    )
    columns = {"text": "text", "split": "part"}
    found = read(path, variety="egy", columns=columns)
    assert [item.split for item in found if isinstance(item, Sentence)] == [
        "train", "validation", "validation", "validation", "test", "evaluation",
    ]  # fmt: skip
    assert [item.reason for item in found[6:]] == ["unknown split 'holdout'", "unknown split ''"]
    own = {"Holdout": "evaluation", "": "train", "dev": "test"}
    found = read(path, variety="egy", columns=columns, splits=own)
    assert [found[n].split for n in (1, 6, 7)] == ["test", "evaluation", "train"]


WIDE = {"pse": "pse", "msa": "msa", "eng": "eng", "group": "id"}


def test_a_row_without_an_id_is_a_group_of_its_own(tmp_path):
    rows = "".join(
        f"{id_},شو {n},ماذا {n},what {n}\n" for n, id_ in enumerate(["", " ", "nan", "7"])
    )
    path = written(tmp_path / "a.csv", f"id,pse,msa,eng\n{rows}")
    options = {"columns": WIDE}
    assert [item.group for item in read(path, **options)[::3]] == [
        "a.csv:2",
        "a.csv:3",
        "a.csv:4",
        "7",
    ]
    frame = pd.DataFrame({"id": [None, None, 7], "pse": ["شو", "وين", "هون"]})
    frame = frame.assign(msa=["ماذا", "أين", "هنا"], eng=["what", "where", "here"])
    frame.to_parquet(tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet", **options)
    assert [item.group for item in found[::3]] == ["a.parquet:1", "a.parquet:2", "7"]


def test_an_id_stands_for_one_text_of_a_wide_table(tmp_path):
    rows = ["7,هون,هنا,here", "7,هون ,ههنا,here", "8,وين,أين,where", "7,هناك,هنالك,there"]
    path = written(tmp_path / "a.csv", "\n".join(["id,pse,msa,eng", *rows]))
    found = read(path, columns=WIDE)
    assert [item.line for item in found[:9:3]] == [2, 3, 4]
    assert [(item.line, item.reason) for item in found[9:]] == [
        (5, "repeated id with another text")
    ]
    # A file that numbers its rows for itself, and one with further translations.
    written(tmp_path / "b.csv", "id,pse,msa,eng\n7,لا,كلا,no\n8,وين,أين هو,where\n7,نعم,أجل,yes\n")
    found = [item for item in read(tmp_path, columns=WIDE) if item.file == "b.csv"]
    assert [item.group for item in found[:6:3]] == ["b.csv:7", "8"]
    assert [(item.line, item.reason) for item in found[6:]] == [
        (4, "repeated id with another text")
    ]
    # Of a column of texts an id may bind several, as a song does.
    long = written(tmp_path / "c.csv", "id,text\n7,هون\n7,هناك\n")
    assert outcomes(long, columns={"text": "text", "group": "id"}) == (["هون", "هناك"], {})


@pytest.mark.parametrize("value", [["نص"], {"a": "نص"}, 5, True, float("nan")])
def test_a_cell_that_is_no_text_is_a_reject(tmp_path, value):
    told = f"text is a {type(value).__name__}, expected text"
    line = json.dumps({"text": value, "level": "0.5"})
    path = written(tmp_path / "a.jsonl", line + '\n{"text": "نص", "level": [1]}\n{"text": null}\n')
    assert outcomes(path) == (["نص", ""], {1: told})
    columns = {"text": "text", "aldi": "level"}
    assert outcomes(path, columns=columns)[1] == {
        1: told, 2: "aldi is a list, expected text", 3: "lacks 'level'",
    }  # fmt: skip
    pq.write_table(pa.table({"pse": ["شو"], "eng": [value]}), tmp_path / "a.parquet")
    (good, bad) = read(tmp_path / "a.parquet", columns={"pse": "pse", "eng": "eng"})
    assert (good.text, bad.reason.split(" is ")[0]) == ("شو", "eng")


@pytest.mark.parametrize(
    "content", ["[" * 100_000, '{"text": ' + "1" * 5000 + "}", '{"text": "\\ud800"}']
)
def test_json_that_cannot_be_held_is_a_reject(tmp_path, content):
    path = written(tmp_path / "a.jsonl", content + '\n{"text": "\\ud83d\\ude42 نص"}\n')
    assert outcomes(path) == (["🙂 نص"], {1: "not a JSON object"})


def test_a_corrupt_page_is_told_in_one_line(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"text": [f"جملة {n}" for n in range(20_000)]}).to_parquet(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = b"\x5a" * 400
    path.write_bytes(content)
    with pytest.raises(LahjaError, match=r"a\.parquet: not a sound Parquet table \("):
        read(path, variety="egy")


@pytest.mark.parametrize("encoding", ["cp1256", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl"])
def test_a_table_of_another_encoding_is_refused_with_the_cure(tmp_path, name, encoding):
    line = '{"text": "نص آخر"}\n' if name == "a.jsonl" else "نص آخر\n"
    content = ("" if name == "a.jsonl" else "text\n") + 3 * line
    (tmp_path / name).write_bytes(content.encode(encoding))
    with pytest.raises(LahjaError, match=r"expected UTF-8 .*: save it as UTF-8"):
        read(tmp_path / name, variety="egy")


@pytest.mark.parametrize("first", ["", "sep=,\n"])
def test_excels_first_line_names_the_separator(tmp_path, first):
    path = written(tmp_path / "a.csv", f'{first}text,n\n"نعم, لا",1\n')
    assert outcomes(path) == (["نعم, لا"], {})
    path = written(tmp_path / "b.csv", "sep=;\r\ntext;n\r\nنعم, لا;1\r\n")
    assert outcomes(path) == (["نعم, لا"], {})
    assert read(path, variety="egy")[0].line == 3


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    path = written(tmp_path / "a.csv", "text,text\nنص,آخر\n")
    with pytest.raises(LahjaError, match=r"a\.csv: has more than one column 'text'"):
        read(path, variety="egy")


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
