"""COMET (Rei et al. 2020), a learnt metric of translations: a second opinion, as an LLM's ratings.

unbabel-comet needs older releases of transformers and NumPy than lahja: `score_comet.py` runs in an
environment of its own (`make comet-env`). COMET trains and selects nothing.
"""

import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml
from lahja.core.tables import COMET_SCORES

if TYPE_CHECKING:
    from comet.models import CometModel

COMET = "comet"


def score_comet(
    asked: pd.DataFrame, responses: Mapping[str, pd.DataFrame], folder: Path, name: str, batch: int
) -> pd.DataFrame:
    """Return COMET_SCORES of the translations that have a reference, each text scored once.

    `asked` is EVALUATION_PROMPTS, `responses` RESPONSES by model; `folder` holds the checkpoint,
    `name` is its name in the signature. Raises `LahjaError` for a part that is missing.
    """
    model = _load(folder)
    import torch

    wanted = asked[asked["task"].str.endswith("translation") & asked["reference"].notna()]
    tables = [
        answered.merge(wanted, on="prompt_id").assign(model=model_name)
        for model_name, answered in responses.items()
    ]
    rows = pd.concat(tables, ignore_index=True)
    names = {"source": "src", "response": "mt", "reference": "ref"}
    texts = rows[[*names]].fillna("").rename(columns=names)
    distinct = texts.drop_duplicates()
    n_gpus = int(torch.cuda.is_available())
    samples = distinct.to_dict("records")
    scores = model.predict(samples, batch_size=batch, gpus=n_gpus, progress_bar=False)["scores"]
    found = texts.merge(distinct.assign(comet=scores), how="left")["comet"]
    signature = f"comet:{name}|version:{version('unbabel-comet')}|precision:fp32"
    return rows.assign(comet=found, signature=signature)[COMET_SCORES.names]


def _load(folder: Path) -> "CometModel":
    parts = folder / "hparams.yaml", folder / "checkpoints" / "model.ckpt"
    if missing := [part for part in parts if not part.is_file()]:
        raise LahjaError(f"{missing[0]}: no such file; expected a checkpoint of COMET")
    if find_spec("comet") is None:
        raise LahjaError(
            f"COMET needs an interpreter that has unbabel-comet, and {sys.executable} has none: "
            "build one with `make comet-env`, or name one as `evaluation.comet.python`"
        )
    from comet import load_from_checkpoint

    try:
        return load_from_checkpoint(parts[1])
    except (AttributeError, OSError) as error:
        # Its tokenizer and configuration are no part of a checkpoint; where they are absent,
        # transformers raises one or the other.
        told = " ".join(str(error).split())[:300]
        name = read_yaml(parts[0]).get("pretrained_model")
        raise LahjaError(f"{parts[0]}: the encoder {name} cannot be had ({told})") from None


def add_comet(scores: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return SENTENCE_SCORES with the column `comet` of COMET_SCORES, NaN where there is none."""
    key = ["model", "prompt_id"]
    return scores.merge(found[[*key, COMET]], on=key, how="left", validate="one_to_one")
