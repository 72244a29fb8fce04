"""The training curve that lies in every trained model's folder."""

from pathlib import Path
from typing import Any

import pandas as pd

CURVE_FILE = "training.csv"
# What a translation probe found, logged apart from the step after which it was made.
PROBE = {"probe/chrf_plus_plus": "chrf_plus_plus", "probe/adi2": "adi2"}


def write_curve(folder: Path, logged: list[dict[str, Any]]) -> None:
    """Write one row per step (step, loss, learning rate and what else was logged).

    A probe joins the row of its step; the one before the first step has a row of its own, of step
    0. What a trainer says at its end of the whole training is left out.
    """
    rows: dict[int, dict[str, Any]] = {}
    for entry in logged:
        if "loss" in entry or any(column in entry for column in PROBE):
            rows.setdefault(entry["step"], {}).update(entry)
    frame = pd.DataFrame([rows[step] for step in sorted(rows)])
    frame.to_csv(folder / CURVE_FILE, index=False)
