"""Ingestion: stable ids, and a reason for every row that is refused."""

from collections import Counter

import polars as pl
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import CORPUS, REJECTS, read_table, write_frame
from lahja.corpora.assembly import assemble
from lahja.corpora.ingest import corpus_path, fault, ingest_corpus

LIMITS = (1, 5)


@pytest.mark.parametrize(
    ("text", "variety", "reason"),
    [
        ("شو بدك اليوم", "syr", None),
        ("", "syr", "empty"),
        ("NaN", "eng", "empty"),
        ("Nan came", "eng", None),
        ("نص \ufffd مكسور", "syr", "undecodable character"),
        ("12, 13!", "syr", "no letters"),
        ("bghit nmshi", "mar", "not in Arabic script"),
        ("USER شو URL", "syr", None),
        ("شو هاد", "eng", "not in Latin script"),
        ("What is this?", "eng", None),
        ("واحد اتنين تلاتة أربعة خمسة ستة", "egy", "more than 5 words"),
    ],
)
def test_fault(text, variety, reason):
    assert fault(text, variety, LIMITS) == reason


def test_sentences_of_no_variety_of_ours_can_be_kept_as_other(tmp_path):
    rows = ["text,country", "شو بدك,Palestine", "شو بدك هسا,Jordan", "شكو,Iraq", "hello,Jordan"]
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    options = {"columns": {"text": "text", "variety": "country"}}
    options |= {"labels": {"Palestine": "pse", "Jordan": "other"}}
    corpus = {"reader": "table", "options": options, "role": "train"}
    kept, refused = ingest("t", corpus, tmp_path)
    assert kept.select("variety", "text").rows() == [("pse", "شو بدك"), ("other", "شو بدك هسا")]
    assert refused["reason"].to_list() == ["not in Arabic script"]
    everyone = {"roles": {"t": "train"}, "seed": 1, "near_duplicate_similarity": 0.9}
    everyone |= {"validation_share": 0.0, "test_share": 0.0}
    data = assemble(kept.lazy(), pl.from_arrow(REJECTS.empty_table()), {}, **everyone)
    assert data.sentences.collect()["variety"].to_list() == ["pse", "other"]


def test_too_short():
    assert fault("تمام", "egy", (2, 200)) == "fewer than 2 words"


def ingest(name, corpus, folder):
    return ingest_corpus(name, corpus, folder, 1, 200)


def lines(tmp_path, *texts, name="demo"):
    (tmp_path / "a.txt").write_text("\n".join(texts), encoding="utf-8")
    corpus = {"reader": "lines", "options": {"variety": "pse"}, "role": "train"}
    return ingest(name, corpus, tmp_path)


def test_ingest_normalises_and_refuses_with_reasons(tmp_path):
    kept, refused = lines(tmp_path, "شـــو  هاد", "hello there", "شو هاد", "وينك\u200f")
    assert list(kept["text"]) == ["شو هاد", "وينك"]
    assert list(kept["n_words"]) == [2, 1]
    assert list(kept["group_id"]) == ["demo:a.txt:1", "demo:a.txt:4"]
    assert [tuple(row) for row in refused.rows()] == [
        ("demo", "a.txt", 2, "not in Arabic script", "hello there"),
        ("demo", "a.txt", 3, "duplicate", "شو هاد"),
    ]
    write_frame(tmp_path / "kept.parquet", kept, CORPUS)
    write_frame(tmp_path / "refused.parquet", refused, REJECTS)
    assert read_table(tmp_path / "kept.parquet", CORPUS)["split"].isna().all()


def test_ids_do_not_hang_on_the_order(tmp_path):
    first, _ = lines(tmp_path, "شو هاد", "وينك")
    second, _ = lines(tmp_path, "جديد هون", "وينك", "شو هاد")
    assert set(first["sentence_id"]) < set(second["sentence_id"])
    assert all(i.startswith("demo:pse:") for i in second["sentence_id"])


def test_translations_survive_as_duplicates_of_other_groups(tmp_path):
    (tmp_path / "e.txt").write_text("Fine.\nFine.\nFine.\n", encoding="utf-8")
    (tmp_path / "p.txt").write_text("منيح\nتمام\nمنيح\n", encoding="utf-8")
    options = {"files": {"pse": "p.txt", "eng": "e.txt"}}
    kept, refused = ingest("demo", {"reader": "bitext", "options": options}, tmp_path)
    assert Counter(kept["group_id"]) == {"demo:1": 2, "demo:2": 2}
    assert list(refused["reason"]) == ["duplicate", "duplicate"]
    assert kept["sentence_id"].is_unique().all()


def test_a_further_dialects_translations_leave_the_ids_as_they_are(tmp_path, tunisian):
    files = {"eng": "Fine.\nFine.\n", "pse": "منيح\nتمام\n", "tun": "باهي\nباهي\n"}
    for code, text in files.items():
        (tmp_path / code).write_text(text, encoding="utf-8")
    ids = []
    for codes in (("eng", "pse"), ("eng", "pse", "tun")):
        corpus = {"reader": "bitext", "options": {"files": {code: code for code in codes}}}
        kept, _ = ingest("demo", corpus, tmp_path)
        assert Counter(kept["variety"]) == dict.fromkeys(codes, 2)
        ids.append(kept.filter(pl.col("variety") != "tun")["sentence_id"].to_list())
    assert ids[0] == ids[1]


def test_a_text_stays_in_each_split(tmp_path):
    header = "sentID.BTEC\tsplit\tlang\tsent\n"
    rows = "1\tcorpus-6-train\tJER\tتمام\n2\tcorpus-6-test-corpus-26-test\tJER\tتمام\n"
    (tmp_path / "MADAR.corpus.Jerusalem.tsv").write_text(header + rows, encoding="utf-8")
    corpus = {"reader": "madar", "options": {"varieties": ["pse"]}}
    kept, refused = ingest("madar", corpus, tmp_path)
    assert list(kept["split"]) == ["train", "evaluation"]
    assert refused.is_empty()
    assert refused.columns == REJECTS.names


def test_faults_name_the_corpus(tmp_path):
    corpus = {"reader": "lines", "options": {"variety": "pse"}}
    with pytest.raises(LahjaError, match="corpus demo: reader 'al-qasida-prompts' does not suit"):
        ingest("demo", corpus | {"reader": "al-qasida-prompts"}, tmp_path)
    with pytest.raises(LahjaError, match=r"corpus demo: .*absent: no file matches \*\.txt"):
        ingest("demo", corpus, tmp_path / "absent")
    with pytest.raises(LahjaError, match="corpus demo: reader lines: variety: missing"):
        ingest("demo", {"reader": "lines", "options": {}}, tmp_path)
    with pytest.raises(LahjaError, match=r"nothing usable in .*: 2 rows not in Arabic script"):
        lines(tmp_path, "hello", "there")


def test_the_demos_corpora_share_a_folder(tmp_path):
    entry = {"access": "demo", "path": "NADI/a.tsv"}
    assert corpus_path(tmp_path, entry) == tmp_path / "NADI" / "a.tsv"


def test_a_retrieved_corpus_is_its_folder_or_the_file_in_it(tmp_path):
    assert corpus_path(tmp_path, {"access": "local", "path": "MADAR/corpus"}) == tmp_path
    (tmp_path / "a.tsv").touch()
    assert corpus_path(tmp_path, {"access": "hub", "path": "data/a.tsv"}) == tmp_path / "a.tsv"
