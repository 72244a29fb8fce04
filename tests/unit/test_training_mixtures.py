"""Several datasets learnt in one pass, by weight."""

from pathlib import Path

import pandas as pd
import pytest
from train_adapter import main

from lahja.core.files import read_json
from lahja.core.tables import EXAMPLES, read_table, write_table
from lahja.training.adapters import last_checkpoint
from lahja.training.batches import ByTokens
from lahja.training.example_data import mixture
from lahja.training.tracking import CURVE_FILE


def table(name: str, number: int) -> pd.DataFrame:
    rows = [
        dict.fromkeys(EXAMPLES.names, "x") | {"example_id": f"{name}{n}"} for n in range(number)
    ]
    return pd.DataFrame(rows)


def test_each_example_is_there_as_often_as_its_dataset_weighs() -> None:
    tables = [table("a", 4), table("b", 10), table("c", 10)]
    counts = mixture(tables, [2, 0.5, 1.3], seed=1)["example_id"].value_counts()
    assert {counts[f"a{n}"] for n in range(4)} == {2}
    halves = [name for name in counts.index if name.startswith("b")]
    assert len(halves) == 5 and {counts[name] for name in halves} == {1}
    assert sorted(counts[f"c{n}"] for n in range(10)) == [1] * 7 + [2] * 3


def test_another_seed_draws_another_half() -> None:
    one, same, other = (set(mixture([table("a", 30)], [0.5], s)["example_id"]) for s in (1, 1, 2))
    assert one == same != other
    assert len(one) == len(other) == 15


SETTINGS = {
    "epochs": 2, "batch": 8, "accumulation": 1, "learning_rate": 0.02, "rank": 4, "seed": 3,
    "checkpoint_steps": 2,
}  # fmt: skip


@pytest.fixture
def train(examples: Path, small_root: Path, tmp_path: Path):
    """Train on 24 questions and 16 plain texts, with the weights that are given."""
    texts = read_table(examples, EXAMPLES).head(16).assign(prompt=None)
    write_table(tmp_path / "texts", texts.assign(example_id="t" + texts["example_id"]), EXAMPLES)

    def train(name: str, *weights: float) -> pd.DataFrame:
        settings, data = SETTINGS | {"weights": [*weights]}, [examples, tmp_path / "texts"]
        main("sft", small_root, data, settings, tmp_path / "work" / "m", tmp_path / name)
        assert not [*(tmp_path / "work").iterdir()]
        return pd.read_csv(tmp_path / name / CURVE_FILE)

    return train


@pytest.mark.model
def test_a_mixture_is_learnt_and_resumed_with_its_weights(
    train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train("whole", 1, 0.5)
    assert read_json(tmp_path / "whole" / "model.json")["n_examples"] == 32
    assert len(whole) == 8
    step = ByTokens.training_step

    def crash_at_five(self, *given, **options):
        if self.state.global_step == 5:
            raise KeyboardInterrupt
        return step(self, *given, **options)

    begun = []

    def note(self, *given, **options):
        begun.append(self.state.global_step)
        return step(self, *given, **options)

    # The same weights resume, others begin anew.
    for weights, first in (((1, 0.5), 4), ((1, 0.25), 0)):
        monkeypatch.setattr(ByTokens, "training_step", crash_at_five)
        with pytest.raises(KeyboardInterrupt):
            train("stopped", 1, 0.5)
        assert last_checkpoint(tmp_path / "work" / "m").endswith("checkpoint-4")
        monkeypatch.setattr(ByTokens, "training_step", note)
        begun.clear()
        curve = train(f"again-{first}", *weights)
        assert begun[0] == first
        if first:
            assert [*curve["loss"]] == pytest.approx([*whole["loss"]], abs=1e-4)
