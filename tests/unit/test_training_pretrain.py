from pathlib import Path

import pandas as pd
import pytest

from lahja.models.folder import load_model, load_tokenizer
from lahja.training.curve import CURVE_FILE
from lahja.training.pretrain import completion_loss, encode_examples

pytestmark = pytest.mark.model


def test_pretraining_lowers_the_loss(small_root: Path) -> None:
    curve = pd.read_csv(small_root / CURVE_FILE)
    assert curve["loss"].iloc[-1] < 0.7 * curve["loss"].iloc[0]


def test_plain_text_is_learnt_whole_and_cut_prompts_are_dropped(small_root: Path) -> None:
    tokenizer = load_tokenizer(small_root)
    rows = pd.DataFrame({"prompt": [None, "a " * 99], "completion": ["شلونك", "b"]})
    ((ids, head),) = encode_examples(tokenizer, rows, 20)
    assert head == 1
    assert ids[-1] == tokenizer.eos_token_id


def test_the_loss_is_that_of_the_completion_alone(small_root: Path) -> None:
    import torch

    model = load_model(small_root, dtype=torch.float32, device="cpu")
    rows = [([5, 6, 7, 8, 9], 3), ([5, 6, 7], 2)]
    with torch.no_grad():
        found = completion_loss(model, rows)
        long, short = (model(torch.tensor([ids])).logits[0].log_softmax(-1) for ids, _ in rows)
    expected = -(long[2, 8] + long[3, 9] + short[1, 7]) / 3
    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
