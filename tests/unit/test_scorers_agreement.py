"""Agreement of scorers with their teachers."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from lahja.scorers.agreement import (
    accuracy,
    adi2_comparisons,
    agreement_table,
    aldi_comparisons,
    bias,
    country_comparisons,
    label_comparisons,
    mae,
    spearman,
)
from lahja.statistics import Resampling
from lahja.tables import SCORER_AGREEMENT, write_table
from lahja.varieties import NADI_COUNTRIES

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


def everything(rows: pd.DataFrame) -> np.ndarray:
    return np.array([np.full(18, 1 / 18) if c is None else c for c in rows["countries"]])


def test_spearman_is_scipys_with_ties_and_on_a_resample() -> None:
    generator = np.random.default_rng(0)
    left, right = generator.integers(0, 5, 30), generator.integers(0, 5, 30)
    counts = np.stack([np.ones(30), generator.multinomial(30, np.full(30, 1 / 30))]).astype(int)
    found = spearman(left, right, counts)
    assert found[0] == pytest.approx(spearmanr(left, right)[0])
    drawn = np.repeat(np.arange(30), counts[1])
    assert found[1] == pytest.approx(spearmanr(left[drawn], right[drawn])[0])
    assert np.isnan(spearman(np.zeros(30), right, counts)).all()


def test_means_of_a_resample() -> None:
    said, wanted = np.array([0.0, 0.5, 1.0]), np.array([0.0, 1.0, 0.0])
    counts = np.array([[1, 1, 1], [0, 3, 0]])
    assert mae(said, wanted, counts) == pytest.approx([0.5, 0.5])
    assert bias(said, wanted, counts) == pytest.approx([1 / 6, -0.5])
    assert accuracy(said, wanted, counts) == pytest.approx([1 / 3, 0])


def test_every_measure_of_all_and_of_each_variety(rows: pd.DataFrame, tmp_path) -> None:
    aldi = rows["aldi"].to_numpy() * 0.5 + 0.1
    comparisons = aldi_comparisons(rows, aldi, "a teacher")
    comparisons += country_comparisons(rows, everything(rows), "another")
    comparisons += adi2_comparisons(rows, aldi, everything(rows), "both")
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
    assert set(table["teacher"]) == {"a teacher", "another", "both"}


def test_answers_to_one_prompt_are_drawn_together(rows: pd.DataFrame) -> None:
    said = np.repeat(np.random.default_rng(3).random(N // 2) < 0.5, 2)
    wanted = np.ones(N, dtype=bool)
    grouped = label_comparisons(rows, said, wanted, "language", "t")
    alone = label_comparisons(
        rows.assign(group_id=[str(n) for n in range(N)]), said, wanted, "language", "t"
    )
    widths = []
    for comparison in (grouped, alone):
        row = agreement_table(comparison, RESAMPLING, 0.95).iloc[0]
        widths.append(row["high"] - row["low"])
    assert widths[0] > 1.2 * widths[1]


def test_what_no_teacher_knows_is_not_compared(rows: pd.DataFrame) -> None:
    unknown = rows.assign(aldi=np.nan, p_country=np.nan, countries=None)
    assert aldi_comparisons(unknown, np.zeros(N), "t") == []
    assert country_comparisons(unknown, everything(rows), "t") == []
    assert [*agreement_table([], RESAMPLING, 0.95).columns] == SCORER_AGREEMENT.names
