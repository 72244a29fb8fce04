import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import (
    DIALECTNESS,
    REJECTS,
    empty_table,
    read_by_folder,
    read_table,
    write_table,
)


def test_a_table_comes_back_as_written(tmp_path):
    frame = pd.DataFrame(
        [{"corpus": "MADAR", "file": "a.tsv", "line": 3, "reason": "empty", "text": None}]
    )
    write_table(tmp_path / "rejects.parquet", frame, REJECTS)
    back = read_table(tmp_path / "rejects.parquet", REJECTS)
    assert back.to_dict("records") == frame.to_dict("records")
    assert back["text"][0] is None


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "dialectness.parquet"
    with pytest.raises(KeyError, match="aldi"):
        write_table(path, pd.DataFrame({"sentence_id": ["a"]}), DIALECTNESS)
    write_table(path, empty_table(DIALECTNESS), DIALECTNESS)
    with pytest.raises(LahjaError, match="lacks the column 'corpus'"):
        read_table(path, REJECTS)


def test_a_wrong_type_is_named(tmp_path):
    path = tmp_path / "dialectness.parquet"
    pq.write_table(pa.table({"sentence_id": ["a"], "aldi": ["much"]}), path)
    with pytest.raises(LahjaError, match="column 'aldi' is"):
        read_table(path, DIALECTNESS)


def test_what_is_no_table_is_refused(tmp_path):
    path = tmp_path / "rejects.parquet"
    path.write_text("nothing")
    with pytest.raises(LahjaError, match="not a Parquet table"):
        read_table(path, REJECTS)


def test_a_corrupt_page_is_told_in_one_line(tmp_path):
    path = tmp_path / "rejects.parquet"
    row = {"corpus": "own", "file": "a.tsv", "reason": "empty"}
    rows = [row | {"line": n, "text": f"سطر {n}"} for n in range(20_000)]
    write_table(path, pd.DataFrame(rows), REJECTS)
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(content[:half] + b"Z" * 400 + content[half + 400 :])
    with pytest.raises(LahjaError, match=r"rejects\.parquet: not a Parquet table \("):
        read_table(path, REJECTS)


def test_a_failed_write_leaves_the_old_table(tmp_path):
    path = tmp_path / "dialectness.parquet"
    write_table(path, pd.DataFrame({"sentence_id": ["a"], "aldi": [0.5]}), DIALECTNESS)
    with pytest.raises((TypeError, ValueError)):
        write_table(path, pd.DataFrame({"sentence_id": ["a"], "aldi": ["x"]}), DIALECTNESS)
    assert pq.read_table(path).num_rows == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_tables_by_folder_are_one_table_that_names_the_folders(tmp_path):
    for name, aldi in (("plain", 0.5), ("gated", 0.25)):
        frame = pd.DataFrame({"sentence_id": ["a"], "aldi": [aldi]})
        write_table(tmp_path / name / "train.parquet", frame, DIALECTNESS)
    paths = [tmp_path / name / "train.parquet" for name in ("plain", "gated")]
    table = read_by_folder(paths, DIALECTNESS, "dataset")
    assert dict(zip(table["dataset"], table["aldi"], strict=True)) == {"plain": 0.5, "gated": 0.25}
    assert list(read_by_folder([], DIALECTNESS, "dataset")) == ["sentence_id", "aldi", "dataset"]
