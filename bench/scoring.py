"""Time the judges against AL-QASIDA's loop, and the choice of samples by minimum Bayes risk.

python bench/scoring.py OUTPUTS [--texts 120] [--rounds 3] [--threads 2] [--batches]

OUTPUTS is a folder of `*_samples.csv` as AL-QASIDA publishes them: their answers are the texts.
Both models have MARBERT's shape and random weights, their tokenizer is learnt from the texts.
AL-QASIDA scores text by text: each model tokenises it and runs with gradients recorded. Both sides
take turns in one process; times are of the processor. --batches: ours with other numbers of tokens
per batch, too.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lahja.core.varieties import NADI_COUNTRIES
from lahja.corpora.readers import Output, read_outputs
from lahja.demo.scorers import SmallScorerSettings, train_scorer_tokenizer
from lahja.evaluation.mbr import agreement
from lahja.models import device
from lahja.scoring.dialectness import adi2, country_probability
from lahja.scoring.judges import AldiScorer, CountryScorer, one_line

_MARBERT = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
_VOCABULARY = 100_000


def main() -> None:
    """Run it and print tables of milliseconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("outputs", type=Path)
    for name, default in (("texts", 120), ("rounds", 3), ("threads", 2), ("hidden", 768)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--batches", action="store_true")
    options = parser.parse_args()
    found = [one.response for one in read_outputs(options.outputs, {}) if isinstance(one, Output)]
    texts = pd.Series(found).drop_duplicates().sample(options.texts, random_state=0).tolist()
    print(f"{len(found):,} texts, {len(set(found)):,} distinct; of these {len(texts)}")
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        models = write_models(Path(folder), found, options.hidden)
        compare_judges(models, [one_line(text) for text in texts], options)
    time_mbr(texts)


def write_models(folder: Path, texts: Sequence[str], hidden: int) -> tuple[Path, Path]:
    """Write a regressor and a classifier of countries with random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = train_scorer_tokenizer(texts, SmallScorerSettings(vocabulary=20_000))
    shape = _MARBERT | {"hidden_size": hidden, "intermediate_size": 4 * hidden}
    for seed, (name, n_labels) in enumerate((("aldi", 1), ("country", len(NADI_COUNTRIES)))):
        torch.manual_seed(seed)
        config = BertConfig(vocab_size=_VOCABULARY, num_labels=n_labels, **shape)
        model = BertForSequenceClassification(config)
        # Scores spread over their range, as a trained model's do.
        model.classifier.weight.data *= 1 if n_labels == 1 else 8
        model.classifier.bias.data += 0.5
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    return folder / "aldi", folder / "country"


def compare_judges(
    models: tuple[Path, Path], texts: list[str], options: argparse.Namespace
) -> None:
    """Print times a text of AL-QASIDA's loop and ours, and the largest difference in ADI2."""
    import torch

    torch.set_num_threads(options.threads)
    theirs = text_by_text(*models)
    sides: dict[str, tuple[Callable[[list[str]], np.ndarray], int]] = {
        "AL-QASIDA's loop": (theirs, 0)
    }
    for precision in ("fp32", "bf16"):
        for tokens in (128, 256, 512, 1024, 2048) if options.batches else (512,):
            sides[f"ours, {precision}, {tokens} tokens"] = (ours(*models, precision), tokens)
    times: dict[str, list[float]] = {name: [] for name in sides}
    scores = {}
    for _ in range(options.rounds):
        for name, (score, tokens) in sides.items():
            device.BATCH_TOKENS["cpu"] = tokens
            start = time.process_time()
            scores[name] = score(texts)
            times[name].append(1000 * (time.process_time() - start) / len(texts))
    first = next(iter(sides))
    base = np.median(times[first])
    print(f"load {os.getloadavg()[0]:.1f}, {options.threads} threads")
    for name, values in times.items():
        apart = np.abs(scores[name] - scores[first]).max()
        took = np.median(values)
        print(
            f"{name:<26}{took:8.1f} ms a text   ratio {base / took:4.2f}   ADI2 apart {apart:.1e}"
        )


def text_by_text(aldi: Path, country: Path) -> Callable[[list[str]], np.ndarray]:
    """Return the scoring of texts into ADI2 as AL-QASIDA's `eval/evaluator.py` does it."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizers = [AutoTokenizer.from_pretrained(folder) for folder in (aldi, country)]
    regressor, classifier = (
        AutoModelForSequenceClassification.from_pretrained(folder) for folder in (aldi, country)
    )

    def score(texts: list[str]) -> np.ndarray:
        """Return ADI2 of each text."""
        found = []
        for text in texts:
            logits = classifier(**tokenizers[1](text, return_tensors="pt")).logits
            countries = torch.softmax(logits, dim=1).flatten().tolist()
            level = regressor(**tokenizers[0](text, return_tensors="pt")).logits
            dialectness = min(max(0, level[0][0].item()), 1)
            found.append(adi2(country_probability(np.array(countries), "egy"), dialectness))
        return np.array(found)

    return score


def ours(aldi: Path, country: Path, precision: str) -> Callable[[list[str]], np.ndarray]:
    """Return the scoring of texts into ADI2 by the workflow's own scorers."""
    regressor = AldiScorer(aldi, precision=precision)
    classifier = CountryScorer(country, precision=precision)

    def score(texts: list[str]) -> np.ndarray:
        """Return ADI2 of each text."""
        wanted = [country_probability(row, "egy") for row in classifier.score(texts)]
        return adi2(np.array(wanted), regressor.score(texts))

    return score


def time_mbr(texts: list[str], samples: int = 16, words: int = 20) -> None:
    """Print the time that choosing among samples of a prompt takes: made-up ones of real words."""
    random = np.random.default_rng(0)
    pool = np.array([word for text in texts for word in text.split()])
    prompts = []
    for _ in range(100):
        base = random.choice(pool, words)
        kept = random.random((samples, words)) < 0.7
        drawn = np.where(kept, base, random.choice(pool, (samples, words)))
        prompts.append([" ".join(row) for row in drawn])
    took = []
    for _ in range(5):
        start = time.process_time()
        for prompt in prompts:
            agreement(prompt)
        took.append(1000 * (time.process_time() - start) / len(prompts))
    print(f"MBR of {samples} samples of {words} words: {np.median(took):.2f} ms a prompt")


if __name__ == "__main__":
    main()
