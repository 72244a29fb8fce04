from collections.abc import Iterator
from pathlib import Path

import label_responses as label_script
import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import CANDIDATES, GENERATIONS, read_table, write_table
from lahja.demo.language_models import train_tokenizer
from lahja.generation.backend import Answer, Request, Sampling
from lahja.generation.transformers_backend import TransformersBackend
from lahja.models.folder import load_model, load_tokenizer
from lahja.models.option_logits import Labeller, answer_forks
from lahja.preferences.labelling import label_responses, translate_mismatches
from lahja.prompts.chat import example_tokens
from lahja.prompts.classification import make_question

pytestmark = pytest.mark.model
TEXTS = ["شلونك", "how are you today my friend?", "لاباس عليك واش كلشي مزيان"]


@pytest.mark.parametrize("start", ["", "Which dialect (a) (b) (c)?\n"])
def test_the_probabilities_are_those_of_one_forward_pass(small_root: Path, start: str) -> None:
    import torch

    texts = [start + text for text in TEXTS]
    scorer = Labeller(small_root, None, batch=2)
    found = scorer.probabilities(texts, ("a", "b", "c"))
    tokenizer = load_tokenizer(small_root)
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    ((lead, letters),) = answer_forks(tokenizer, ("a", "b", "c"))[1].items()
    for text, row in zip(texts, found, strict=True):
        asked = tokenizer(f"<|user|>{text}<|end|><|assistant|>")["input_ids"]
        expected = model(torch.tensor([[*asked, *lead]])).logits[0, -1, letters].softmax(-1)
        assert row == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize("texts", [["x y"] * 9, ["a b c a b c a b"] * 9])
def test_letters_are_told_apart_by_one_token(texts: list[str]) -> None:
    tokenizer = train_tokenizer(texts, 300)
    ((lead, tokens),) = answer_forks(tokenizer, ("a", "b"))[1].items()
    assert [tokenizer.decode([*lead, token]) for token in tokens] == ["a", "b"]
    with pytest.raises(LahjaError, match="does not tell the answers apart: a, a"):
        answer_forks(tokenizer, ("a", "a"))


def test_names_are_as_likely_as_decoding_that_may_give_these_alone_makes_them(
    small_root: Path,
) -> None:
    import torch

    question = make_question(["mar", "egy", "pse", "syr", "sau", "msa", "other"], "countries")
    tokenizer = load_tokenizer(small_root)
    paths, forks = answer_forks(tokenizer, question.answers)
    # Spelt letter by letter by a tiny vocabulary, Syria and Saudi Arabia part after an S.
    assert len(forks) > 1
    labeller = Labeller(small_root, None, varieties=question.options, wording="countries", batch=2)
    options, found = labeller.label(TEXTS)
    assert options == question.options
    assert [sum(row) for row in found] == pytest.approx([1.0] * len(TEXTS))
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    for text, row in zip(TEXTS, found, strict=True):
        for name, path, probability in zip(question.answers, paths, row, strict=True):
            ((ids, start),) = example_tokens(tokenizer, [question.prompt(text)], [name])
            logits = model(torch.tensor([ids])).logits[0]
            expected = 1.0
            for place, token in enumerate(path):
                # What answers that have begun alike may go on with.
                known = {other[place] for other in paths if other[:place] == path[:place]}
                ways = logits[start + place - 1, sorted(known)].softmax(-1)
                expected *= ways[sorted(known).index(token)].item()
            assert probability == pytest.approx(expected, abs=1e-5), name


def test_a_question_too_long_keeps_its_ends(small_root: Path) -> None:
    scorer = Labeller(small_root, None, max_length=16)
    (row,) = scorer.probabilities(["شلونك " * 90], ("a", "b"))
    assert sum(row) == pytest.approx(1)


def said(*texts: str | None, dialect: str = "egy", sample: int | None = None) -> pd.DataFrame:
    rows = [
        {"prompt_id": f"{dialect}{n}", "dialect": dialect, "generator": f"g{n}", "sample": sample}
        | {"response": text, "finish_reason": "stop", "n_tokens": 3}
        for n, text in enumerate(texts)
    ]
    return pd.DataFrame(rows, columns=GENERATIONS.names, dtype=object)


@pytest.fixture
def candidates(small_root: Path, tmp_path: Path) -> pd.DataFrame:
    write_table(tmp_path / "responses", said(*TEXTS, None, "  "), GENERATIONS)
    label_script.main(small_root, [tmp_path / "responses"], "generated", {}, tmp_path / "c")
    return read_table(tmp_path / "c", CANDIDATES)


def test_responses_that_have_a_text_are_labelled(candidates: pd.DataFrame) -> None:
    assert [*candidates["response"]] == TEXTS
    assert set(candidates["label"]) <= {"egy", "pse", "mar", "sau", "syr", "msa"}
    assert set(candidates["origin"]) == {"generated"}
    for row in candidates.itertuples():
        certainty = dict(zip(row.options, row.probabilities, strict=True))
        assert max(certainty, key=certainty.__getitem__) == row.label
        assert certainty[row.label] == row.probability


def test_a_dialects_texts_are_labelled_by_themselves() -> None:
    calls = []

    class Recorder(Labeller):
        def __init__(self, *varieties: str):
            self.question = make_question(varieties)

        def probabilities(self, prompts: list[str], answers: tuple[str, ...]) -> list[list[float]]:
            calls.append(len(prompts))
            return [[1.0] + [0.0] * (len(answers) - 1) for _ in prompts]

    labeller = Recorder("egy", "msa")
    responses = pd.concat([said("a", "b", sample=2), said("c", dialect="mar"), said("d")])
    found = label_responses(labeller, responses, "translated")
    assert calls == [3, 1]
    assert [*found["response"]] == ["a", "b", "d", "c"]
    assert [*found["sample"]] == [2, 2, None, None]


def test_mismatches_are_translated_under_their_prompt_and_generator(
    candidates: pd.DataFrame, small_root: Path, tmp_path: Path
) -> None:
    frame = candidates.assign(label=["msa", "egy", "mar"], sample=[3, None, None])
    backend = TransformersBackend(small_root)
    sampling, store = Sampling(max_new_tokens=4), tmp_path / "store"
    rows = translate_mismatches(frame, sampling, backend, store)
    assert [*rows["generator"]] == ["g0", "g2"]
    assert rows["sample"].fillna(-1).tolist() == [3, -1]
    for found in (rows, translate_mismatches(frame.assign(label="egy"), sampling, backend, store)):
        write_table(tmp_path / "t", found, GENERATIONS)
        assert len(read_table(tmp_path / "t", GENERATIONS)) == len(found)
    assert found.empty


def test_what_is_in_no_variety_of_ours_is_translated_from_arabic(
    candidates: pd.DataFrame, tmp_path: Path
) -> None:
    class Recorder:
        identity = "recorder"

        def generate(self, requests: list[Request]) -> Iterator[Answer]:
            for request in requests:
                asked.append(f"{request.system}{request.prompt}")
                yield Answer(request.id, "x", "stop", 1)

    asked: list[str] = []
    frame = candidates.head(1).assign(label="other")
    translate_mismatches(frame, Sampling(), Recorder(), tmp_path / "store")
    assert asked[0].startswith("Translate from Arabic into Egyptian Arabic.")
    translate_mismatches(frame, Sampling(), Recorder(), tmp_path / "store", "As in {country}. ")
    assert asked[1] == f"As in Egypt. {asked[0]}"


def test_nothing_to_label_gives_an_empty_table(small_root: Path) -> None:
    labeller = Labeller(small_root, None)
    assert label_responses(labeller, said(None), "generated").empty
