"""Tables as LaTeX, in the booktabs style."""

from typing import Any

import pandas as pd

from lahja.reporting.artifacts import MISSING, Column, Table

_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "→": r"$\rightarrow$",
        "Δ": r"$\Delta$",
        "\N{MINUS SIGN}": r"$-$",
    }
)


def escape(text: str) -> str:
    """Return text with LaTeX's special characters escaped."""
    return text.translate(_ESCAPES)


def to_latex(table: Table) -> str:
    """Return a booktabs table; needs only \\usepackage{booktabs}."""
    alignment = "".join("l" if column.digits is None else "r" for column in table.columns)
    header = " & ".join(escape(column.header) for column in table.columns)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        rf"{header} \\",
        r"\midrule",
        *_body(table),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\footnotesize {escape(note)}" for note in table.notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _body(table: Table) -> list[str]:
    lines, previous = [], None
    for row in table.records():
        origin = row.get("origin")
        if previous is not None and origin != previous:
            lines.append(r"\midrule")
        previous = origin
        cells = [_cell(table, row, column) for column in table.columns]
        lines.append(" & ".join(cells) + r" \\")
    return lines


def _cell(table: Table, row: dict[str, Any], column: Column) -> str:
    value = row.get(column.key)
    if column.digits is None or pd.isna(value):
        return escape(table.cell(row, column)) or ("" if column.digits is None else MISSING)
    text = table.cell(row, column)
    number, bracket, rest = text.partition(" [")
    return escape(number) + (rf" {{\scriptsize [{escape(rest)}}}" if bracket else "")
