"""Tiny models that several tests share, built once."""

from pathlib import Path

import pandas as pd
import pytest

from lahja.tables import EXAMPLES, write_table
from lahja.training.pretrain import pretrain

QUESTIONS = (
    ("egy", "Say in Egyptian: how are you 12?", "عامل إيه يا باشا ١٢؟"),
    ("mar", "Say in Moroccan: how are you 12?", "لاباس عليك واش كلشي مزيان؟"),
    ("pse", "Say in Palestinian: how are you?", "كيف حالك شو أخبارك هلأ؟"),
    ("sau", "Say in Saudi: how are you?", "وش لونك وش مسوي اليوم؟"),
    ("syr", "Say in Syrian: how are you?", "شلونك شو عم تعمل؟"),
    ("msa", "Say in Standard Arabic: how are you?", "كيف حالك وماذا تفعل الآن؟"),
)


@pytest.fixture(scope="session")
def questions() -> tuple[tuple[str, str, str], ...]:
    """Variety, prompt and answer of a few questions."""
    return QUESTIONS


def example_rows() -> pd.DataFrame:
    """Return a few EXAMPLES, and one plain text."""
    rows = [
        {
            "example_id": f"{code}{n}",
            "kind": "question",
            "variety": code,
            "prompt": f"{prompt} {n}",
            "completion": answer,
        }
        for n in range(4)
        for code, prompt, answer in QUESTIONS
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small table of EXAMPLES."""
    path = tmp_path_factory.mktemp("examples") / "examples.parquet"
    write_table(path, example_rows(), EXAMPLES)
    return path


def pretrain_small(examples: Path, folder: Path, hidden: int = 32) -> Path:
    """Return a Llama of two heads that has seen the examples a few times."""
    settings = {
        "hidden": hidden,
        "layers": 1,
        "heads": 2,
        "intermediate": 48,
        "vocabulary": 420,
        "epochs": 30,
        "learning_rate": 0.01,
        "batch_tokens": 512,
    }
    pretrain(examples, settings, folder / "work", folder / "base", {"name": "small"}, 1)
    return folder / "base"


@pytest.fixture(scope="session")
def small_root(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of a few thousand weights that has seen the examples a few times."""
    return pretrain_small(examples, tmp_path_factory.mktemp("root"))
