"""Rating sheets: what annotators rate, blinded items and their key, a CSV and an Excel file each.

The questions are in resources/rating_sheet.yaml. The key tells whose answers the items are, and
never goes into the annotators' folder. A text that a spreadsheet program would run as a formula
gets an apostrophe in front (`guard`): taking one leading apostrophe away gives every text back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from lahja.core.artifacts import guard
from lahja.core.files import atomic_path, digest_of_text, read_yaml
from lahja.core.seeding import unit_draw
from lahja.core.tables import RATING_KEY, read_table, write_table
from lahja.core.varieties import get_variety


@dataclass(frozen=True)
class Measure:
    """A question about a response to one of `tasks`, answered with a number from 1 to `top`.

    Its name is the header of its column, as in AL-QASIDA's files.
    """

    name: str
    arabic: str
    question: str
    scale: str
    top: int
    tasks: list[str]

    @property
    def key(self) -> str:
        """The name as a column of our tables."""
        return self.name.lower().replace(" ", "_")


_TOLD = read_yaml(Path(__file__).resolve().parents[4] / "resources" / "rating_sheet.yaml")
MEASURES = tuple(Measure(**entry) for entry in _TOLD["measures"])
TASKS = ("monolingual", "crosslingual", "translation")
SHOWN = ("item", "task", "prompt", "response")
COMMENT = "comment"
HEADER = [*SHOWN, *(measure.name for measure in MEASURES), COMMENT]
SCORES = ("adi2", "adi2_macro", "aldi", "chrf_plus_plus")


def blinded_items(
    prompts: pd.DataFrame,
    scores: Sequence[pd.DataFrame],
    dialects: Sequence[str],
    tasks: Sequence[str],
    per_task: int,
    seed: int,
) -> pd.DataFrame:
    """Return the RATING_KEY: all models' answers to the same sampled prompts, shuffled.

    `prompts` is EVALUATION_PROMPTS, `scores` one SENTENCE_SCORES per model. Of each dialect and
    task (only what is to be answered in the dialect) `per_task` prompts are drawn. A task's items
    stand together, in an order that depends on neither the model nor the prompt.
    """
    pool = prompts[prompts["task"].isin(tasks) & prompts["target_variety"].isin(dialects)]
    draws = [unit_draw(seed, "rated prompts", name) for name in pool["prompt_id"]]
    pool = pool.assign(draw=draws).sort_values("draw")
    chosen = pool.groupby(["target_variety", "task"]).head(per_task)[["prompt_id", "prompt"]]
    items = pd.concat(scores).merge(chosen, on="prompt_id")
    items = items.rename(columns={"target_variety": "dialect"})
    names = items[["dialect", "prompt_id", "model"]].to_numpy().tolist()
    digests = [digest_of_text("\x1f".join((str(seed), "item", *own))) for own in names]
    # The letter keeps spreadsheet programs from reading an id as a number, such as 12e45.
    items["item"] = [f"r{digest[:11]}" for digest in digests]
    order = items.assign(
        dialect=items["dialect"].map(list(dialects).index),
        task=items["task"].map(list(tasks).index),
        draw=[unit_draw(seed, "order of items", item) for item in items["item"]],
    ).sort_values(["dialect", "task", "draw"])
    return items.loc[order.index, RATING_KEY.names].reset_index(drop=True)


def read_key(path: Path) -> pd.DataFrame:
    """Read the RATING_KEY that was written with the sheets, by item."""
    return read_table(path, RATING_KEY).set_index("item", drop=False)


# Control characters that XML, and so an Excel workbook, cannot hold.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Excel's limit, less the apostrophe.
_MAX_CHARACTERS = 32_766


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it: line feeds only, no control characters, not too long."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NO_XML.sub("", plain)[:_MAX_CHARACTERS]


def is_shown_as(text: str, cell: str) -> bool:
    """Whether a cell still shows a text, guarded or not; programs that save it trim white space."""
    plain = cell_text(text)
    return cell_text(cell).split() in (plain.split(), guard(plain).split())


def write_sheets(folder: Path, items: pd.DataFrame, dialects: Sequence[str]) -> None:
    """Write `<dialect>.csv` and `<dialect>.xlsx` of the key's items, without what it knows."""
    with atomic_path(folder) as draft:
        draft.mkdir()
        for dialect in dialects:
            shown = items.loc[items["dialect"] == dialect, list(SHOWN)].fillna("").map(cell_text)
            rows = shown.reindex(columns=HEADER, fill_value="")
            _write_csv(draft / f"{dialect}.csv", rows)
            _write_workbook(draft / f"{dialect}.xlsx", dialect, rows)


def write_key(table: Path, sheet: Path, items: pd.DataFrame) -> None:
    """Write the RATING_KEY as Parquet, and as CSV to look at."""
    write_table(table, items, RATING_KEY)
    with atomic_path(sheet) as draft:
        _write_csv(draft, items[RATING_KEY.names])


def _write_csv(path: Path, rows: pd.DataFrame) -> None:
    """Write UTF-8 with a byte-order mark, by which Excel knows it; no cell is a formula."""
    safe = rows.map(lambda cell: guard(cell_text(cell)) if isinstance(cell, str) else cell)
    safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


_WIDTHS = {"item": 15, "task": 13, "prompt": 60, "response": 70, COMMENT: 30}
_HEAD = PatternFill("solid", fgColor="DDE6EE")
_NOT_ASKED = PatternFill("solid", fgColor="BFBFBF")
_LINES = Border(*[Side("thin", color="BFBFBF")] * 4)
# Reading order 0: each cell runs in the direction of its own first letter.
_TEXT = Alignment(wrap_text=True, vertical="top", readingOrder=0)
_RATING = Alignment(horizontal="center", vertical="top")


def _write_workbook(path: Path, dialect: str, rows: pd.DataFrame) -> None:
    """Write instructions, and rows of which only the cells to fill in can be edited."""
    book = Workbook()
    _write_instructions(book.active, dialect)
    sheet = book.create_sheet("Ratings")
    sheet.sheet_view.rightToLeft, sheet.freeze_panes = True, "B2"
    sheet.append(HEADER)
    _style_head(sheet[1])
    measures = {measure.name: measure for measure in MEASURES}
    for place, (name, texts) in enumerate(rows.items(), start=1):
        measure, letter = measures.get(name), get_column_letter(place)
        sheet.column_dimensions[letter].width = _WIDTHS.get(name, 12)
        if measure:
            _add_check(sheet, letter, measure, [*rows["task"]])
        for number, (text, task) in enumerate(zip(texts, rows["task"], strict=True), start=2):
            cell = sheet.cell(number, place)
            cell.border, cell.alignment = _LINES, _RATING if measure else _TEXT
            if measure and task not in measure.tasks:
                cell.fill = _NOT_ASKED
            elif measure or name == COMMENT:
                cell.protection = Protection(locked=False)
            else:
                # A text stays one, also where it looks like a formula, an error or a number.
                cell.value, cell.data_type, cell.quotePrefix = text, "s", True
    sheet.protection.sheet = True
    # False permits it: annotators may still widen columns.
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    book.save(path)


def _add_check(sheet: Worksheet, letter: str, measure: Measure, tasks: list[str]) -> None:
    check = DataValidation(
        type="whole", operator="between", formula1="1", formula2=str(measure.top),
        allow_blank=True, showErrorMessage=True, showInputMessage=True,
        errorTitle=measure.name, error=f"A whole number from 1 to {measure.top}, please.",
        promptTitle=f"{measure.name}, 1 to {measure.top}", prompt=measure.question,
    )  # fmt: skip
    # Rows of one task stand together.
    for task in (task for task in measure.tasks if task in tasks):
        first = tasks.index(task) + 2
        check.add(f"{letter}{first}:{letter}{first + tasks.count(task) - 1}")
    if check.sqref:
        sheet.add_data_validation(check)


def _write_instructions(sheet: Worksheet, dialect: str) -> None:
    sheet.title, name = "Instructions", get_variety(dialect).name
    words, told = {"name": name, "dialect": dialect}, _TOLD["instructions"]
    rows = [[cell and cell.format(**words) for cell in row] for row in told]
    for measure in MEASURES:
        asked = f"(Asked for: {', '.join(measure.tasks)}.)"
        rows.append([measure.name, measure.arabic, f"{measure.question} {measure.scale}. {asked}"])
    for row in rows:
        sheet.append(row)
    _style_head(sheet[len(told)])
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = _TEXT
    for letter, width in {"A": 24, "B": 24, "C": 90}.items():
        sheet.column_dimensions[letter].width = width
    sheet["A1"].font = sheet["B1"].font = Font(bold=True, size=14)


def _style_head(cells: Sequence[Cell]) -> None:
    for cell in cells:
        cell.font, cell.fill, cell.border = Font(bold=True), _HEAD, _LINES
        cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
