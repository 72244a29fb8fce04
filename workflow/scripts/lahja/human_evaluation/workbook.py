"""A rating sheet as an Excel workbook: from right to left, with checks on what is typed in."""

from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from lahja.human_evaluation.layout import COMMENT, HEADER
from lahja.human_evaluation.measures import MEASURES, Measure
from lahja.varieties import get_variety

RATINGS = "Ratings"
INSTRUCTIONS = "Instructions"

_WIDTHS = {"item": 15, "task": 13, "prompt": 60, "response": 70, COMMENT: 30}
_RATING_WIDTH = 12
_HEAD = PatternFill("solid", fgColor="DDE6EE")
_NOT_ASKED = PatternFill("solid", fgColor="BFBFBF")
_LINES = Border(*[Side("thin", color="BFBFBF")] * 4)
# Reading order 0: each cell runs in the direction of its own first letter.
_TEXT = Alignment(wrap_text=True, vertical="top", readingOrder=0)
_RATING = Alignment(horizontal="center", vertical="top")


def write_workbook(path: Path, dialect: str, rows: Sequence[Sequence[str]]) -> None:
    """Write rows below the HEADER, with a page of instructions before them.

    Only the cells to fill in can be edited (there is no password). A rating that the row's task
    does not ask for is grey.
    """
    book = Workbook()
    _write_instructions(book.active, dialect)
    sheet = book.create_sheet(RATINGS)
    sheet.sheet_view.rightToLeft = True
    sheet.freeze_panes = "B2"
    sheet.append(list(HEADER))
    for number, name in enumerate(HEADER, start=1):
        width = _WIDTHS.get(name, _RATING_WIDTH)
        sheet.column_dimensions[get_column_letter(number)].width = width
        _style_head(sheet.cell(1, number))
    for number, row in enumerate(rows, start=2):
        _write_row(sheet, number, row)
    for measure in MEASURES:
        _add_check(sheet, measure)
    sheet.protection.sheet = True
    # False permits it: annotators may still widen columns.
    sheet.protection.formatColumns = False
    sheet.protection.formatRows = False
    book.save(path)


def _write_row(sheet: Worksheet, number: int, row: Sequence[str]) -> None:
    task = row[HEADER.index("task")]
    measures = {measure.name: measure for measure in MEASURES}
    for place, (name, text) in enumerate(zip(HEADER, row, strict=True), start=1):
        cell = sheet.cell(number, place)
        cell.border = _LINES
        cell.alignment = _RATING if name in measures else _TEXT
        if name in measures and task not in measures[name].tasks:
            cell.fill = _NOT_ASKED
        elif name in measures or name == COMMENT:
            cell.protection = Protection(locked=False)
        else:
            _set_text(cell, text)


def _set_text(cell: Cell, text: str) -> None:
    cell.value = text
    # A text stays one, also where it looks like a formula, an error or a number.
    cell.data_type = "s"
    cell.quotePrefix = True


def _add_check(sheet: Worksheet, measure: Measure) -> None:
    column, task = HEADER.index(measure.name) + 1, HEADER.index("task") + 1
    asked = [
        number
        for number in range(2, sheet.max_row + 1)
        if sheet.cell(number, task).value in measure.tasks
    ]
    if not asked:
        return
    check = DataValidation(
        type="whole",
        operator="between",
        formula1="1",
        formula2=str(measure.top),
        allow_blank=True,
        showErrorMessage=True,
        showInputMessage=True,
        errorTitle=measure.name,
        error=f"A whole number from 1 to {measure.top}, please.",
        promptTitle=f"{measure.name}, 1 to {measure.top}",
        prompt=measure.question,
    )
    # Rows of one task stand together, so that few ranges cover them.
    letter, start = get_column_letter(column), asked[0]
    for number, following in zip(asked, [*asked[1:], None], strict=True):
        if following != number + 1:
            check.add(f"{letter}{start}:{letter}{number}")
            start = following
    sheet.add_data_validation(check)


def _write_instructions(sheet: Worksheet, dialect: str) -> None:
    sheet.title = INSTRUCTIONS
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = 24
    sheet.column_dimensions["C"].width = 90
    sheet.append([f"Rating sheet: {get_variety(dialect).name}", "تعليمات التقييم"])
    sheet["A1"].font = sheet["B1"].font = Font(bold=True, size=14)
    sheet.append([])
    for number, line in enumerate(_lines(dialect), start=1):
        sheet.append([f"{number}.", None, line])
    sheet.append([])
    sheet.append(["Column", "العمود", "Question and scale"])
    for cell in sheet[sheet.max_row]:
        _style_head(cell)
    for measure in MEASURES:
        scale = f"1 = {measure.lowest}; {measure.top} = {measure.highest}"
        tasks = ", ".join(measure.tasks)
        sheet.append(
            [measure.name, measure.arabic, f"{measure.question} {scale}. (Asked for: {tasks}.)"]
        )
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = _TEXT


def _lines(dialect: str) -> list[str]:
    return [
        f"You should be a native speaker of {get_variety(dialect).name}.",
        f"The sheet {RATINGS!r} has one response per row. Read the prompt, then the response, and "
        "write a whole number into each white cell to the left of it; grey cells stay empty.",
        "Rate each response by itself. The same prompt occurs several times, in no particular "
        "order; do not go back to make ratings match.",
        "Judge each column on its own: a fluent answer in Standard Arabic is fluent, and not in "
        "the dialect.",
        "Leave a cell empty if you cannot tell, and say why in the comment.",
        f"Keep the texts and the items as they are. Save the file as {dialect}-<your name>.xlsx "
        "and send it back.",
    ]


def _style_head(cell: Cell) -> None:
    cell.font = Font(bold=True)
    cell.fill = _HEAD
    cell.border = _LINES
    cell.alignment = Alignment(wrap_text=True, vertical="center", horizontal="center")
