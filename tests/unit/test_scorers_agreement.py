"""Agreement of scorers with their teachers."""

import numpy as np
import pandas as pd
import pytest

from lahja.core.statistics import Resampling
from lahja.core.tables import SCORER_AGREEMENT, write_table
from lahja.core.varieties import NADI_COUNTRIES
from lahja.evaluation.scorer_agreement import (
    Comparison,
    adi2_comparison,
    agreement_table,
    country_comparisons,
)

N = 60
RESAMPLING = Resampling(200, 0)


@pytest.fixture
def rows() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    countries = generator.dirichlet(np.ones(18), N)
    varieties = np.where(np.arange(N) < 40, "egy", "mar")
    wanted = [NADI_COUNTRIES.index("Egypt" if v == "egy" else "Morocco") for v in varieties]
    return pd.DataFrame(
        {
            "variety": varieties,
            "group_id": [str(n // 2) for n in range(N)],
            "aldi": generator.random(N).round(1),
            "p_country": countries[np.arange(N), wanted],
            "countries": [row if n % 2 else None for n, row in enumerate(countries)],
        }
    )


def aldi_comparison(rows: pd.DataFrame, found: np.ndarray, teacher: str = "t") -> Comparison:
    return Comparison("aldi", teacher, rows, found, rows["aldi"].to_numpy(dtype=float))


def label_comparison(rows: pd.DataFrame, found: np.ndarray) -> Comparison:
    return Comparison("language", "t", rows, found, np.ones(N, dtype=bool), is_label=True)


def everything(rows: pd.DataFrame) -> np.ndarray:
    return np.array([np.full(18, 1 / 18) if c is None else c for c in rows["countries"]])


def test_labels_and_numbers_have_their_measures(rows: pd.DataFrame) -> None:
    found = rows["aldi"].to_numpy() + 0.25
    numbers = agreement_table([aldi_comparison(rows, found)], RESAMPLING, 0.95)
    values = numbers[numbers["group"] == "all"].set_index("measure")["value"]
    assert values.to_dict() == pytest.approx({"spearman": 1, "mae": 0.25, "bias": 0.25})
    labels = np.arange(N) < 45
    right = label_comparison(rows, labels)
    assert agreement_table([right], RESAMPLING, 0.95)["value"].tolist() == [0.75, 1.0, 0.25]


def test_every_measure_of_all_and_of_each_variety(rows: pd.DataFrame, tmp_path) -> None:
    aldi = rows["aldi"].to_numpy() * 0.5 + 0.1
    comparisons = [aldi_comparison(rows, aldi, "a teacher")]
    comparisons += country_comparisons(rows, everything(rows))
    comparisons.append(adi2_comparison(rows, aldi, everything(rows)))
    table = agreement_table(comparisons, RESAMPLING, 0.95)
    write_table(tmp_path / "agreement.parquet", table, SCORER_AGREEMENT)
    by = table.set_index(["scorer", "measure", "group"])
    assert by.loc[("aldi", "spearman", "all"), "value"] == pytest.approx(1)
    assert by.loc[("aldi", "mae", "egy"), "n"] == 40
    assert by.loc[("country", "accuracy", "all"), "value"] == 1
    assert by.loc[("country", "accuracy", "all"), "n"] == N // 2
    assert by.loc[("country", "mae_p_country", "all"), "n"] == N
    assert {"mae", "spearman", "bias"} == set(table["measure"][table["scorer"] == "adi2"])
    assert (table["low"] <= table["value"] + 1e-9).all()
    assert (table["value"] <= table["high"] + 1e-9).all()
    told = "recorded with AL-QASIDA's outputs"
    teachers = {"a teacher", f"NADI2024-baseline, {told}", f"ADI2, {told}"}
    assert set(table["teacher"]) == teachers


def test_answers_to_one_prompt_are_drawn_together(rows: pd.DataFrame) -> None:
    said = np.repeat(np.random.default_rng(3).random(N // 2) < 0.5, 2)
    grouped = label_comparison(rows, said)
    alone = label_comparison(rows.assign(group_id=[str(n) for n in range(N)]), said)
    widths = []
    for comparison in (grouped, alone):
        row = agreement_table([comparison], RESAMPLING, 0.95).iloc[0]
        widths.append(row["high"] - row["low"])
    assert widths[0] > 1.2 * widths[1]


def test_what_no_teacher_knows_is_not_compared(rows: pd.DataFrame) -> None:
    unknown = rows.assign(aldi=np.nan, p_country=np.nan, countries=None)
    comparisons = [aldi_comparison(unknown, np.zeros(N))]
    comparisons += country_comparisons(unknown, everything(rows))
    for found in ([], comparisons):
        table = agreement_table(found, RESAMPLING, 0.95)
        assert not len(table)
        assert [*table.columns] == SCORER_AGREEMENT.names
