from pathlib import Path

import pandas as pd
import pytest

from lahja.core import stages
from lahja.core.config.scorers import NllbDecoding
from lahja.core.tables import PARALLEL, read_table, write_table
from lahja.demo.language_models import known_pairs, train_small_nllb
from lahja.models.nllb import NllbTranslator
from lahja.scoring.repetition import is_looping
from lahja.training.augmentation import augment

PAIRS = [("كيف حالك ؟", "how are you ?"), ("أريد قهوة .", "I want coffee .")]


def _rows() -> pd.DataFrame:
    def row(name: str, msa: str | None, eng: str | None, split: str = "train") -> dict:
        return {
            **dict.fromkeys(PARALLEL.names),
            "pair_id": name,
            "split": split,
            "variety": "egy",
            "text": "ازيك",
            "msa": msa,
            "msa_origin": msa and "corpus",
            "eng": eng,
            "eng_origin": eng and "corpus",
        }

    rows = [row(f"{n}{place}", *pair) for n in range(3) for place, pair in enumerate(PAIRS)]
    rows += [row("no-msa", None, "how are you ?"), row("no-eng", "أريد قهوة .", None)]
    rows += [row("none", None, None), row("held-out", None, "I want coffee .", "test")]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def small_nllb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nllb")
    write_table(folder / "parallel.parquet", _rows(), PARALLEL)
    settings = {"epochs": 150, "hidden": 32, "layers": 1, "heads": 2, "vocabulary": 120}
    train_small_nllb(
        folder / "parallel.parquet",
        {**settings, "intermediate": 32, "learning_rate": 0.005},
        folder / "small",
    )
    return folder / "small"


def test_pairs_are_distinct_and_known_on_both_sides() -> None:
    assert known_pairs(_rows()) == sorted(PAIRS)


@pytest.mark.model
def test_the_small_model_translates_what_it_learnt(small_nllb: Path) -> None:
    translator = NllbTranslator(small_nllb, NllbDecoding(beams=2, max_length=20))
    for source, target, place in (("msa", "eng", 0), ("eng", "msa", 1)):
        texts = [pair[place] for pair in PAIRS]
        found = {
            texts[row]: said
            for rows, translations in translator.translate(texts, source, target)
            for row, said in zip(rows, translations, strict=True)
        }
        assert found == {pair[place]: pair[1 - place] for pair in PAIRS}


@pytest.mark.model
def test_missing_sides_are_filled_and_marked(small_nllb: Path, tmp_path: Path) -> None:
    parallel = tmp_path / "p.parquet"
    write_table(parallel, _rows(), PARALLEL)
    settings = NllbDecoding(beams=1, max_length=20)
    filled = augment(read_table(parallel, PARALLEL), small_nllb, settings, tmp_path / "work")
    filled = filled.set_index("pair_id")
    assert filled.loc["no-msa", ["msa", "msa_origin"]].tolist() == ["كيف حالك ؟", "nllb"]
    assert filled.loc["no-eng", ["eng", "eng_origin"]].tolist() == ["I want coffee .", "nllb"]
    assert filled.loc["00", "msa_origin"] == "corpus"
    assert filled.loc["none", "msa"] is None
    assert filled.loc["held-out", "msa"] is None


@pytest.mark.model
def test_a_second_run_translates_nothing_anew(
    small_nllb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = NllbDecoding(beams=1, max_length=20)
    first = augment(_rows(), small_nllb, settings, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(NllbTranslator, "__init__", lambda *args: pytest.fail("loaded again"))
        assert first.equals(augment(_rows(), small_nllb, settings, tmp_path))
        # The size of the batches makes no other translations.
        larger = NllbDecoding(beams=1, max_length=20, batch=99)
        assert first.equals(augment(_rows(), small_nllb, larger, tmp_path))


@pytest.mark.model
def test_translations_of_another_version_are_made_anew(
    small_nllb: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = NllbDecoding(beams=1, max_length=20)
    augment(_rows(), small_nllb, settings, tmp_path)
    stored = (tmp_path / "translations.jsonl").read_text().count("\n")
    monkeypatch.setitem(stages.STAGES, "nllb", stages.Stage(99, ()))
    augment(_rows(), small_nllb, settings, tmp_path)
    assert (tmp_path / "translations.jsonl").read_text().count("\n") == 2 * stored > 0


@pytest.mark.model
def test_a_translation_that_does_not_end_fills_nothing(small_nllb: Path, tmp_path: Path) -> None:
    filled = augment(_rows(), small_nllb, NllbDecoding(beams=1, max_length=1), tmp_path)
    filled = filled.set_index("pair_id")
    assert filled.loc[["no-msa", "no-eng"], ["msa", "eng"]].isna().sum().sum() == 2
    assert "nllb" not in set(filled["msa_origin"]) | set(filled["eng_origin"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have a little little little little little.", True),
        ("آسف خمسة و خمسة و خمسة و خمسة و خمسة و", True),
        ("لا ي ي ي ي ي", True),
        ("Siiiiiiiiiiiiiiiiiii", True),
        ("the chahahahahahahaha", True),
        ("لا لا لا، مش عايز", False),
        ("ههههههههههههه والله", False),
        ("I have ten, ten, ten and 1000000000 more.", False),
        ("", False),
    ],
)
def test_loops_are_told_from_emphasis(text: str, expected: bool) -> None:
    assert is_looping(text) is expected
