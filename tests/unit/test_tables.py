from random import Random

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lahja.core import tables
from lahja.core.errors import DamagedError, LahjaError
from lahja.core.tables import (
    DIALECTNESS,
    REJECTS,
    empty_table,
    read_by_folder,
    read_table,
    scan_tables,
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


def test_no_flipped_bit_is_read_as_other_data(tmp_path, expect_row):
    """Of pages and footer, by the pandas reader and by the scanning one."""
    rng, path = Random(7), tmp_path / "dialectness.parquet"
    frame = pd.DataFrame({"sentence_id": [f"s{n}" for n in range(300)], "aldi": 0.25})
    write_table(path, frame, DIALECTNESS)
    content, refused, same = path.read_bytes(), 0, 0
    length = int.from_bytes(content[-8:-4], "little")
    for number in range(400):
        place = rng.randrange(len(content))
        if number % 2:
            place = len(content) - 1 - rng.randrange(length + 8)
        flipped = bytearray(content)
        flipped[place] ^= 1 << rng.randrange(8)
        path.write_bytes(flipped)
        for read in (
            lambda: read_table(path, DIALECTNESS),
            lambda: scan_tables([path], DIALECTNESS).collect().to_pandas(),
        ):
            try:
                pd.testing.assert_frame_equal(read(), frame, check_dtype=False)
                assert number % 2 == 0, "a flipped bit of the footer went unnoticed"
                same += 1
            except DamagedError as error:
                assert error.path == path
                refused += 1
    assert refused > 700
    expect_row("a bit of a table (Parquet), each read in two ways", 800, refused, same, 0)


def test_a_table_of_an_older_run_is_read_as_it_is(tmp_path):
    path = tmp_path / "dialectness.parquet"
    pq.write_table(pa.table({"sentence_id": ["a"], "aldi": [0.5]}), path)
    assert read_table(path, DIALECTNESS)["aldi"].tolist() == [0.5]


@pytest.mark.parametrize(("written", "expected"), [(None, 2), (1, 2), (3, 2), (2, 1)])
def test_a_table_of_another_version_is_refused_with_what_to_do(tmp_path, written, expected):
    """One without a version is of the first."""
    path, of_version = tmp_path / "dialectness.parquet", {
        number: DIALECTNESS.with_metadata({"lahja.version": str(number)}) for number in (1, 2, 3)
    } | {None: DIALECTNESS.remove_metadata()}  # fmt: skip
    frame = pd.DataFrame({"sentence_id": ["a"], "aldi": [0.5]})
    write_table(path, frame, of_version[written])
    told = (
        rf"dialectness\.parquet: a table of version {written or 1}, expected {expected}; delete it"
    )
    for read in (read_table, lambda path, schema: scan_tables([path], schema)):
        with pytest.raises(LahjaError, match=told) as stop:
            read(path, of_version[expected])
        # It is whole, and not set aside by itself.
        assert not isinstance(stop.value, DamagedError)
        read(path, of_version[written or 1])


def test_every_schema_has_a_version_which_its_files_keep(tmp_path):
    schemas = [schema for schema in vars(tables).values() if isinstance(schema, pa.Schema)]
    assert len(schemas) > 20
    for number, schema in enumerate(schemas):
        path = tmp_path / f"{number}.parquet"
        write_table(path, empty_table(schema), schema)
        assert pq.read_schema(path).metadata[b"lahja.version"] == b"1"


def test_what_the_system_refuses_is_not_damaged(tmp_path):
    with pytest.raises(LahjaError, match="No such file") as stop:
        read_table(tmp_path / "none.parquet", DIALECTNESS)
    assert not isinstance(stop.value, DamagedError)
