"""Decoding by minimum Bayes risk: agreement, the pull of dialect, and how samples are drawn."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import GENERATIONS, RESPONSES, WEIGHED_GENERATIONS
from lahja.core.varieties import NADI_COUNTRIES
from lahja.evaluation.mbr import best_sample, choose_responses
from lahja.generation.answering import respond
from lahja.generation.backend import Answer, Request, Sampling
from lahja.scoring.translation import (
    agreement,
    chrf_plus_plus,
    chrf_statistics,
    pairwise_chrf_statistics,
)

TEXTS = [
    "أنا مش عايز أروح السوق دلوقتي",
    "أنا مش عاوز أروح السوق دلوقت!",
    "أنا لا أريد أن أذهب إلى السوق الآن",
    "I do not want to go to the market",
    "a",
    "",
    "مش مش مش مش",
]


def test_pairwise_statistics_are_sacrebleus() -> None:
    found = pairwise_chrf_statistics(TEXTS)
    for row, text in enumerate(TEXTS):
        expected = chrf_statistics([text] * len(TEXTS), TEXTS)
        assert found[row].tolist() == expected.tolist()


def test_agreement_is_the_mean_chrf_with_the_others() -> None:
    texts = ["the cat sat", "the cat sat down", "a dog ran", "the cat sat"]
    for row, value in enumerate(agreement(texts)):
        others = [text for place, text in enumerate(texts) if place != row]
        expected = chrf_plus_plus(chrf_statistics([texts[row]] * 3, others)).mean()
        assert value == pytest.approx(expected)
    assert agreement(["alone"]).tolist() == [0]


@pytest.mark.parametrize(
    ("texts", "adi2", "weight", "place"),
    [
        # What most agree on; the outlier is more dialectal.
        (["the cat sat", "the dog sat", "the dog ran", "xyz"], [0.1, 0.1, 0.1, 0.9], 0.0, 1),
        (["the cat sat", "the dog sat", "the dog ran", "xyz"], [0.1, 0.1, 0.1, 0.9], 5.0, 3),
        # Of two that agree the more dialectal.
        (["the cat sat", "the cat sat", "zz"], [0.1, 0.2, 0.0], 0.3, 1),
        # Of equals the first.
        (["one two", "one two"], [0.5, 0.5], 0.3, 0),
        # An empty text is no answer, however well the others agree with it.
        (["", "", "", "xyz"], [0, 0, 0, 0], 0.3, 3),
        (["", ""], [0, 0], 0.3, 0),
    ],
)
def test_the_best_sample_agrees_and_is_dialectal(texts, adi2, weight, place) -> None:
    assert best_sample(texts, np.array(adi2), weight) == place


def test_votes_count_by_the_models_own_probability() -> None:
    texts, log_probabilities = ["the cat sat", "the cat ran", "a dog ran"], [-1.0, -0.5, -0.2]
    chrf = np.array([chrf_plus_plus(chrf_statistics([text] * 3, texts)).tolist() for text in texts])
    p = np.exp(2.0 * np.array(log_probabilities))
    expected = [
        (p[0] * 100 + p[1] * chrf[0, 1] + p[2] * chrf[0, 2]) / (p[0] + p[1] + p[2]),
        (p[0] * chrf[1, 0] + p[1] * 100 + p[2] * chrf[1, 2]) / (p[0] + p[1] + p[2]),
        (p[0] * chrf[2, 0] + p[1] * chrf[2, 1] + p[2] * 100) / (p[0] + p[1] + p[2]),
    ]
    found = agreement(texts, 2.0 * np.array(log_probabilities))
    assert found.tolist() == pytest.approx(expected)
    # Without a weight, and where all are as probable, it is the mean with the others.
    for votes in (0.0 * np.array(log_probabilities), np.full(3, -1.5)):
        assert agreement(texts, votes).tolist() == agreement(texts).tolist()
    # Under a large weight one text's vote is all there is, and that text has it.
    alone = agreement(texts, 1e6 * np.array(log_probabilities))
    assert alone.tolist() == pytest.approx([chrf[0, 2], chrf[1, 2], 100])
    # A text that was drawn twice has two votes.
    twice = agreement([*texts, texts[0]], np.log([1, 1, 2, 1]))
    once = agreement(texts, np.log([2, 1, 2]))
    assert twice[:3].tolist() == pytest.approx(once.tolist())


def tables(target: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return one prompt, three samples of it, the last from Egypt, and what scorers say of them."""
    prompts = pd.DataFrame([{"prompt_id": "p", "task": "translation", "target_variety": target}])
    texts = ["the cat sat", "the cat sat", "the cat sits"]
    samples = pd.DataFrame(
        [("p", None, "m", n, text, "stop", 3) for n, text in enumerate(texts)],
        columns=GENERATIONS.names,
    )
    egypt = np.eye(len(NADI_COUNTRIES))[NADI_COUNTRIES.index("Egypt")]
    scored = pd.DataFrame(
        {"response": texts, "is_arabic": True, "aldi": [0.0, 0.0, 1.0], "countries": [egypt] * 3}
    )
    return prompts, samples, scored


@pytest.mark.parametrize(
    ("target", "weight", "text"),
    [
        ("egy", 1.0, "the cat sits"),
        ("egy", 0.0, "the cat sat"),
        # The text is Egyptian, which Moroccans did not ask for and English speakers neither.
        ("mar", 1.0, "the cat sat"),
        ("eng", 1.0, "the cat sat"),
    ],
)
def test_dialect_counts_where_it_is_asked_for(target: str, weight: float, text: str) -> None:
    chosen = choose_responses(*tables(target), weight)
    assert [*chosen.columns] == RESPONSES.names
    assert chosen["response"].tolist() == [text]


def test_samples_that_the_model_finds_probable_decide() -> None:
    prompts, samples, scored = tables("eng")
    texts = ["the cat sat", "the cat sat down", "xyz", "xyz abc"]
    samples = samples.iloc[[0] * 4].assign(response=texts, sample=range(4))
    samples["mean_log_probability"] = [-2.0, -2.0, -0.1, -0.1]
    scored = scored.iloc[[0] * 4].assign(response=texts)
    chosen = [
        choose_responses(prompts, samples, scored, 0.0, weight)["response"].item()
        for weight in (0.0, 5.0)
    ]
    # Of two pairs that agree the one that agrees more, then the one that is more probable.
    assert [text.split()[0] for text in chosen] == ["the", "xyz"]


def test_a_prompt_without_samples_is_named() -> None:
    prompts, samples, scored = tables("egy")
    more = pd.concat([prompts, prompts.assign(prompt_id="q")])
    with pytest.raises(LahjaError, match="prompt q has no samples"):
        choose_responses(more, samples, scored, 0.3)


class RandomWords:
    """A backend that says its seed, and counts what it is asked."""

    identity = "random"
    asked = 0

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        for request in requests:
            self.asked += 1
            yield Answer(request.id, f"{request.prompt} {request.sampling.seed}", "stop", 2)


def test_samples_have_seeds_of_their_own_and_are_kept(tmp_path: Path) -> None:
    prompts = pd.DataFrame({"prompt_id": ["a", "b"], "prompt": ["x", "y"]})
    backend, sampling = RandomWords(), Sampling(temperature=0.7, seed=3)
    first = respond(prompts, "m", sampling, backend, tmp_path / "s.jsonl", 2)
    assert first["sample"].tolist() == [0, 1, 0, 1]
    assert first["response"].tolist() == ["x 300000", "x 300001", "y 300000", "y 300001"]
    more = respond(prompts, "m", sampling, backend, tmp_path / "s.jsonl", 3)
    # Two more samples are asked for, none again.
    assert backend.asked == 6
    assert more["response"].nunique() == 6


@pytest.mark.model
def test_the_script_draws_and_keeps_samples(
    small_root: Path, questions: tuple, tmp_path: Path
) -> None:
    from generate_responses import main

    from lahja.core.tables import EVALUATION_PROMPTS, read_table, write_table

    rows = [
        dict.fromkeys(EVALUATION_PROMPTS.names, code) | {"prompt_id": code, "prompt": prompt}
        for code, prompt, _ in questions[:2]
    ]
    write_table(tmp_path / "p.parquet", pd.DataFrame(rows), EVALUATION_PROMPTS)
    sampling = {"temperature": 1.0, "max_new_tokens": 8, "seed": 1}
    generator = {"name": "m", "backend": "transformers", "sampling": sampling}
    store, output = tmp_path / "s.jsonl", tmp_path / "o.parquet"
    main(
        [tmp_path / "p.parquet"], generator, store, output,
        root=small_root, samples=3, evaluation=True,
    )  # fmt: skip
    samples = read_table(output, GENERATIONS)
    assert samples.groupby("prompt_id")["sample"].apply(list).tolist() == [[0, 1, 2]] * 2
    assert samples["response"].nunique() > 2
    weighed = generator | {"sampling": sampling | {"with_probability": True}}
    main(
        [tmp_path / "p.parquet"], weighed, store, output,
        root=small_root, samples=3, evaluation=True,
    )  # fmt: skip
    # The same draws, asked again for their probabilities.
    again = read_table(output, WEIGHED_GENERATIONS)
    pd.testing.assert_frame_equal(again[GENERATIONS.names], samples)
    assert again["mean_log_probability"].between(-20, 0).all()
    assert len(store.read_text(encoding="utf-8").splitlines()) == 12
