"""The training curve that lies in every trained model's folder."""

from pathlib import Path
from typing import Any

import pandas as pd

CURVE_FILE = "training.csv"


def write_curve(folder: Path, curve: list[dict[str, Any]]) -> None:
    """Write one row per step (step, loss, learning rate and what else was logged)."""
    pd.DataFrame(curve).to_csv(folder / CURVE_FILE, index=False)
