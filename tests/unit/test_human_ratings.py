"""Filled sheets: read back from both forms, every fault told in one line, figures from known data."""

import ast
import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from scipy.stats import spearmanr

from lahja.cli import main as lahja
from lahja.cli.ratings import (
    agreement_table,
    annotators_table,
    correlation_table,
    means_table,
    ordinal_alpha,
    rated_items,
)
from lahja.core.artifacts import read_artifact
from lahja.core.errors import LahjaError
from lahja.core.statistics import Resampling, resample_counts
from lahja.core.tables import GENERATIONS, write_table
from lahja.evaluation.human.ratings import COLUMNS, annotator_of, read_ratings
from lahja.evaluation.human.sheets import MEASURES, write_key, write_sheets

RESAMPLING = Resampling(200, 1)
RESPONSES = ("هروح بكرة الصبح", "- أيوه\n- لا", '=cmd|"x"', "")
# The example with missing values of Krippendorff (2011), "Computing Krippendorff's
# Alpha-Reliability": four observers (rows), twelve units, 0 for no value. Its ordinal alpha is 0.815.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)


@pytest.fixture(scope="module")
def key() -> pd.DataFrame:
    """Twelve items in two dialects: two models, two tasks, three prompts."""
    rows = [
        {
            "item": f"r{dialect}{task[0]}{model}{n}", "dialect": dialect, "task": task,
            "model": model, "prompt_id": f"p{n}", "corpus": "made", "source_variety": None,
            "prompt": f"قول حاجة {n}", "response": RESPONSES[(n + len(model)) % 4],
            "adi2": n / 10 + 0.05 * len(model), "adi2_macro": 0.5, "aldi": 0.1 * n,
            "chrf_plus_plus": 20.0 + n if task == "translation" else None,
        }
        for dialect in ("egy", "mar")
        for task in ("monolingual", "translation")
        for model in ("a", "bb")
        for n in range(3)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def run(key: pd.DataFrame, tmp_path: Path) -> Path:
    """A folder with the key, and sheets to fill in."""
    write_sheets(tmp_path / "sheets", key, ["egy", "mar"])
    write_key(tmp_path / "key.parquet", tmp_path / "key.csv", key)
    return tmp_path


def fill_csv(sheet: Path, to: Path, change=lambda rows: None, delimiter: str = ",") -> Path:
    """Fill a sheet with 3 everywhere, change its rows, and save it as another file."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for measure in MEASURES:
            row[measure.name] = "3" if row["task"] in measure.tasks else ""
    change(rows)
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return to


def fill_workbook(sheet: Path, to: Path, ratings: dict[str, object]) -> Path:
    """Fill cells of a workbook's ratings by their name, and save it as another file."""
    book = load_workbook(sheet)
    for name, value in ratings.items():
        book["Ratings"][name] = value
    to.parent.mkdir(parents=True, exist_ok=True)
    book.save(to)
    return to


def test_ratings_come_back_from_csv_and_workbook(run, key):
    sheets = run / "sheets"
    fill_csv(sheets / "egy.csv", run / "in" / "egy-mona.csv")
    fill_csv(sheets / "egy.csv", run / "in" / "ali" / "egy.csv", delimiter=";")
    fill_workbook(sheets / "egy.xlsx", run / "in" / "egy-sami.xlsx", {"G2": 4, "H2": "٢"})
    table, notes = read_ratings([run / "in"], run / "key.parquet")
    assert list(table.columns) == COLUMNS
    assert set(table["annotator"]) == {"mona", "ali", "sami"}
    assert set(table.loc[table["annotator"] == "mona", "rating"]) == {3.0}
    sami = table[(table["annotator"] == "sami") & table["rating"].notna()]
    assert dict(zip(sami["measure"], sami["rating"], strict=True)) == {
        "Fluency": 4, "Dialectal Accuracy": 2,
    }  # fmt: skip
    assert set(sami["item"]) == {key["item"][0]}
    missing = annotators_table(table).rows.set_index("annotator")
    assert missing.loc["sami", ["items", "ratings", "missing"]].tolist() == [12, 2, 34]
    assert missing.loc["ali", ["items", "ratings", "missing"]].tolist() == [12, 36, 0]
    assert notes == ["12 of the key's 24 items are not rated."]


def test_a_sheet_without_ratings_is_left_out_with_a_note(run):
    fill_csv(run / "sheets" / "mar.csv", run / "sheets" / "mar-mona.csv")
    table, notes = read_ratings([run / "sheets"], run / "key.parquet")
    assert set(table["annotator"]) == {"mona"}
    assert sum("nothing rated" in note for note in notes) == 4


def _set(column, value, place=1):
    return lambda rows: rows[place].update({column: value})


def _delete(column):
    return lambda rows: [row.pop(column) for row in rows]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("item", "r0"), "row 3: unknown item 'r0', expected one of the key's"),
        (lambda rows: rows.insert(1, rows[0]), "row 3: mona rated item regyma0 in"),
        (_set("Fluency", "6"), "row 3: Fluency is '6', expected a whole number from 1 to 5"),
        (_set("Fluency", "0"), "row 3: Fluency is '0', expected a whole number from 1 to 5"),
        (_set("Fluency", "3.5"), "row 3: Fluency is '3.5', expected a whole number from 1 to 5"),
        (_set("Fluency", "nan"), "row 3: Fluency is 'nan', expected a whole number from 1 to 5"),
        (_set("Fluency", "good"), "row 3: Fluency is 'good', expected a whole number"),
        (_set("Adherence", "4"), "row 3: Adherence is '4', expected a whole number from 1 to 3"),
        (_set("Adequacy", "4"), "row 3: Adequacy is not asked for in monolingual"),
        (_set("response", "حاجة تانية"), "row 3: the response of item regyma1 was changed"),
        (_delete("Fluency"), "lacks the column 'Fluency'"),
        (_delete("item"), "no header with the column 'item' or 'Completion'"),
    ],
)
def test_a_fault_is_one_line_that_names_file_and_row(run, change, message):
    path = fill_csv(run / "sheets" / "egy.csv", run / "egy-mona.csv", change)
    with pytest.raises(LahjaError) as fault:
        read_ratings([path], run / "key.parquet")
    assert str(fault.value).startswith(f"{path}: ")
    assert message in str(fault.value)
    assert "\n" not in str(fault.value)


def test_an_item_rated_in_two_files_by_one_annotator_is_refused(run):
    fill_csv(run / "sheets" / "egy.csv", run / "in" / "egy-mona.csv")
    fill_csv(run / "sheets" / "egy.csv", run / "in" / "mona.csv", _set("Fluency", "4", 5))
    with pytest.raises(LahjaError, match=r"mona\.csv: row 2: mona rated item .* already"):
        read_ratings([run / "in"], run / "key.parquet")


@pytest.mark.parametrize(
    "copy", ["egy-mona (1)", "egy-mona - Copy", "egy-mona - نسخة (2)", "mona/egy"]
)
def test_the_same_sheet_is_counted_once_and_named(run, copy):
    first = fill_csv(run / "sheets" / "egy.csv", run / "in" / "egy-mona.csv")
    second = fill_csv(run / "sheets" / "egy.csv", run / "in" / f"{copy}.csv", delimiter=";")
    table, notes = read_ratings([first, second], run / "key.parquet")
    assert annotators_table(table).rows[["annotator", "ratings"]].to_numpy().tolist() == [
        ["mona", 36]
    ]
    assert notes[0] == f"{second}: the same as {first}, counted once."
    fill_csv(run / "sheets" / "egy.csv", second, _set("Fluency", "4"))
    with pytest.raises(LahjaError, match=r"mona rated item .* already"):
        read_ratings([first, second], run / "key.parquet")


def test_a_copied_workbook_is_nobody_elses_ratings(run):
    first = fill_workbook(run / "sheets" / "egy.xlsx", run / "in" / "egy-mona.xlsx", {"G2": 4})
    second = shutil.copy(first, run / "in" / "egy-ali.xlsx")
    table, notes = read_ratings([first, second], run / "key.parquet")
    assert set(table["annotator"]) == {"mona"}
    assert notes[0] == f"{second}: the same as {first}, counted once."


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("=2+2", "Ratings!G2: =2+2 was never calculated: open the file in a spreadsheet program"),
        ("#N/A", "row 2: Fluency is '#N/A', expected a whole number from 1 to 5"),
    ],
)
def test_a_formula_without_a_value_is_no_empty_cell(run, value, message):
    path = fill_workbook(run / "sheets" / "egy.xlsx", run / "egy-mona.xlsx", {"G2": value, "G3": 4})
    with pytest.raises(LahjaError) as fault:
        read_ratings([path], run / "key.parquet")
    assert str(fault.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("first", ["", "sep=;\n", '"sep=;"\r\n'])
def test_csv_as_excel_writes_it_is_read(run, encoding, first):
    path = fill_csv(run / "sheets" / "egy.csv", run / "egy-mona.csv", delimiter=";")
    text = path.read_text(encoding="utf-8-sig")
    path.write_bytes((first + text).encode(encoding))
    assert set(read_ratings([path], run / "key.parquet")[0]["rating"]) == {3}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("egy.csv", "item\nسلام\n".encode("cp1256"), "not UTF-8 at byte 5: save it as 'CSV UTF-8'"),
        ("egy.csv", b"", "not CSV (No columns to parse from file)"),
        (
            "egy.csv",
            b"item,response\nr1,a,b\n",
            "not CSV (Error tokenizing data. C error: Expected 2 fields in line 2, saw 3)",
        ),
        ("egy.csv", b'item,comment\nr1,"a\nr2,b\nr3,"c"\n', "not CSV (',' expected after '\"')"),
        ("egy.xlsx", b"not a zip file", "not an Excel workbook"),
        ("egy.xlsx", b"\xd0\xcf\x11\xe0 encrypted", "not an Excel workbook without a password"),
        ("egy.ods", b"", "expected a file that ends in .csv or .xlsx"),
    ],
)
def test_what_is_no_sheet_is_refused(run, name, content, message):
    path = run / name
    path.write_bytes(content)
    with pytest.raises(LahjaError) as fault:
        read_ratings([path], run / "key.parquet")
    assert message in str(fault.value)
    assert "\n" not in str(fault.value)


def test_missing_files_ratings_and_keys_are_told(run):
    with pytest.raises(LahjaError, match=r"none\.csv: no such file"):
        read_ratings([run / "none.csv"], None)
    (run / "empty").mkdir()
    with pytest.raises(LahjaError, match="no file in it ends in"):
        read_ratings([run / "empty"], None)
    with pytest.raises(LahjaError, match=r"egy\.csv: whose answers .* --key"):
        read_ratings([run / "sheets"], None)
    with pytest.raises(LahjaError, match="not one rating"):
        read_ratings([run / "sheets"], run / "key.parquet")
    with pytest.raises(LahjaError, match="no file: not one rating"):
        read_ratings([], None)


@pytest.mark.parametrize(
    ("path", "annotator"),
    [
        ("in/egy-mona.xlsx", "mona"),
        ("in/egy_Umm Ali.csv", "Umm Ali"),
        ("mona/egy.csv", "mona"),
        ("in/mona.csv", "mona"),
        ("in/egyptian.csv", "egyptian"),
        ("in/egy-mona (1).xlsx", "mona"),
        ("in/Copy of egy-mona.xlsx", "mona"),
        ("in/egy-mona copy 2.xlsx", "mona"),
        ("in/egy-mona2.xlsx", "mona2"),
    ],
)
def test_the_annotator_is_in_the_name(path, annotator):
    assert annotator_of(Path(path)) == annotator


def test_a_column_names_the_annotator_before_the_file_does(run):
    path = fill_csv(
        run / "sheets" / "egy.csv", run / "egy-mona.csv",
        lambda rows: [row.update(annotator="ali" if n else "") for n, row in enumerate(rows)],
    )  # fmt: skip
    table = read_ratings([path], run / "key.parquet")[0]
    assert table.groupby("annotator")["item"].nunique().to_dict() == {"ali": 11, "mona": 1}


# --- figures ----------------------------------------------------------------------------------


def made_ratings(rows: list[dict]) -> pd.DataFrame:
    """Return ratings of one dialect, task and model unless a row says otherwise."""
    common = {"dialect": "egy", "task": "translation", "model": "a", "measure": "Fluency"}
    return pd.DataFrame([common | row for row in rows]).reindex(columns=COLUMNS)


def observed(rows=OBSERVERS) -> pd.DataFrame:
    return made_ratings(
        [
            {"annotator": f"o{who}", "item": f"u{unit:02}", "rating": value or np.nan}
            for who, values in enumerate(rows)
            for unit, value in enumerate(values)
        ]
    )


def test_alpha_is_the_published_one():
    table = agreement_table(observed(), RESAMPLING, 0.95)
    (row,) = table.records()
    assert row["alpha"] == pytest.approx(0.815, abs=5e-4)
    assert row["alpha_low"] < row["alpha"] < row["alpha_high"] <= 1
    # Unit 12 has one value, which nothing can be paired with.
    assert (row["annotators"], row["items"]) == (4, 11)


@pytest.mark.parametrize(
    ("counts", "alpha"),
    [
        ([[2, 0], [0, 2]], 1.0),
        ([[2, 0], [2, 0]], np.nan),
        ([[1, 0], [0, 1]], np.nan),
        # Two units, always apart: 1 - 1 / (8 / 12).
        ([[1, 1], [1, 1]], -0.5),
    ],
)
def test_alpha_of_small_tables(counts, alpha):
    assert ordinal_alpha(np.array(counts)) == pytest.approx(alpha, nan_ok=True)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (OBSERVERS[:1], "one annotator"),
        (((1, 0), (0, 2)), "no item has two ratings"),
        (((4, 4), (4, 4)), "all ratings are equal"),
    ],
)
def test_alpha_that_does_not_exist_has_a_reason(rows, reason):
    table = agreement_table(observed(rows), RESAMPLING, 0.95)
    (row,) = table.records()
    assert row["reason"] == reason
    assert table.cell(row, table.columns[4]) == "n/a"


def test_an_item_counts_once_however_many_rated_it():
    ratings = made_ratings(
        [
            {"annotator": "x", "item": "1", "rating": 5},
            {"annotator": "y", "item": "1", "rating": 4},
            {"annotator": "x", "item": "2", "rating": 1},
            {"annotator": "y", "item": "2", "rating": np.nan},
        ]
    ).assign(adi2=[0.2, 0.2, 0.6, 0.6])
    (row,) = means_table(rated_items(ratings), RESAMPLING, 0.95).records()
    assert row["items"] == row["fluency_n"] == 2
    assert row["fluency"] == pytest.approx((4.5 + 1) / 2)
    assert row["adi2"] == pytest.approx(0.4)
    assert (row["fluency_low"], row["fluency_high"]) == pytest.approx((1, 4.5))
    assert "adequacy" not in row


def test_correlations_over_responses_and_models():
    generator = np.random.default_rng(0)
    rows = [
        {"annotator": "x", "item": f"{m}{n}", "model": m, "rating": n % 5 + 1,
         "adi2": n % 5 + generator.normal(0, 0.01) + place, "aldi": 0.5}
        for place, m in enumerate("abcd")
        for n in range(20)
    ]  # fmt: skip
    table = correlation_table(rated_items(made_ratings(rows)), RESAMPLING, 0.95).rows
    fluency = table[(table["measure"] == "Fluency") & (table["score"] == "ADI2")]
    of_a = fluency[(fluency["model"] == "a")].iloc[0]
    assert of_a["spearman"] > 0.95
    assert of_a["spearman_low"] <= of_a["spearman"] <= of_a["spearman_high"]
    models = fluency[fluency["level"] == "model"].iloc[0]
    assert models["n"] == 4
    assert models["reason"] == "all ratings are equal"
    constant = table[table["score"] == "ALDi"].iloc[0]
    assert constant["reason"] == "all scores are equal"
    few = correlation_table(rated_items(made_ratings(rows[:2])), RESAMPLING, 0.95).rows
    assert set(few["reason"]) == {"fewer than 3"}


def test_the_interval_is_that_of_resampling_done_the_slow_way():
    generator = np.random.default_rng(2)
    rows = [
        {"annotator": "x", "item": f"{n:02}", "rating": generator.integers(1, 6), "adi2": generator.random()}
        for n in range(25)
    ]  # fmt: skip
    items = rated_items(made_ratings(rows))
    (row,) = correlation_table(items, RESAMPLING, 0.9).records()
    slow = [
        spearmanr(np.repeat(items["Fluency"], drawn), np.repeat(items["adi2"], drawn)).statistic
        for drawn in resample_counts(25, RESAMPLING.resamples, RESAMPLING.seed)
    ]
    assert (row["spearman_low"], row["spearman_high"]) == pytest.approx(
        np.percentile(slow, [5, 95])
    )


def test_a_handful_gets_no_interval():
    rows = [{"annotator": "x", "item": str(n), "rating": n + 1, "adi2": n} for n in range(5)]
    (row,) = correlation_table(rated_items(made_ratings(rows)), RESAMPLING, 0.95).records()
    assert (row["spearman"], row["kendall"]) == pytest.approx((1, 1))
    assert "spearman_p" not in row


# --- the command ------------------------------------------------------------------------------


def test_the_command_prints_and_writes_the_tables(run, capsys):
    for name, rating in (("mona", "4"), ("ali", "5")):
        fill_csv(
            run / "sheets" / "egy.csv", run / "in" / f"egy-{name}.csv",
            lambda rows, rating=rating: [row.update(Fluency=rating) for row in rows[::2]],
        )  # fmt: skip
    lahja(["ratings", str(run / "in"), "--key", str(run / "key.parquet"), "--output", str(run)])
    shown = capsys.readouterr().out
    assert "Krippendorff's alpha" in shown
    assert "12 of the key's 24 items are not rated." in shown
    for name in ("human_annotators", "human_means", "human_agreement", "human_correlations"):
        assert len(read_artifact(run / f"{name}.parquet").rows)
        assert (run / f"{name}.csv").is_file()


def test_ratings_of_an_llm_are_compared_with_those_of_people(run, key):
    said = [
        json.dumps(dict.fromkeys(("dialect", "fluency", "adequacy", "coherence"), 1 + n % 5))
        for n in range(3)
    ]
    replies = pd.DataFrame(
        {"prompt_id": [f"{m}\np{n}" for m in ("a", "bb") for n in range(3)], "response": said * 2}
    ).reindex(columns=GENERATIONS.names)
    write_table(run / "judged.parquet", replies, GENERATIONS)
    sheet = fill_csv(run / "sheets" / "egy.csv", run / "in" / "egy-mona.csv")
    ratings, _ = read_ratings([sheet], run / "key.parquet", run / "judged.parquet")
    expected = key.set_index("item")["prompt_id"].str[1:].astype(float) + 1
    assert (ratings["judge_fluency"] == ratings["item"].map(expected)).all()
    table = correlation_table(rated_items(ratings), RESAMPLING, 0.95).rows
    assert "LLM: dialect" in {*table["score"]}
    plain, _ = read_ratings([sheet], run / "key.parquet")
    assert "LLM: dialect" not in {
        *correlation_table(rated_items(plain), RESAMPLING, 0.95).rows["score"]
    }


def test_the_command_tells_a_fault_in_one_line(run):
    path = fill_csv(run / "sheets" / "egy.csv", run / "egy-mona.csv", _set("Fluency", "9"))
    with pytest.raises(SystemExit) as stop:
        lahja(["ratings", str(path), "--key", str(run / "key.parquet")])
    assert stop.value.code.startswith(f"lahja: {path}: row 3: Fluency is '9'")


# --- AL-QASIDA's layout -----------------------------------------------------------------------

ALQASIDA_HEADER = (
    "Unnamed: 0,Prompt,Completion,Model,Dialect,Adherence,Fluency,Dialectal Accuracy,TVD"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0,سؤال,جواب,m,egy,2,5,4,much", "row 2: TVD is 'much', expected a number"),
        ("0,سؤال,جواب,m,xyz,2,5,4,0.5", "row 2: unknown variety 'xyz'"),
        ("0,سؤال,جواب,m,egy,5,5,4,0.5", "row 2: Adherence is '5', expected a whole number from 1"),
    ],
)
def test_faults_in_al_qasidas_layout_are_told(tmp_path, content, message):
    path = tmp_path / "egy_monolingual_humeval.csv"
    path.write_text(f"{ALQASIDA_HEADER}\n{content}\n", encoding="utf-8")
    with pytest.raises(LahjaError) as fault:
        read_ratings([path], None)
    assert str(fault.value).startswith(f"{path}: {message}")


@pytest.fixture(scope="module")
def humevals(corpora: Path) -> Path:
    return corpora / "al-qasida" / "humevals" / "results"


@pytest.fixture(scope="module")
def real(humevals: Path) -> pd.DataFrame:
    return read_ratings([humevals], None)[0]


def test_al_qasidas_averages_are_ours(humevals, real):
    """Every mean and every correlation of ADI2 with dialectal accuracy that its authors give."""
    items = rated_items(real)
    assert (len(items), int(real["rating"].count()), int(real["rating"].isna().sum())) == (
        250,
        750,
        0,
    )
    means = means_table(items, RESAMPLING, 0.95).rows.set_index(["task", "model"])
    correlations = correlation_table(items, RESAMPLING, 0.95).rows
    correlations = correlations[
        (correlations["level"] == "response") & (correlations["measure"] == "Dialectal Accuracy")
    ].set_index(["task", "model"])
    n_checked = 0
    for name, task in (("mt", "translation"), ("monolingual", "monolingual")):
        averages = json.loads((humevals / f"egy_{name}_humeval_avg.json").read_text())
        for model, expected in averages.items():
            ours = means.loc[(task, model)]
            columns = {measure.name: measure.key for measure in MEASURES} | {"TVD": "adi2"}
            for column in columns.keys() & expected.keys():
                assert ours[columns[column]] == pytest.approx(expected[column], abs=1e-9)
                n_checked += 1
            found = correlations.loc[(task, model)]
            assert found["spearman"] == pytest.approx(expected["TVD_Fidelity_SpearmanR"], abs=1e-9)
            assert found["spearman_p"] == pytest.approx(expected["TVD_Fidelity_p"], abs=1e-9)
    assert n_checked == 20


def test_al_qasidas_ratings_are_single_so_there_is_no_alpha(real):
    table = agreement_table(real, RESAMPLING, 0.95).rows
    assert set(table["reason"]) == {"one annotator"}
    assert table["alpha"].isna().all()


def test_the_column_tvd_is_adi2(corpora, humevals):
    """The score beside each rated translation is the ADI2 recorded with the model's outputs."""
    recorded = {}
    for model in ("gpt-4o", "command_r+"):
        for path in (corpora / "al-qasida" / "llm_outputs" / f"{model}_mt").glob(
            "*eng_to_egy_samples.csv"
        ):
            table = pd.read_csv(path)
            texts = table["generations"].map(lambda text: ast.literal_eval(text)[0].strip())
            recorded |= dict(zip(zip([model] * len(table), texts), table["dialectid_score"]))  # noqa: B905
    rated = pd.read_csv(humevals / "egy_mt_humeval.csv")
    keys = list(zip(rated["Model"], rated["Completion"].str.strip(), strict=True))
    assert all(key in recorded for key in keys)
    assert [recorded[key] for key in keys] == pytest.approx(rated["TVD"].tolist(), abs=1e-4)


def test_the_command_reads_al_qasidas_folder_without_a_key(humevals, capsys):
    lahja(["ratings", str(humevals), "--resamples", "20"])
    shown = capsys.readouterr().out
    assert "one annotator" in shown
    assert "command_r+_base" in shown
