"""Published corpora in the layouts of their releases, tables and texts of one sentence a line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from lahja.core.config import corpora as options_of
from lahja.core.errors import LahjaError
from lahja.core.varieties import VARIETIES, variety_of_country, variety_of_iso_country
from lahja.corpora.readers.rows import (
    Reject,
    Sentence,
    existing,
    find_file,
    find_files,
    name_within,
    read_lines,
    wanted_varieties,
)
from lahja.corpora.readers.tables import Layout, read_layout

Items = Iterator[Sentence | Reject]
_tsv = partial(Layout, delimiter="\t")
_MADAR_SPLITS = {
    "corpus-6-train": "train",
    "corpus-6-dev": "validation",
    "corpus-6-test-corpus-26-train": "train",
    "corpus-6-test-corpus-26-dev": "validation",
    "corpus-6-test-corpus-26-test": "evaluation",
}
# NADI spells Egyptian this way.
_NADI_DIALECTS = {"Egyptain": "egy", "Palestinian": "pse"}
# Marks of a transcript: a break (*), a breath (+), a foreign word (<...>).
_TRANSCRIPT_MARKS = re.compile(r"[*<>]|(?<!\w)\+(?!\w)")


def _of_country(label: str) -> str | None:
    variety = variety_of_country(label)
    return variety and variety.code


def _unquoted(text: str, escaped: str) -> str:
    # A text without the quotation marks that enclose it; within them `escaped` stands for one.
    wrapped = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return text[1:-1].replace(escaped, '"') if wrapped else text


# --- tables -----------------------------------------------------------------------------------

_MADAR = _tsv(
    {"group": "sentID.BTEC", "split": "split", "text": "sent"},
    is_one_text=True,
    splits=_MADAR_SPLITS,
)
# Tweets of a country. NADI 2021 quoted some twice over, the second time with backslashes.
_NADI = _tsv(
    {"group": 0, "text": 1, "variety": "#3_country_label"},
    label=_of_country,
    clean=lambda text: _unquoted(_unquoted(text, '""'), '\\"'),
)
_NADI_PAIRS = _tsv(
    {"group": "dialect_id", "variety": "dialect_id", "text": "source_da", "msa": "target_msa"},
    label=lambda group: _NADI_DIALECTS.get(group.rpartition("_")[0]),
    is_one_text=True,
    full_sides=("msa",),
)
# The country files hold other countries' rows too: their names are no labels.
_HABIBI = Layout(
    {"group": "songID", "text": "Lyrics", "variety": "SingerNationality"},
    label=lambda country: _of_country(country.replace(" ", "_")),
    group=lambda song: song.removesuffix(".0"),
)
_DIAL2MSA = Layout(
    {"group": "id", "text": "tweet", "msa": "msa"},
    variety="egy",
    group=lambda tweet: f"egy:{tweet.removesuffix('.0')}",
    is_one_text=True,
    full_sides=("msa",),
)


def read_nadi(path: Path, options: options_of.OneFileOptions) -> Items:
    """Yield NADI's tweets, labelled by country."""
    return _read_one(path, ("*NADI*TWT.tsv", "**/*NADI*TWT.tsv"), _NADI, options)


def read_nadi_pairs(path: Path, options: options_of.OneFileOptions) -> Items:
    """Yield both sides of NADI 2024 subtask 3, dialect sentences with their MSA translation."""
    patterns = "*subtask3_*.tsv", "subtask3/*subtask3_*.tsv"
    if options.varieties is not None:
        # A sentence comes with its translation, whichever dialects are read.
        options = options.model_copy(update={"varieties": [*options.varieties, "msa"]})
    return _read_one(path, patterns, _NADI_PAIRS, options)


def _read_one(
    path: Path, patterns: tuple[str, ...], layout: Layout, options: options_of.OneFileOptions
) -> Items:
    file = find_file(path, options.file, *patterns)
    layout = replace(layout, varieties=options.varieties, split=options.split)
    return read_layout(path, [file], layout)


def read_madar(path: Path, options: options_of.MadarOptions) -> Items:
    """Yield the sentences of MADAR's city files, grouped by their BTEC number.

    City files that are named must all be there, else each variety needs at least one of its own.
    """
    chosen = options.cities
    splits = {
        name: split if name in (options.splits or _MADAR_SPLITS) else ""
        for name, split in _MADAR_SPLITS.items()
    }
    for code in (c for c in VARIETIES if c in wanted_varieties(options.varieties)):
        cities = [c for c in VARIETIES[code].madar_cities if chosen is None or c in chosen]
        files = [path / f"MADAR.corpus.{city}.tsv" for city in cities]
        there = [file for file in files if chosen or file.is_file()]
        if files and not there:
            raise LahjaError(f"{path}: no file {' or '.join(f.name for f in files)} (for {code})")
        layout = replace(_MADAR, variety=code, splits=splits)
        # The cities of a country translate one text differently.
        for item in chain.from_iterable(read_layout(path, [file], layout) for file in there):
            if isinstance(item, Reject) or item.split:
                yield item


def read_habibi(path: Path, options: options_of.HabibiOptions) -> Items:
    """Yield HABIBI's song lines, labelled by the singer's country and grouped by song."""
    layout = replace(_HABIBI, varieties=options.varieties, split=options.split)
    return read_layout(path, find_files(path, "*.csv"), layout)


def read_doda(path: Path, options: options_of.DodaOptions) -> Items:
    """Yield DODa's Moroccan sentences, with their English where it is filled in."""
    moroccan = {"arabic": "darija_ar", "latin": "darija"}[options.script]
    columns = {"mar": moroccan, "eng": "eng"}
    layout = Layout(columns, full_sides=("mar",), varieties=options.varieties)
    files = find_files(path, *(f"{folder}/*.csv" for folder in options.folders))
    return read_layout(path, files, layout)


def read_dial2msa(path: Path, _: options_of.NoOptions) -> Items:
    """Yield Dial2MSA-Verified's Egyptian tweets with their MSA references, grouped by tweet.

    Its other regions are of several countries.
    """
    for folder, split in (("train", "train"), ("dev", "validation")):
        file = existing(path / folder / f"egy_{folder}.csv")
        yield from _once_a_group(read_layout(path, [file], replace(_DIAL2MSA, split=split)))


def _once_a_group(items: Iterable[Sentence | Reject]) -> Items:
    # A tweet stands in the row of each of its references, before it.
    seen = set()
    for item in items:
        if isinstance(item, Reject) or item.variety == "msa" or item.group not in seen:
            yield item
        if isinstance(item, Sentence):
            seen.add(item.group)


# --- lines ------------------------------------------------------------------------------------


def read_plain_lines(path: Path, options: options_of.LinesOptions) -> Items:
    """Yield one sentence per line of plain text files."""
    for file in find_files(path, *options.files):
        yield from _lines(path, file, options.variety, options.split)


def _lines(path: Path, file: Path, variety: str, split: str | None) -> Items:
    name = name_within(path, file)
    for item in read_lines(file, name):
        if isinstance(item, Reject):
            yield item
        else:
            line, text = item
            yield Sentence(text.strip(), variety, f"{name}:{line}", name, line, split)


def read_qadi(path: Path, options: options_of.OneFileOptions) -> Items:
    """Yield the tweets of QADI's test set; the label is the last tab-separated field."""
    file = find_file(path, options.file, "QADI_*.txt", "testset/QADI_*.txt")
    wanted, n_labelled = wanted_varieties(options.varieties), 0
    for item in _lines(path, file, "", options.split):
        text, tab, label = item.text.rpartition("\t")
        n_labelled += bool(tab)
        variety = variety_of_iso_country(label.strip())
        if isinstance(item, Reject):
            yield item
        elif not tab:
            yield Reject(item.file, item.line, "no tab before a country label", label)
        elif variety and variety.code in wanted:
            yield item._replace(text=text, variety=variety.code, group=str(item.line))
    if not n_labelled:
        raise LahjaError(f"{file}: no line is a text, a tab and a country label")


def read_flores(path: Path, options: options_of.FloresOptions) -> Items:
    """Yield the sentences of FLORES-200 (`<split>/<code>.<split>`) or FLORES+ (Parquet)."""
    split, wanted = options.split, wanted_varieties(options.varieties)
    codes = {v: options.codes.get(v, VARIETIES[v].flores) for v in VARIETIES if v in wanted}
    kind = "evaluation" if split == "devtest" else "validation"
    if not any((path / split).glob("*.parquet")):
        files = {variety: path / split / f"{code}.{split}" for variety, code in codes.items()}
        yield from _aligned(path, files, kind)
        return
    columns = {"group": "id", "text": "text"}
    layout = Layout(columns, delimiter=None, is_one_text=True, split=kind)
    for variety, code in codes.items():
        file = existing(path / split / f"{code}.parquet")
        yield from read_layout(path, [file], replace(layout, variety=variety))


def read_bitext(path: Path, options: options_of.BitextOptions) -> Items:
    """Yield the sentences of files that are aligned line by line."""
    wanted = wanted_varieties(options.varieties)
    files = {v: path / name for v, name in options.files.items() if v in wanted}
    return _aligned(path, files, options.split)


def read_iwslt(path: Path, options: options_of.IwsltOptions) -> Items:
    """Yield IWSLT 2024's Syrian transcripts and their translations, transcription marks removed."""
    files = {"syr": path / f"{options.stem}.apc", "eng": path / f"{options.stem}.eng"}
    for item in _aligned(path, files, options.split):
        yield item._replace(text=_TRANSCRIPT_MARKS.sub(" ", item.text))


def read_tatoeba(path: Path, options: options_of.TatoebaOptions) -> Items:
    """Yield the sentence pairs of LASER's Tatoeba test sets with English.

    Its `ara` is mostly, not only, MSA.
    """
    for code, variety in options.pairs.items():
        stem = f"tatoeba.{code}-eng"
        files = {variety: path / f"{stem}.{code}", "eng": path / f"{stem}.eng"}
        yield from _aligned(path, files, options.split, prefix=f"{code}:")


def _aligned(path: Path, files: dict[str, Path], split: str | None, prefix: str = "") -> Items:
    """Yield the lines of files in turn, those of one number as one group."""
    sides = [list(_lines(path, file, variety, split)) for variety, file in files.items()]
    if len(set(map(len, sides))) > 1:
        lengths = zip(files.values(), map(len, sides), strict=True)
        counts = ", ".join(f"{file.name} has {n}" for file, n in lengths)
        raise LahjaError(f"{path}: aligned files differ in their number of lines: {counts}")
    for number, row in enumerate(zip(*sides, strict=True), start=1):
        for item in row:
            is_sentence = isinstance(item, Sentence)
            yield item._replace(group=f"{prefix}{number}") if is_sentence else item
