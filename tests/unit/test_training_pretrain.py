from pathlib import Path

import pandas as pd
import pytest

from lahja.core.files import read_json
from lahja.demo.language_models import language_model_loss, pretrain
from lahja.models.folder import MODEL_FILE, load_model, load_tokenizer
from lahja.prompts.classification import make_question
from lahja.training.tracking import CURVE_FILE

pytestmark = pytest.mark.model


def test_pretraining_lowers_the_loss(small_root: Path) -> None:
    curve = pd.read_csv(small_root / CURVE_FILE)
    assert curve["loss"].iloc[-1] < 0.7 * curve["loss"].iloc[0]


def test_a_stand_ins_record_tells_what_was_given_and_its_size(small_root: Path) -> None:
    import torch

    record = read_json(small_root / MODEL_FILE)
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    assert record["name"] == "small"
    assert record["n_parameters"] == sum(weights.numel() for weights in model.parameters())
    assert '"epochs":30' in record["settings"]


def test_the_wording_of_a_multiple_choice_is_one_token(examples: Path, tmp_path: Path) -> None:
    size = {"hidden": 16, "layers": 1, "heads": 2, "intermediate": 16, "vocabulary": 300}
    pretrain(examples, size | {"epochs": 0.1, "questions": [["egy", "syr"]]}, tmp_path / "base")
    tokenizer = load_tokenizer(tmp_path / "base")
    known, other = (make_question(codes).prompt("شو") for codes in (["egy", "syr"], ["egy"]))
    assert len(tokenizer.tokenize(known)) < 20 < len(tokenizer.tokenize(other))


def test_the_loss_is_that_of_all_tokens_but_the_first(small_root: Path) -> None:
    import torch

    model = load_model(small_root, dtype=torch.float32, device="cpu")
    rows = [[5, 6, 7, 8], [5, 6, 7]]
    with torch.no_grad():
        found = language_model_loss(model, rows)
        long, short = (model(torch.tensor([ids])).logits[0].log_softmax(-1) for ids in rows)
    expected = -(long[0, 6] + long[1, 7] + long[2, 8] + short[0, 6] + short[1, 7]) / 5
    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
