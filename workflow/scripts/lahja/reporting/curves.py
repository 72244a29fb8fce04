"""Training curves: read from the models' folders, thinned to what a small chart can show."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lahja.errors import LahjaError
from lahja.files import read_json
from lahja.training.curve import CURVE_FILE

TRAINING, HELD_OUT = "training", "held out"
CHOSEN, REJECTED = "chosen", "rejected"
# What a curve file may log, the part that it is of, and the measure that charts show.
MEASURES = {
    "loss": ("loss", TRAINING),
    "eval_loss": ("loss", HELD_OUT),
    "rewards/margins": ("reward margin", TRAINING),
    "eval_rewards/margins": ("reward margin", HELD_OUT),
    "rewards/accuracies": ("reward accuracy", TRAINING),
    "eval_rewards/accuracies": ("reward accuracy", HELD_OUT),
    "rewards/chosen": ("reward", CHOSEN),
    "rewards/rejected": ("reward", REJECTED),
    "logps/chosen": ("log-probability", CHOSEN),
    "logps/rejected": ("log-probability", REJECTED),
    # Of the few sentences of the validation split that some trainings translate along the way.
    "probe/chrf_plus_plus": ("chrF++ of the probe", HELD_OUT),
    "probe/adi2": ("ADI2 of the probe", HELD_OUT),
}
_COLUMNS = ["model", "train", "measure", "part", "step", "value"]


def read_curves(folders: Sequence[Path], points: int = 120) -> pd.DataFrame:
    """Return what the models' training logged: model, train, measure, part, step and value.

    `train` is the kind of training (pretrain, sft, dpo). A longer curve is cut into `points`
    stretches of steps and shows the mean of each. Raises `LahjaError` where a folder has no curve
    or the curve no steps.
    """
    found = [_read_curve(folder, points) for folder in folders]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_COLUMNS)


def _read_curve(folder: Path, points: int) -> pd.DataFrame:
    path = folder / CURVE_FILE
    try:
        logged = pd.read_csv(path)
    except (FileNotFoundError, pd.errors.EmptyDataError, pd.errors.ParserError) as error:
        raise LahjaError(f"{path}: no training curve ({error})") from None
    if "step" not in logged.columns:
        raise LahjaError(f"{path}: lacks the column 'step'")
    record = read_json(folder / "model.json")
    parts = []
    for column, (measure, part) in MEASURES.items():
        if column in logged.columns:
            curve = logged[["step", column]].dropna().rename(columns={column: "value"})
            parts.append(_thinned(curve, points).assign(measure=measure, part=part))
    if not parts:
        raise LahjaError(f"{path}: has none of the columns {', '.join(MEASURES)}")
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(model=folder.name, train=record["train"])[_COLUMNS]


def _thinned(curve: pd.DataFrame, points: int) -> pd.DataFrame:
    if len(curve) <= points:
        return curve
    stretches = np.arange(len(curve)) * points // len(curve)
    return curve.groupby(stretches).mean()
