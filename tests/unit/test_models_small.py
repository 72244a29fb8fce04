import pytest

from lahja.core.config.training import Pretrain
from lahja.demo.language_models import build_small_model, train_tokenizer

pytestmark = pytest.mark.model
TEXTS = ["إزيك يا باشا", "I have 12 apples", "واش كاين شي أوطيل؟"]


@pytest.mark.parametrize(
    "text", ["إزيك 2025", "٤٥ شخص", "日本 ünknown 🙂", "line one\nline two", "  two  spaces"]
)
def test_every_text_survives_the_tokenizer(text: str) -> None:
    tokenizer = train_tokenizer(TEXTS, 400)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text


def test_each_digit_is_a_token() -> None:
    tokenizer = train_tokenizer(["1234 1234 1234"] * 9, 400)
    assert sum(piece.isdigit() for piece in tokenizer.tokenize("1234")) == 4


def test_a_word_has_one_form_at_the_start_and_inside() -> None:
    tokenizer = train_tokenizer(["باشا باشا باشا"] * 9, 400)
    first, second = tokenizer("باشا باشا", add_special_tokens=False)["input_ids"]
    assert first == second


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "qwen3"])
def test_each_architecture_is_the_real_one(architecture: str) -> None:
    tokenizer = train_tokenizer(TEXTS, 300)
    size = Pretrain(architecture=architecture, hidden=16, layers=1, heads=2, intermediate=24)
    model = build_small_model(size, tokenizer, seed=1)
    assert model.config.model_type == architecture
    assert model.config.eos_token_id == tokenizer.eos_token_id
