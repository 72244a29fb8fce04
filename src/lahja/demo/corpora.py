"""Write all demo corpora in the layouts of the real ones: sentences, templates, prompts, labels."""

import csv
import re
from collections.abc import Iterable
from itertools import accumulate, islice
from pathlib import Path
from random import Random

from lahja.core.files import atomic_path, write_json, write_jsonl
from lahja.core.seeding import unit_draw
from lahja.core.varieties import get_variety
from lahja.demo import frames
from lahja.demo.frames import DIALECTS, Parallel, Settings, shuffled_sentences
from lahja.demo.instructions import evaluation_prompts, instructions

# File, and MADAR's own code in the column `lang`.
_CITIES = {
    "egy": ("Cairo", "CAI"), "mar": ("Rabat", "RAB"), "pse": ("Jerusalem", "JER"),
    "sau": ("Riyadh", "RIY"), "syr": ("Damascus", "DAM"), "msa": ("MSA", "MSA"),
    "eng": ("English", "EN"),
}  # fmt: skip
_MADAR_SPLITS = {
    frames.TRAIN: "corpus-6-train",
    frames.DEVELOPMENT: "corpus-6-dev",
    frames.TEST: "corpus-6-test-corpus-26-test",
}
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")


def build_demo(folder: Path, settings: Settings, output: Path) -> None:
    """Expand the hand-written sources into corpora below `output`, which appears when complete."""
    source = frames.load_source(folder)
    scenes = frames.expand(source, settings)
    sentences = frames.distinct_sentences(scenes)
    # A training sentence stands in one corpus only.
    corpora: dict[str, list[Parallel]] = {"madar": [], "nadi": [], "dial2msa": [], "flores": []}
    for sentence in sentences:
        draw = unit_draw(settings.seed, "corpus", sentence.name)
        drawn = "madar" if draw < 0.7 else "nadi" if draw < 0.86 else "dial2msa"
        corpus = {frames.TRAIN: drawn, frames.HELD_OUT: "flores"}.get(sentence.part, "madar")
        corpora[corpus].append(sentence)
    with atomic_path(output) as draft:
        _write_madar(corpora["madar"], settings.seed, draft / "MADAR")
        _write_nadi(corpora["nadi"], settings.seed, draft / "NADI")
        _write_dial2msa(corpora["dial2msa"], settings.seed, draft / "Dial2MSA-Verified")
        _write_flores(corpora["flores"], settings, draft / "flores200_dataset/devtest")
        train = [sentence for sentence in sentences if sentence.part == frames.TRAIN]
        _write(draft / "aldi/aldi.tsv", _labels(train, settings), ("sentence", "ALDi"))
        templates = {dialect: {"all": own} for dialect, own in source.templates.items()}
        write_json(draft / "al-qasida/prompt_templates/json/dial8.json", templates)
        for dialect in DIALECTS:
            asked = evaluation_prompts(source, scenes, settings, dialect)
            for task, rows in zip(("mono", "xling"), asked, strict=True):
                path = draft / f"al-qasida/{task}/{dialect}.csv"
                _write(path, [row.values() for row in rows], rows[0])
        write_jsonl(draft / "instructions.jsonl", instructions(source, scenes, settings))


def _write(path: Path, rows: Iterable[Iterable[object]], header: Iterable[str] = ()) -> None:
    """Write rows, quoted in a CSV file and with bare tabs in others."""
    plain = {"delimiter": "\t", "quoting": csv.QUOTE_NONE, "quotechar": None}
    form = {} if path.suffix == ".csv" else plain
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", **form).writerows([header, *rows] if header else rows)


def _write_madar(sentences: list[Parallel], seed: int, folder: Path) -> None:
    rng = Random(seed)
    numbers = accumulate(rng.choice((1, 1, 2, 5)) for _ in sentences)
    numbered = [*zip(numbers, shuffled_sentences(sentences, seed, "madar"), strict=True)]
    for variety, (city, code) in _CITIES.items():
        rows = [
            (number, _MADAR_SPLITS[sentence.part], code, sentence.texts[variety])
            for number, sentence in numbered
            # As in MADAR, where only Cairo and Rabat hold all of the training split.
            if variety not in ("pse", "sau", "syr")
            or sentence.part != frames.TRAIN
            or unit_draw(seed, variety, sentence.name) < 0.7
        ]
        header = ("sentID.BTEC", "split", "lang", "sent")
        _write(folder / f"MADAR.corpus.{city}.tsv", rows, header)


def _write_flores(sentences: list[Parallel], settings: Settings, folder: Path) -> None:
    # Every column is free of repeats, for a repeated line would count twice in the scores.
    seen, chosen = set(), []
    for sentence in shuffled_sentences(sentences, settings.seed, "flores"):
        if len(chosen) < settings.flores_lines and seen.isdisjoint(sentence.texts.items()):
            seen.update(sentence.texts.items())
            chosen.append(sentence)
    for variety in frames.VARIETIES:
        rows = [[sentence.texts[variety]] for sentence in chosen]
        _write(folder / f"{get_variety(variety).flores}.devtest", rows)


def _write_nadi(sentences: list[Parallel], seed: int, folder: Path) -> None:
    posts = []
    for variety in DIALECTS:
        for sentence in sentences:
            rng = Random(f"{seed}:{variety}:{sentence.name}")
            text = sentence.texts[variety]
            # With the tokens that NADI puts for mentions, links and numbers.
            if rng.random() < 0.2:
                text = "USER " + _NUMBER.sub("NUM", text.removesuffix(".")) + " URL"
            # No country posts everything.
            if rng.random() < 0.7:
                posts.append((rng.random(), text, get_variety(variety).country))
    rows = [(f"demo_train_{n}", *post[1:]) for n, post in enumerate(sorted(posts), start=1)]
    _write(folder / "NADI2023_TWT.tsv", rows, ("#1_id", "#2_content", "#3_country_label"))
    msa = dict.fromkeys((sentence.texts["msa"],) for sentence in sentences)
    _write(folder / "subtask_3_mono_MSA.txt", msa)


def _write_dial2msa(sentences: list[Parallel], seed: int, folder: Path) -> None:
    rows: dict[str, list[tuple[object, ...]]] = {"train": [], "dev": []}
    for number, sentence in enumerate(sentences, start=401):
        tweet = sentence.texts["egy"]
        split = "dev" if unit_draw(seed, "dial2msa", sentence.name) < 0.1 else "train"
        row = ("1.0", number, sentence.texts["msa"], tweet, tweet.removesuffix("."))
        rows[split].append(row)
    header = ("egytomsa:confidence", "id", "msa", "tweet", "cleanedtweet2")
    for split, own in rows.items():
        _write(folder / split / f"egy_{split}.csv", own, header)


def dialect_share(sentence: str, msa: str) -> float:
    """Return the share of a sentence's words that its MSA counterpart does not have."""
    words, standard = _WORD.findall(sentence), set(_WORD.findall(msa))
    return sum(word not in standard for word in words) / len(words)


def _labels(train: list[Parallel], settings: Settings) -> Iterable[tuple[str, float]]:
    """Return training sentences, two of seven in MSA, with their dialectness in [0, 1]."""
    labels: dict[str, float] = {}
    for turn in map(str, range(len(DIALECTS))):
        for sentence in shuffled_sentences(train, settings.seed, "aldi", turn):
            rng = Random(f"{settings.seed}:aldi:{turn}:{sentence.name}")
            text = sentence.texts[rng.choice((*DIALECTS, "msa", "msa"))]
            labels[text] = round(dialect_share(text, sentence.texts["msa"]), 4)
    return islice(labels.items(), settings.aldi_rows)
