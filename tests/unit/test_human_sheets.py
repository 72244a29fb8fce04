"""Rating sheets: blind, fixed by the seed, safe and readable in spreadsheet programs."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from reporting_data import evaluation_prompts

from lahja.core.tables import EVALUATION_PROMPTS, RATING_KEY, SENTENCE_SCORES, write_table
from lahja.evaluation.human.ratings import read_sheet
from lahja.evaluation.human.sheets import (
    HEADER,
    TASKS,
    blinded_items,
    cell_text,
    guard,
    is_shown_as,
    read_key,
    write_key,
    write_sheets,
)

MODELS = ("llama", "qwen-T+RL", "llama+RL")
HARD_TEXTS = (
    '=cmd|" /C calc"!A0',
    "- أول حاجة\n- تاني حاجة",
    "+٢٠ يا باشا",
    "@user إزيك",
    "'مش كده'",
    "'=1+1",
    "  =SUM(A1)",
    "\n=1",
    'قال "أيوه"، ومشي; بعدين\tرجع',
    "#N/A",
    "007",
    "مع\u2028فاصل",
    "",
)


def made_scores(prompts: pd.DataFrame, model: str) -> pd.DataFrame:
    """Return SENTENCE_SCORES whose responses are HARD_TEXTS in turn."""
    texts = [HARD_TEXTS[(n + len(model)) % len(HARD_TEXTS)] for n in range(len(prompts))]
    numbers = {name: 0.5 for name in SENTENCE_SCORES.names if name not in prompts.columns}
    return prompts.assign(**numbers).assign(model=model, response=texts)[SENTENCE_SCORES.names]


@pytest.fixture(scope="module")
def prompts() -> pd.DataFrame:
    return evaluation_prompts(8)


def items_of(prompts: pd.DataFrame, models=MODELS, seed: int = 1, per_task: int = 5):
    scores = [made_scores(prompts, model) for model in models]
    return blinded_items(prompts, scores, ["egy", "syr"], TASKS, per_task, seed)


@pytest.fixture(scope="module")
def items(prompts: pd.DataFrame) -> pd.DataFrame:
    return items_of(prompts)


@pytest.fixture
def sheets(items: pd.DataFrame, tmp_path: Path) -> Path:
    write_sheets(tmp_path / "sheets", items, ["egy", "syr"])
    return tmp_path / "sheets"


def test_every_model_answers_the_same_prompts(items):
    assert set(items["model"]) == set(MODELS)
    assert (items.groupby("prompt_id")["model"].nunique() == len(MODELS)).all()
    counts = items.groupby(["dialect", "task"])["prompt_id"].nunique()
    assert (counts == 5).all()
    assert len(counts) == 2 * len(TASKS)
    assert items["item"].is_unique


def test_only_translations_into_the_dialect_are_rated(items, prompts):
    asked = prompts.set_index("prompt_id").loc[items["prompt_id"], "target_variety"]
    assert list(asked) == list(items["dialect"])


def test_sheets_tell_no_model_prompt_id_or_score(items, sheets):
    texts = [path.read_text(encoding="utf-8-sig") for path in sheets.glob("*.csv")]
    for path in sheets.glob("*.xlsx"):
        book = load_workbook(path)
        cells = (row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))
        texts.append("\n".join(str(cell) for row in cells for cell in row))
        texts += [str(vars(book.properties)), " ".join(book.sheetnames)]
    shown = "\n".join(texts)
    for hidden in (*MODELS, "FLORES", *items["prompt_id"], *items["corpus"]):
        assert hidden not in shown
    assert sorted(path.name for path in sheets.iterdir()) == [
        "egy.csv", "egy.xlsx", "syr.csv", "syr.xlsx",
    ]  # fmt: skip


def test_the_order_of_the_models_does_not_matter(items, prompts):
    pd.testing.assert_frame_equal(items, items_of(prompts, MODELS[::-1]))


def test_neither_order_nor_id_tells_the_model(prompts):
    items = items_of(evaluation_prompts(60), per_task=60)
    for column in (items["item"], pd.Series(range(len(items)))):
        place = column.rank()
        for _, part in items.groupby(["dialect", "task"]):
            places = place[part.index].rank(pct=True)
            means = places.groupby(part["model"]).mean()
            assert means.between(0.4, 0.6).all()


def test_the_seed_fixes_sample_ids_and_order(items, prompts):
    pd.testing.assert_frame_equal(items, items_of(prompts))
    other = items_of(prompts, seed=2)
    assert not set(items["item"]) & set(other["item"])
    assert set(items["prompt_id"]) != set(other["prompt_id"])


def test_a_further_model_leaves_the_other_items_as_they_are(items, prompts):
    more = items_of(prompts, (*MODELS, "qwen3"))
    same = more[more["model"] != "qwen3"].reset_index(drop=True)
    pd.testing.assert_frame_equal(items, same)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_texts_come_back_from_both_forms(items, sheets, suffix):
    read = read_sheet(sheets / f"egy.{suffix}")
    wanted = items[items["dialect"] == "egy"]
    assert list(read) == HEADER
    assert list(read["item"]) == list(wanted["item"])
    assert list(read.index) == list(range(2, len(wanted) + 2))
    found = list(read["response"])
    if suffix == "csv":
        found = [text.removeprefix("'") for text in found]
    assert found == list(wanted["response"])
    assert set(found) == set(HARD_TEXTS)


def test_no_cell_of_a_csv_file_is_a_formula(sheets):
    assert (sheets / "egy.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (sheets / "egy.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert any(cell.startswith("'=cmd") for cell in cells)
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells)


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_guarding_can_be_undone(text):
    assert guard(text).removeprefix("'") == text
    for cell in (text, guard(text), text.replace("\n", "\r\n"), f" {text}"):
        assert is_shown_as(text, cell)
    assert not is_shown_as(text, f"{text} لا")


def test_control_characters_are_dropped():
    assert cell_text("أ\x00ب\x0bج\r\nد\re") == "أبج\nد\ne"


def test_the_workbook_reads_from_right_to_left_and_checks_ratings(sheets):
    sheet = load_workbook(sheets / "egy.xlsx")["Ratings"]
    assert sheet.sheet_view.rightToLeft
    assert sheet.freeze_panes == "B2"
    rules = {check.errorTitle: check for check in sheet.data_validations.dataValidation}
    assert {
        name: (check.type, check.formula1, check.formula2) for name, check in rules.items()
    } == {
        "Adherence": ("whole", "1", "3"),
        "Adequacy": ("whole", "1", "5"),
        "Fluency": ("whole", "1", "5"),
        "Dialectal Accuracy": ("whole", "1", "5"),
    }
    assert all(check.showErrorMessage and check.error for check in rules.values())
    tasks = [cell.value for cell in sheet["B"]][1:]
    for number, task in enumerate(tasks, start=2):
        is_asked = f"F{number}" in rules["Adequacy"].sqref
        assert is_asked == (task == "translation")
        assert is_asked == (not sheet[f"F{number}"].protection.locked)
        assert (f"E{number}" in rules["Adherence"].sqref) != is_asked
    assert sheet["D2"].protection.locked
    assert sheet["D2"].alignment.wrap_text


def test_a_formula_in_a_response_is_text_in_the_workbook(items, sheets):
    sheet = load_workbook(sheets / "egy.xlsx")["Ratings"]
    responses = list(sheet["D"])[1:]
    assert {cell.data_type for cell in responses if cell.value} == {"s"}
    assert any(cell.value.startswith("=cmd") for cell in responses if cell.value)
    assert all(cell.quotePrefix for cell in responses)


def test_the_key_comes_back_and_is_safe_to_open(items, tmp_path):
    write_key(tmp_path / "key.parquet", tmp_path / "key.csv", items)
    key = read_key(tmp_path / "key.parquet")
    assert list(key["item"]) == list(items["item"])
    assert list(key.columns) == RATING_KEY.names
    text = (tmp_path / "key.csv").read_text(encoding="utf-8-sig")
    assert "'=cmd" in text
    assert ",=cmd" not in text


def test_the_script_writes_sheets_and_key_apart(prompts, root, tmp_path):
    write_table(tmp_path / "prompts.parquet", prompts, EVALUATION_PROMPTS)
    scores = pd.concat([made_scores(prompts, model) for model in (*MODELS, "not rated")])
    write_table(tmp_path / "scores.parquet", scores, SENTENCE_SCORES)
    settings = {"dialects": ["egy"], "tasks": ["translation"], "per_task": 2, "seed": 1}
    settings = json.dumps(settings | {"models": list(MODELS)})
    subprocess.run(
        [
            sys.executable, root / "workflow/scripts/write_rating_sheets.py",
            "--prompts", tmp_path / "prompts.parquet",
            "--scores", tmp_path / "scores.parquet",
            "--settings", settings, "--sheets", tmp_path / "human/sheets",
            "--key", tmp_path / "human/key.parquet", "--key-sheet", tmp_path / "human/key.csv",
        ],
        check=True,
    )  # fmt: skip
    inside = [path.name for path in (tmp_path / "human/sheets").iterdir()]
    assert sorted(inside) == ["egy.csv", "egy.xlsx"]
    assert len(read_key(tmp_path / "human/key.parquet")) == 2 * len(MODELS)
