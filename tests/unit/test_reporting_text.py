import pandas as pd

from lahja.core.artifacts import Column, Table
from lahja.report.formats import to_text

COLUMNS = [Column("model", "Model"), Column("why", "Why"), Column("x", "X", 1)]
ROWS = pd.DataFrame({"model": ["a", "llama"], "why": [None, None], "x": [1.25, None]})


def test_columns_are_aligned_and_empty_ones_left_out():
    assert to_text(Table("t", "Caption.", COLUMNS, ROWS, ["Note."])).splitlines() == [
        "Caption.",
        "",
        "Model    X",
        "a      1.2",
        "llama  n/a",
        "Note.",
    ]


def test_a_long_table_says_what_is_left_out():
    assert to_text(Table("t", "Caption.", COLUMNS, ROWS), 1).splitlines()[-1] == "… and 1 more rows"
