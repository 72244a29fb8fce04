"""Monolingual sentences as plain text, and the script that writes it and other examples."""

from pathlib import Path

import pandas as pd
import pytest

from lahja.core.errors import LahjaError
from lahja.core.tables import EXAMPLES, LABELLED_SENTENCES, SENTENCES, read_table, write_table
from lahja.training.example_data import text_data


def sentences() -> pd.DataFrame:
    """Return three sentences of each variety and split."""
    rows = [
        {"sentence_id": f"c:{code}{split}{n}", "variety": code, "split": split}
        | {"text": f"{code} {split} {n}", "corpus": "c", "n_words": 3}
        for code in ("egy", "syr", "msa")
        for split in ("train", "validation", "test", "evaluation")
        for n in range(3)
    ]
    return pd.DataFrame(rows).reindex(columns=SENTENCES.names).assign(aldi=0.5, line=1)


def test_training_sentences_of_the_varieties_become_text_without_a_prompt() -> None:
    found = text_data(sentences(), varieties=["syr", "egy"], per_variety=None, seed=1)
    assert set(found["completion"]) == {f"{c} train {n}" for c in ("egy", "syr") for n in range(3)}
    assert found["prompt"].isna().all()
    assert (found["variety"] == found["completion"].str[:3]).all()


def test_so_many_of_each_variety_and_others_of_another_seed() -> None:
    few, other = (
        text_data(sentences(), varieties=["syr", "egy"], per_variety=2, seed=seed)
        for seed in (1, 4)
    )
    assert few["variety"].value_counts().to_dict() == {"egy": 2, "syr": 2}
    assert set(few["example_id"]) != set(other["example_id"])
    with pytest.raises(LahjaError, match="variety mar: no sentences of split 'train'"):
        text_data(sentences(), varieties=["mar"], per_variety=2, seed=1)


def test_the_script_writes_text_and_multiple_choices(tmp_path: Path) -> None:
    from build_examples import main

    write_table(tmp_path / "s", sentences(), SENTENCES)
    settings = {"varieties": ["egy"], "per_variety": 2, "seed": 1}
    main("text", tmp_path / "s", settings, [tmp_path / "t"])
    assert read_table(tmp_path / "t", EXAMPLES)["kind"].tolist() == ["text"] * 2
    settings = {"varieties": ["egy", "msa"], "per_variety": 2, "test_per_variety": 1, "seed": 1}
    main("classification", tmp_path / "s", settings, [tmp_path / "c", tmp_path / "test"])
    assert read_table(tmp_path / "c", EXAMPLES)["prompt"].str.startswith("Which of the foll").all()
    assert len(read_table(tmp_path / "test", LABELLED_SENTENCES)) == 2
