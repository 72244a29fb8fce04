import json
import shutil
from dataclasses import replace
from itertools import pairwise, takewhile
from pathlib import Path

import pytest

from lahja.core.errors import LahjaError
from lahja.core.hub import MODEL_FILE
from lahja.core.stages import STAGES, Stage
from lahja.generation import transformers_backend
from lahja.generation.answering import answer
from lahja.generation.backend import Answer, Request, Sampling, repeating_tokens
from lahja.generation.generators import open_backend, parse_generator, sampling_of
from lahja.generation.transformers_backend import TransformersBackend, draw_seed, end_tokens
from lahja.models.folder import load_model, load_tokenizer
from lahja.prompts.chat import prompt_tokens

pytestmark = pytest.mark.model
GREEDY = Sampling(max_new_tokens=24)
DRAWN = Sampling(temperature=3.0, top_p=0.95, max_new_tokens=12, seed=3)
# Repetition is rewarded, so that the tiny model repeats itself.
REPEATING = replace(GREEDY, repetition_penalty=0.2)


def _answers(root: Path, prompts: list[str], sampling: Sampling, batch: int) -> dict[str, Answer]:
    requests = [Request(prompt, prompt, sampling) for prompt in prompts]
    return {item.id: item for item in TransformersBackend(root, batch=batch).generate(requests)}


@pytest.fixture(scope="module")
def prompts(questions: tuple) -> list[str]:
    return [f"{prompt} {n}" for n in range(2) for _, prompt, _ in questions]


@pytest.mark.parametrize(
    "sampling", [GREEDY, DRAWN, replace(DRAWN, repetition_penalty=3.0), REPEATING]
)
def test_answers_do_not_depend_on_the_batch(
    small_root: Path, prompts: list[str], sampling: Sampling
) -> None:
    assert _answers(small_root, prompts, sampling, 5) == _answers(small_root, prompts, sampling, 1)


def test_prompts_share_batches_with_their_own_group_alone(
    small_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = []

    def note(model, tokenizer, prompts, *_):
        batches.append(len(prompts))
        return [([1], [])] * len(prompts)

    monkeypatch.setattr(transformers_backend, "generate_tokens", note)
    requests = [Request(f"{n} {code}", "a", GREEDY, code) for code in ("egy", "mar") for n in "123"]
    assert len([*TransformersBackend(small_root, batch=2).generate(requests)]) == 6
    assert batches == [2, 1, 2, 1]


def test_without_its_template_a_model_reads_the_plain_text(
    small_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def note(model, tokenizer, requests, prompts, *_):
        read.extend(prompts)
        return [([1], [])] * len(prompts)

    monkeypatch.setattr(transformers_backend, "generate_tokens", note)
    request = Request("1", "Translate.\nhi\nTranslation:", GREEDY)
    shown = replace(request, examples=(("Translate.\nno\nTranslation:", "لا"),))
    generator = parse_generator({"name": "m", "chat_template": False})
    backend = open_backend(generator, small_root)
    assert len([*backend.generate([request])]) == len([*backend.generate([shown])]) == 1
    tokenizer = load_tokenizer(small_root)
    assert [tokenizer.decode(ids) for ids in read] == [
        "Translate.\nhi\nTranslation:",
        "Translate.\nno\nTranslation:\nلا\nTranslate.\nhi\nTranslation:",
    ]
    # What stands in the store belongs to one of the two.
    usual = open_backend(parse_generator({"name": "m"}), small_root)
    assert usual.identity == TransformersBackend(small_root).identity != backend.identity
    read.clear()
    assert len([*usual.generate([request])]) == 1
    assert tokenizer.decode(read[0]).startswith("<|user|>")


def test_another_seed_draws_other_answers(small_root: Path, prompts: list[str]) -> None:
    other = Sampling(temperature=3.0, top_p=0.95, max_new_tokens=12, seed=4)
    assert _answers(small_root, prompts, DRAWN, 8) != _answers(small_root, prompts, other, 8)


def test_the_likeliest_token_alone_is_the_greedy_answer(small_root: Path, prompts: list) -> None:
    one = replace(DRAWN, top_k=1, max_new_tokens=GREEDY.max_new_tokens)
    assert _answers(small_root, prompts, one, 8) == _answers(small_root, prompts, GREEDY, 8)


def test_a_penalty_on_repetition_changes_answers(small_root: Path, prompts: list) -> None:
    penalised = replace(GREEDY, repetition_penalty=50.0)
    assert _answers(small_root, prompts, penalised, 8) != _answers(small_root, prompts, GREEDY, 8)


def test_a_checkpoint_s_own_penalty_is_its_own_decoding_s_alone(
    small_root: Path, prompts: list, tmp_path: Path
) -> None:
    copy = shutil.copytree(small_root, tmp_path / "copy", ignore=lambda *_: [MODEL_FILE])
    config = json.loads((copy / "generation_config.json").read_text(encoding="utf-8"))
    own = config | {"repetition_penalty": 50.0, "no_repeat_ngram_size": 1}
    (copy / "generation_config.json").write_text(json.dumps(own), encoding="utf-8")
    assert _answers(copy, prompts, GREEDY, 8) == _answers(small_root, prompts, GREEDY, 8)
    given = parse_generator({"name": "m", "sampling": {"temperature": None}})
    assert sampling_of(given, copy).repetition_penalty == 50.0
    given = parse_generator(
        {"name": "m", "sampling": {"temperature": None, "repetition_penalty": 1.2}}
    )
    assert sampling_of(given, copy).repetition_penalty == 1.2


def test_the_penalty_is_ctrl_s_on_prompt_and_answer_without_padding() -> None:
    import torch

    penalty = Sampling(repetition_penalty=2)
    (processor,) = transformers_backend._penalties(penalty, 3, [1, 0])
    # Token 0 pads the first prompt, 1 and 2 are asked, 3 is answered.
    tokens = torch.tensor([[0, 1, 2, 3], [0, 1, 2, 3]])
    scores = torch.tensor([[4.0, 4.0, -1.0, 1.0, 6.0]]).repeat(2, 1)
    found = processor(tokens, scores).tolist()
    assert found == [[4.0, 2.0, -2.0, 0.5, 6.0], [2.0, 2.0, -2.0, 0.5, 6.0]]


@pytest.mark.parametrize(
    ("answer", "length", "tokens"),
    [
        ([5, 6, 7, 5, 6], 3, {7}),
        ([5, 6, 7, 5, 6, 8, 5, 6], 3, {7, 8}),
        ([5, 6, 7, 5, 7], 3, set()),
        ([5, 5], 2, {5}),
        ([5, 6], 1, {5, 6}),
        ([5, 6], 3, set()),
        ([], 1, set()),
    ],
)
def test_what_would_end_an_ngram_again(answer: list, length: int, tokens: set) -> None:
    assert repeating_tokens(answer, length) == tokens


def test_no_ngram_is_twice_in_an_answer(small_root: Path, prompts: list) -> None:
    import torch

    tokenizer = load_tokenizer(small_root)
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    ends = end_tokens(model.generation_config, tokenizer)

    def repeats(sampling: Sampling) -> list[int]:
        """Return of each answer how many pairs of tokens have been there before."""
        requests = [Request(prompt, prompt, sampling) for prompt in prompts]
        ids = prompt_tokens(tokenizer, prompts)
        found = []
        outputs = transformers_backend.generate_tokens(model, tokenizer, requests, ids, ends)
        for tokens, _ in outputs:
            answer = [*takewhile(lambda token: token not in ends, tokens)]
            pairs = [*pairwise(answer)]
            found.append(len(pairs) - len(set(pairs)))
        return found

    assert max(repeats(REPEATING)) > 0
    assert max(repeats(replace(REPEATING, no_repeat_ngrams=2))) == 0
    # A prompt's own may come again.
    processor = transformers_backend._penalties(Sampling(no_repeat_ngrams=2), 3, [0])[-1]
    scores = processor(torch.tensor([[1, 2, 1]]), torch.zeros(1, 4))
    assert scores.tolist() == [[0.0] * 4]


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"do_sample": True, "temperature": 0.6, "top_p": 0.9}, (0.6, 0.9, 50, 1.0)),
        ({"do_sample": True, "top_k": 20, "repetition_penalty": 1.05}, (1.0, 1.0, 20, 1.05)),
        ({"temperature": 0.6}, (0.0, 1.0, 0, 1.0)),
        (None, (0.7, 0.95, 0, None)),
    ],
)
def test_a_model_s_own_decoding_is_its_generation_configuration_s(
    tmp_path: Path, config: dict | None, found: tuple
) -> None:
    given = {"temperature": 0.7, "top_p": 0.95} if config is None else {"temperature": None}
    generator = parse_generator({"name": "m", "sampling": given | {"seed": 7}})
    (tmp_path / "generation_config.json").write_text(json.dumps(config or {}), encoding="utf-8")
    own = sampling_of(generator, tmp_path)
    assert (own.temperature, own.top_p, own.top_k, own.repetition_penalty) == found
    assert (own.seed, own.max_new_tokens) == (7, 128)
    if config is not None:
        with pytest.raises(LahjaError, match="generator m: only a checkpoint has a decoding"):
            sampling_of(generator, None)


@pytest.mark.parametrize(
    "sampling", [GREEDY, DRAWN, replace(DRAWN, repetition_penalty=3.0, no_repeat_ngrams=2)]
)
def test_the_probability_is_the_model_s_of_the_tokens_drawn(
    small_root: Path, prompts: list, sampling: Sampling
) -> None:
    import torch

    asked = replace(sampling, with_probability=True)
    found = _answers(small_root, prompts, asked, 8)
    assert {name: replace(one, mean_log_probability=None) for name, one in found.items()} == (
        _answers(small_root, prompts, sampling, 8)
    )
    tokenizer = load_tokenizer(small_root)
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    ends = end_tokens(model.generation_config, tokenizer)
    requests = [Request(prompt, prompt, asked) for prompt in prompts]
    ids = prompt_tokens(tokenizer, prompts)
    outputs = transformers_backend.generate_tokens(model, tokenizer, requests, ids, ends)
    for prompt, asked_ids, (tokens, _) in zip(prompts, ids, outputs, strict=True):
        drawn = tokens[: found[prompt].n_tokens + 1]
        with torch.inference_mode():
            logits = model(torch.tensor([asked_ids + drawn])).logits[0, len(asked_ids) - 1 : -1]
        rows = logits.log_softmax(-1)[range(len(drawn)), drawn]
        assert found[prompt].mean_log_probability == pytest.approx(rows.mean().item(), abs=1e-4)


def test_an_answer_ends_with_its_turn_or_is_cut(small_root: Path, questions: tuple) -> None:
    found = _answers(small_root, [f"{questions[0][1]} 1"], GREEDY, 1)
    cut = _answers(small_root, [f"{questions[0][1]} 1"], Sampling(max_new_tokens=2), 1)
    (whole,), (short,) = found.values(), cut.values()
    assert (short.finish_reason, short.n_tokens) == ("length", 2)
    assert whole.text.startswith(short.text)
    assert "<|" not in whole.text


def test_draws_follow_the_model(small_root: Path) -> None:
    """The share of each first token drawn is its softmax probability."""
    import torch

    from lahja.generation.transformers_backend import _gumbel_noise

    logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]]).repeat(4000, 1)
    noise = _gumbel_noise(Sampling(temperature=0.5), [*range(4000)], torch.device("cpu"))
    drawn = noise(None, logits).argmax(-1).bincount(minlength=4) / 4000
    assert drawn.tolist() == pytest.approx((logits[0] / 0.5).softmax(-1).tolist(), abs=0.03)


@pytest.mark.parametrize("stage", ["generation", "models", "chat"])
def test_answers_of_code_of_another_version_are_not_taken(
    small_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    request = Request("a", "b", GREEDY)
    (first,) = answer([request], TransformersBackend(small_root), tmp_path / "s")
    seed = draw_seed(request)
    monkeypatch.setitem(STAGES, stage, Stage(STAGES[stage].version + 1, ()))
    backend = TransformersBackend(small_root)
    monkeypatch.setattr(backend, "generate", lambda asked: [replace(first, id=r.id, text="fixed")
                                                            for r in asked])  # fmt: skip
    (again,) = answer([request], backend, tmp_path / "s")
    assert again.text == "fixed"
    assert draw_seed(request) == seed


def test_no_requests_load_nothing(small_root: Path) -> None:
    assert [*TransformersBackend(small_root).generate([])] == []
