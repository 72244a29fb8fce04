"""Tiny models that several tests share, built once."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from lahja.core.tables import EXAMPLES, write_table
from lahja.core.varieties import FOLDER, VARIETIES, Varieties
from lahja.demo.language_models import pretrain
from lahja.prompts import intent, wordings

if TYPE_CHECKING:
    from lahja.report.page import Run

# Before torch is imported: tiny models are fastest on one thread, and tests run side by side.
os.environ.setdefault("OMP_NUM_THREADS", "1")

QUESTIONS = (
    ("egy", "Say in Egyptian: how are you 12?", "عامل إيه يا باشا ١٢؟"),
    ("mar", "Say in Moroccan: how are you 12?", "لاباس عليك واش كلشي مزيان؟"),
    ("pse", "Say in Palestinian: how are you?", "كيف حالك شو أخبارك هلأ؟"),
    ("sau", "Say in Saudi: how are you?", "وش لونك وش مسوي اليوم؟"),
    ("syr", "Say in Syrian: how are you?", "شلونك شو عم تعمل؟"),
    ("msa", "Say in Standard Arabic: how are you?", "كيف حالك وماذا تفعل الآن؟"),
)


@pytest.fixture(scope="module")
def open_bench(root: Path, request: pytest.FixtureRequest) -> Callable[[str], ModuleType]:
    """Return how to open a script of bench/ as a module."""

    def open_script(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"bench_{name}", root / f"bench/{name}.py")
        module = importlib.util.module_from_spec(spec)
        # Its dataclasses look themselves up there.
        sys.modules[spec.name] = module
        request.addfinalizer(lambda: sys.modules.pop(spec.name))
        spec.loader.exec_module(module)
        return module

    return open_script


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
    pretrain(examples, settings, folder / "base", {"name": "small"})
    return folder / "base"


@pytest.fixture(scope="session")
def small_root(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of a few thousand weights that has seen the examples a few times."""
    return pretrain_small(examples, tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="session")
def attacked_run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """A made-up run with its figures, whose two models answer with a script."""
    from reporting_run import ATTACK, made_up_run, sentence_scores

    scores = sentence_scores(["llama", "llama+RL"], 6, ATTACK)
    return made_up_run(scores, tmp_path_factory.mktemp("run"), root / "resources" / "paper")


@pytest.fixture
def tunisian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make Tunisian a known dialect, by nothing but its file."""
    folder = tmp_path / "varieties"
    shutil.copytree(FOLDER, folder)
    shutil.copy(Path(__file__).parents[1] / "tunisian" / "tun.yaml", folder)
    read = (wordings._markers, wordings.variety_names, intent._request)
    with monkeypatch.context() as patch:
        patch.setitem(vars(VARIETIES), "data", dict(Varieties(folder)))
        for function in read:
            function.cache_clear()
        yield
    for function in read:
        function.cache_clear()
