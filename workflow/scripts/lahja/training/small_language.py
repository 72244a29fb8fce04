"""Train a small fastText language identifier with FLORES codes as labels."""

import ctypes
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lahja.errors import LahjaError
from lahja.files import atomic_path
from lahja.scorers.language import MODEL_FILE
from lahja.scorers.sequence import one_line
from lahja.seeding import shuffled
from lahja.settings import parse_settings
from lahja.tables import SENTENCES, read_table
from lahja.varieties import get_variety


@dataclass(frozen=True)
class SmallLanguageSettings:
    """fastText's parameters; `bucket` bounds the file's size."""

    epochs: int = 10
    learning_rate: float = 0.5
    dimensions: int = 16
    longest_ngram: int = 4
    bucket: int = 20_000
    max_sentences: int | None = None
    seed: int = 0


def train_small_language(sentences: Path, settings: dict, output: Path) -> None:
    """Train on SENTENCES of the split "train" and write a folder with `model.bin`.

    One thread, for fastText's outcome depends on how its threads interleave; only off Linux
    two, with which it fills its memory itself.
    """
    import fasttext

    options = parse_settings(SmallLanguageSettings, settings)
    rows = read_table(sentences, SENTENCES)
    rows = shuffled(rows[rows["split"] == "train"], options.seed, "sentence_id")
    if options.max_sentences is not None:
        rows = rows.groupby("variety").head(options.max_sentences)
    if rows.empty:
        raise LahjaError(f"{sentences}: no training sentences for the language identifier")
    lines = [
        f"__label__{get_variety(row.variety).flores} {one_line(row.text)}\n"
        for row in rows.itertuples()
    ]
    with tempfile.TemporaryDirectory() as folder, _zeroed_memory() as is_zeroed:
        data = Path(folder) / "train.txt"
        data.write_text("".join(lines), encoding="utf-8")
        model = fasttext.train_supervised(
            input=str(data),
            epoch=options.epochs,
            lr=options.learning_rate,
            dim=options.dimensions,
            minn=1,
            maxn=options.longest_ngram,
            bucket=options.bucket,
            thread=1 if is_zeroed else 2,
            seed=options.seed,
            verbose=0,
        )
    with atomic_path(output) as draft:
        draft.mkdir()
        model.save_model(str(draft / MODEL_FILE))


@contextmanager
def _zeroed_memory() -> Iterator[bool]:
    """Let glibc hand out memory filled with zeros; yields whether it does.

    With one thread fastText initialises a tenth of its matrix only and trains on whatever lay in
    the rest: other outcomes each time, NaN among them.
    """
    perturb = -6  # M_PERTURB of <malloc.h>; memory is filled with the complement of its value
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    is_zeroed = bool(mallopt and mallopt(perturb, 0xFF))
    try:
        yield is_zeroed
    finally:
        if is_zeroed:
            mallopt(perturb, 0)
