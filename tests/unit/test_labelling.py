from pathlib import Path

import pandas as pd
import pytest

from lahja.errors import LahjaError
from lahja.generation.transformers_backend import TransformersBackend
from lahja.labelling import TranslateSettings, label_table, parse_labeller, translate_mismatches
from lahja.models.folder import load_model, load_tokenizer
from lahja.models.option_logits import OptionLogitsSettings, OptionScorer, letter_tokens
from lahja.models.small import train_tokenizer
from lahja.tables import CANDIDATES, PROMPTS, RESPONSES, read_table, write_table

pytestmark = pytest.mark.model
TEXTS = ["شلونك", "how are you today my friend?", "لاباس عليك واش كلشي مزيان"]


def test_the_probabilities_are_those_of_one_forward_pass(small_root: Path) -> None:
    import torch

    scorer = OptionScorer(small_root, None, OptionLogitsSettings(batch=2), 1)
    found = scorer.probabilities(TEXTS, ("a", "b", "c"))
    tokenizer = load_tokenizer(small_root)
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    lead, letters = letter_tokens(tokenizer, ("a", "b", "c"))
    for text, row in zip(TEXTS, found, strict=True):
        asked = tokenizer(f"<|user|>{text}<|end|><|assistant|>")["input_ids"]
        expected = model(torch.tensor([asked + lead])).logits[0, -1, letters].softmax(-1)
        assert row == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize("texts", [["x y"] * 9, ["a b c a b c a b"] * 9])
def test_letters_are_told_apart_by_one_token(texts: list[str]) -> None:
    tokenizer = train_tokenizer(texts, 300)
    lead, tokens = letter_tokens(tokenizer, ("a", "b"))
    assert [tokenizer.decode([*lead, token]) for token in tokens] == ["a", "b"]
    with pytest.raises(LahjaError, match="apart"):
        letter_tokens(tokenizer, ("a", "a"))


def test_a_question_too_long_keeps_its_ends(small_root: Path) -> None:
    scorer = OptionScorer(small_root, None, OptionLogitsSettings(max_length=16), 1)
    (row,) = scorer.probabilities(["شلونك " * 90], ("a", "b"))
    assert sum(row) == pytest.approx(1)


@pytest.fixture
def candidates(small_root: Path, tmp_path: Path) -> pd.DataFrame:
    prompt = {**dict.fromkeys(PROMPTS.names, "x"), "prompt_id": "p", "dialect": "egy"}
    write_table(tmp_path / "prompts", pd.DataFrame([prompt]), PROMPTS)
    said = [
        {"prompt_id": "p", "generator": f"g{n}", "response": text, "finish_reason": "stop"}
        | {"n_tokens": 3}
        for n, text in enumerate([*TEXTS, None])
    ]
    write_table(tmp_path / "responses", pd.DataFrame(said), RESPONSES)
    labeller = parse_labeller(small_root, None, {}, 1)
    responses = [tmp_path / "responses"]
    label_table(labeller, tmp_path / "prompts", responses, "egy", "generated", tmp_path / "c")
    return read_table(tmp_path / "c", CANDIDATES)


def test_responses_are_labelled(candidates: pd.DataFrame) -> None:
    assert len(candidates) == 3
    assert set(candidates["label"]) <= {"egy", "pse", "mar", "sau", "syr", "msa"}


def test_mismatches_are_translated_under_their_prompt_and_generator(
    candidates: pd.DataFrame, small_root: Path, tmp_path: Path
) -> None:
    frame = candidates.assign(label=["msa", "egy", "mar"])
    backend = TransformersBackend(small_root, threads=1)
    settings = TranslateSettings(max_new_tokens=4)
    store = tmp_path / "store"
    rows = translate_mismatches(frame, "egy", settings, backend, store)
    assert [*rows["generator"]] == ["g0", "g2"]
    none = translate_mismatches(frame.assign(label="egy"), "egy", settings, backend, store)
    assert none.empty
    assert [*none.columns] == RESPONSES.names


def test_a_dialect_without_responses_gives_an_empty_table(small_root: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "p", pd.DataFrame(columns=PROMPTS.names), PROMPTS)
    write_table(tmp_path / "r", pd.DataFrame(columns=RESPONSES.names), RESPONSES)
    labeller = parse_labeller(small_root, None, {}, 1)
    label_table(labeller, tmp_path / "p", [tmp_path / "r"], "egy", "generated", tmp_path / "c")
    assert read_table(tmp_path / "c", CANDIDATES).empty
