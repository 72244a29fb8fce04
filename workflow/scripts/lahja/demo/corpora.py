"""Write the demo's sentences in the layouts of MADAR, FLORES-200, NADI, DODa and Dial2MSA."""

import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path
from random import Random

from lahja.demo.expansion import (
    DEVELOPMENT,
    HELD_OUT,
    TEST,
    TRAIN,
    Parallel,
    Settings,
    shuffled_sentences,
)
from lahja.seeding import unit_draw
from lahja.varieties import DIALECTS, VARIETIES

# File, and MADAR's own code in the column `lang`.
_CITIES = {
    "egy": ("Cairo", "CAI"),
    "mar": ("Rabat", "RAB"),
    "pse": ("Jerusalem", "JER"),
    "sau": ("Riyadh", "RIY"),
    "syr": ("Damascus", "DAM"),
    "msa": ("MSA", "MSA"),
    "eng": ("English", "EN"),
}
_MADAR_SPLITS = {
    TRAIN: "corpus-6-train",
    DEVELOPMENT: "corpus-6-dev",
    TEST: "corpus-6-test-corpus-26-test",
}
_NUMBER = re.compile(r"\d+")
# How Moroccans spell Arabic letters on a Latin keyboard; short vowels are left out.
_LATIN = dict(
    zip("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىء", "abttj7kddrzs$sdtd3gf9klmnhwyaa2", strict=True)
) | {
    "أ": "a",
    "إ": "i",
    "آ": "a",
    "ؤ": "2",
    "ئ": "2",
    "؟": "?",
    "،": ",",
    "ش": "ch",
    "خ": "kh",
    "غ": "gh",
}


def write_corpora(sentences: list[Parallel], settings: Settings, folder: Path) -> dict[str, int]:
    """Write every corpus of sentences below a folder; return the number of rows of each."""
    shares = _shared_out(sentences, settings)
    flores = _flores_sentences(sentences, settings)
    return {
        "MADAR": _write_madar(shares["parallel"], sentences, settings, folder / "MADAR"),
        "flores200_dataset": _write_flores(flores, folder / "flores200_dataset" / "devtest"),
        "NADI": _write_nadi(shares["monolingual"], settings, folder / "NADI"),
        "darija-open-dataset": _write_doda(shares["doda"], folder / "darija-open-dataset"),
        "Dial2MSA-Verified": _write_dial2msa(
            shares["dial2msa"], settings, folder / "Dial2MSA-Verified"
        ),
    }


def write_rows(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> int:
    """Write a CSV file and return its number of rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    rows = list(rows)
    writer.writerows(rows)
    return _write(path, text.getvalue(), len(rows))


def write_lines(path: Path, lines: Iterable[str], header: str | None = None) -> int:
    """Write lines, each ended, and return their number without the header."""
    lines = list(lines)
    first = [] if header is None else [header]
    return _write(path, "".join(f"{line}\n" for line in first + lines), len(lines))


def _write(path: Path, text: str, count: int) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return count


def _shared_out(sentences: list[Parallel], settings: Settings) -> dict[str, list[Parallel]]:
    # A training sentence stands in one corpus only, so that no corpus repeats another.
    shares: dict[str, list[Parallel]] = {
        "parallel": [],
        "monolingual": [],
        "doda": [],
        "dial2msa": [],
    }
    monolingual = settings.parallel_share + settings.monolingual_share
    for sentence in sentences:
        if sentence.part == TRAIN:
            draw = unit_draw(settings.seed, "corpus", sentence.name)
            name = "doda" if draw < (1 + monolingual) / 2 else "dial2msa"
            name = "monolingual" if draw < monolingual else name
            shares["parallel" if draw < settings.parallel_share else name].append(sentence)
    return shares


def _write_madar(
    train: list[Parallel], sentences: list[Parallel], settings: Settings, folder: Path
) -> int:
    evaluation = [s for s in sentences if s.part in (DEVELOPMENT, TEST)]
    random = Random(settings.seed)
    number, numbered = 0, []
    for sentence in shuffled_sentences(train + evaluation, settings.seed, "madar"):
        number += random.choice((1, 1, 2, 5))
        numbered.append((number, sentence))
    rows = 0
    for variety, (city, code) in _CITIES.items():
        lines = [
            f"{number}\t{_MADAR_SPLITS[sentence.part]}\t{code}\t{sentence.texts[variety]}"
            for number, sentence in numbered
            if _is_in_city(sentence, variety, settings)
        ]
        header = "sentID.BTEC\tsplit\tlang\tsent"
        rows += write_lines(folder / f"MADAR.corpus.{city}.tsv", lines, header)
    return rows


def _is_in_city(sentence: Parallel, variety: str, settings: Settings) -> bool:
    # As in MADAR, where only Cairo and Rabat hold all of the training split.
    if variety not in ("pse", "sau", "syr") or sentence.part != TRAIN:
        return True
    return unit_draw(settings.seed, variety, sentence.name) < settings.covered_share


def _flores_sentences(sentences: list[Parallel], settings: Settings) -> list[Parallel]:
    held_out = [s for s in sentences if s.part == HELD_OUT]
    mixed = shuffled_sentences(held_out, settings.seed, "flores")
    # Every column is free of repeats, for a repeated line would count twice in the scores.
    seen: set[tuple[str, str]] = set()
    chosen = []
    for sentence in mixed:
        if len(chosen) < settings.flores_lines and seen.isdisjoint(sentence.texts.items()):
            seen.update(sentence.texts.items())
            chosen.append(sentence)
    return chosen


def _write_flores(sentences: list[Parallel], folder: Path) -> int:
    for variety, about in VARIETIES.items():
        lines = [sentence.texts[variety] for sentence in sentences]
        write_lines(folder / f"{about.flores}.devtest", lines)
    return len(sentences)


def _write_nadi(sentences: list[Parallel], settings: Settings, folder: Path) -> int:
    posts = []
    for variety in DIALECTS:
        for sentence in sentences:
            random = Random(f"{settings.seed}:{variety}:{sentence.name}")
            # No country posts everything.
            if random.random() < 0.7:
                text = _as_post(sentence.texts[variety], random)
                posts.append((random.random(), text, VARIETIES[variety].country))
    lines = [
        f"demo_train_{number}\t{text}\t{country}"
        for number, (_, text, country) in enumerate(sorted(posts), start=1)
    ]
    header = "#1_id\t#2_content\t#3_country_label"
    rows = write_lines(folder / "NADI2023_TWT.tsv", lines, header)
    msa = dict.fromkeys(sentence.texts["msa"] for sentence in sentences)
    return rows + write_lines(folder / "subtask_3_mono_MSA.txt", msa)


def _as_post(text: str, random: Random) -> str:
    """Return a sentence with the tokens that NADI puts for mentions, links and numbers."""
    if random.random() < 0.6:
        text = text.removesuffix(".")
    if random.random() < 0.15:
        text = _NUMBER.sub("NUM", text)
    if random.random() < 0.15:
        text = f"USER {text}"
    if random.random() < 0.1:
        text = f"{text} URL"
    return text


def _write_doda(sentences: list[Parallel], folder: Path) -> int:
    rows = [(_latin(s.texts["mar"]), s.texts["eng"], s.texts["mar"]) for s in sentences]
    header = ("darija", "eng", "darija_ar")
    return write_rows(folder / "sentences" / "sentences.csv", header, rows)


def _latin(text: str) -> str:
    return "".join(_LATIN.get(letter, letter) for letter in text)


def _write_dial2msa(sentences: list[Parallel], settings: Settings, folder: Path) -> int:
    header = ("egytomsa:confidence", "id", "msa", "tweet", "cleanedtweet2")
    rows: dict[str, list[tuple[object, ...]]] = {"train": [], "dev": []}
    for number, sentence in enumerate(sentences, start=401):
        tweet, msa = sentence.texts["egy"], sentence.texts["msa"]
        is_dev = unit_draw(settings.seed, "dial2msa", sentence.name) < 0.1
        row = ("1.0", number, msa, tweet, tweet.removesuffix("."))
        rows["dev" if is_dev else "train"].append(row)
    return sum(write_rows(folder / s / f"egy_{s}.csv", header, rows[s]) for s in rows)
