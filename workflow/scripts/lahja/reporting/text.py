"""Tables as plain text, for the terminal."""

from lahja.reporting.artifacts import Table


def to_text(table: Table, most: int | None = None) -> str:
    """Return caption, aligned rows and notes; after `most` rows, how many more there are."""
    rows = [[table.cell(row, column) for column in table.columns] for row in table.records()]
    # A column in which nothing is said says nothing.
    kept = [place for place in range(len(table.columns)) if any(row[place] for row in rows)]
    shown = [[column.header for column in table.columns], *rows[:most]]
    widths = {place: max(len(row[place]) for row in shown) for place in kept}
    lines = [table.caption, ""]
    for row in shown:
        cells = (
            row[place].ljust(width)
            if table.columns[place].digits is None
            else row[place].rjust(width)
            for place, width in widths.items()
        )
        lines.append("  ".join(cells).rstrip())
    if most is not None and len(rows) > most:
        lines.append(f"… and {len(rows) - most} more rows")
    return "\n".join([*lines, *table.notes])
