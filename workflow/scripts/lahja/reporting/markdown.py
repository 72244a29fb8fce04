"""Tables as Markdown, for pages in the repository."""

from lahja.reporting.artifacts import Table


def to_markdown(table: Table) -> str:
    """Return a table with its caption above and its notes below, its numbers on the right."""
    header = [column.header for column in table.columns]
    rule = ["---" if column.digits is None else "---:" for column in table.columns]
    body = [[table.cell(row, column) for column in table.columns] for row in table.records()]
    lines = ["| " + " | ".join(map(_escaped, cells)) + " |" for cells in (header, *body)]
    lines.insert(1, "|" + "|".join(rule) + "|")
    notes = ["", *table.notes] if table.notes else []
    return "\n".join([f"**{table.caption}**", "", *lines, *notes]) + "\n"


def _escaped(text: str) -> str:
    return text.replace("|", r"\|")
