"""What all charts of the report share: data in the specification, and no colours of their own."""

from typing import Any

import pandas as pd


def base(alt: Any, rows: list[dict[str, Any]]) -> Any:
    """Return a chart of rows that its specification holds."""
    return alt.Chart(alt.InlineData(values=rows))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows, None for what is missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def spec_of(chart: Any, description: str, **size: Any) -> dict[str, Any]:
    """Return a chart's Vega-Lite specification; the description is its caption on the page."""
    found = chart.properties(description=description, **size).to_dict()
    # The page gives each chart its own colours and size.
    found.pop("config", None)
    return found
