"""Published corpora in the layouts of their releases, tables and texts of one sentence a line."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import get_args

from lahja.core.config import corpora as options_of
from lahja.core.errors import LahjaError
from lahja.core.varieties import VARIETIES, variety_of_country
from lahja.corpora.readers import rows
from lahja.corpora.readers.rows import Reject, Sentence
from lahja.corpora.readers.tables import Layout, read_layout

Items = Iterator[Sentence | Reject]
_SPLITS = {"train": "train", "dev": "validation", "test": "evaluation"}
_MADAR_SPLITS = {name: _SPLITS[name.split("-")[-1]] for name in get_args(options_of.MadarSplit)}
# NADI spells Egyptian this way.
_NADI_DIALECTS = {"Egyptain": "egy", "Palestinian": "pse"}
# Marks of a transcript: a break (*), a breath (+), a foreign word (<...>).
_TRANSCRIPT_MARKS = re.compile(r"[*<>]|(?<!\w)\+(?!\w)")


def read_table(path: Path, options: options_of.TableOptions) -> Items:
    """Yield the sentences of tables whose columns the options name.

    A table has a column of texts, or one for each variety: then each row is a group of
    translations. Rows with a label of no variety are passed over.
    """
    layout = Layout(
        options.columns,
        options.varieties,
        options.split,
        options.variety,
        label=options.labels.get if options.labels else str,
        is_one_text="text" not in options.columns,
        splits=options.splits or {},
        quoted=options.quoted,
    )
    return read_layout(path, rows.find_files(path, *options.files), layout)


def read_nadi(path: Path, options: options_of.OneFileOptions) -> Items:
    """Yield NADI's tweets, labelled by country."""
    columns = {"group": 0, "text": 1, "variety": "#3_country_label"}
    layout = Layout(columns, options.varieties, options.split, label=_of_country, clean=_unquoted)
    file = rows.find_file(path, options.file, "*NADI*TWT.tsv", "**/*NADI*TWT.tsv")
    return read_layout(path, [file], layout)


def _of_country(label: str) -> str | None:
    variety = variety_of_country(label)
    return variety and variety.code


def _unquoted(text: str) -> str:
    # NADI 2021 quoted some tweets twice over, the second time with backslashes.
    for escaped in ('""', '\\"'):
        if len(text) > 1 and text.startswith('"') and text.endswith('"'):
            text = text[1:-1].replace(escaped, '"')
    return text


def read_nadi_pairs(path: Path, options: options_of.OneFileOptions) -> Items:
    """Yield both sides of NADI 2024 subtask 3, dialect sentences with their MSA translation."""
    layout = Layout(
        {"group": "dialect_id", "variety": "dialect_id", "text": "source_da", "msa": "target_msa"},
        options.varieties,
        options.split,
        label=lambda group: _NADI_DIALECTS.get(group.rpartition("_")[0]),
        is_one_text=True,
        full_sides=("msa",),
    )
    file = rows.find_file(path, options.file, "*subtask3_*.tsv", "subtask3/*subtask3_*.tsv")
    return read_layout(path, [file], layout)


def read_madar(path: Path, options: options_of.MadarOptions) -> Items:
    """Yield the sentences of MADAR's city files, grouped by their BTEC number.

    City files that are named must all be there, else each variety needs at least one of its own.
    """
    chosen, asked = options.cities, options.splits or _MADAR_SPLITS
    splits = {name: split if name in asked else "" for name, split in _MADAR_SPLITS.items()}
    columns = {"group": "sentID.BTEC", "split": "split", "text": "sent"}
    for code in (c for c in VARIETIES if c in rows.wanted_varieties(options.varieties)):
        cities = [c for c in VARIETIES[code].madar_cities if chosen is None or c in chosen]
        files = [path / f"MADAR.corpus.{city}.tsv" for city in cities]
        there = [file for file in files if chosen or file.is_file()]
        if files and not there:
            raise LahjaError(f"{path}: no file {' or '.join(f.name for f in files)} (for {code})")
        layout = Layout(columns, variety=code, is_one_text=True, splits=splits)
        # The cities of a country translate one text differently.
        for item in chain.from_iterable(read_layout(path, [file], layout) for file in there):
            if isinstance(item, Reject) or item.split:
                yield item


def read_habibi(path: Path, options: options_of.HabibiOptions) -> Items:
    """Yield HABIBI's song lines, labelled by the singer's country and grouped by song.

    The country files hold other countries' rows too: their names are no labels.
    """
    layout = Layout(
        {"group": "songID", "text": "Lyrics", "variety": "SingerNationality"},
        options.varieties,
        options.split,
        label=lambda country: _of_country(country.replace(" ", "_")),
        group=lambda song: song.removesuffix(".0"),
    )
    return read_layout(path, rows.find_files(path, "*.csv"), layout)


def read_doda(path: Path, options: options_of.DodaOptions) -> Items:
    """Yield DODa's Moroccan sentences, with their English where it is filled in."""
    moroccan = {"arabic": "darija_ar", "latin": "darija"}[options.script]
    layout = Layout({"mar": moroccan, "eng": "eng"}, options.varieties, full_sides=("mar",))
    files = rows.find_files(path, *(f"{folder}/*.csv" for folder in options.folders))
    return read_layout(path, files, layout)


def read_dial2msa(path: Path, _: options_of.NoOptions) -> Items:
    """Yield Dial2MSA-Verified's Egyptian tweets with their MSA references, grouped by tweet.

    Its other regions are of several countries.
    """
    for folder, split in (("train", "train"), ("dev", "validation")):
        layout = Layout(
            {"group": "id", "text": "tweet", "msa": "msa"},
            variety="egy",
            group=lambda tweet: f"egy:{tweet.removesuffix('.0')}",
            is_one_text=True,
            full_sides=("msa",),
            split=split,
        )
        seen = set()
        for item in read_layout(path, [path / folder / f"egy_{folder}.csv"], layout):
            # A tweet stands in the row of each of its references.
            if isinstance(item, Reject) or item.variety == "msa":
                yield item
            elif item.group not in seen:
                seen.add(item.group)
                yield item


def read_lines(path: Path, options: options_of.LinesOptions) -> Items:
    """Yield one sentence per line of plain text files."""
    for file in rows.find_files(path, *options.files):
        yield from _lines(path, file, options.variety, options.split)


def _lines(path: Path, file: Path, variety: str, split: str | None) -> Items:
    name = rows.name_within(path, file)
    for item in rows.read_lines(file, name):
        if isinstance(item, Reject):
            yield item
        else:
            line, text = item
            yield Sentence(text.strip(), variety, f"{name}:{line}", name, line, split)


def read_qadi(path: Path, options: options_of.OneFileOptions) -> Items:
    """Yield the tweets of QADI's test set; the label is the last tab-separated field."""
    file = rows.find_file(path, options.file, "QADI_*.txt", "testset/QADI_*.txt")
    wanted = rows.wanted_varieties(options.varieties)
    codes, n_labelled = {v.iso_country: code for code, v in VARIETIES.items() if code in wanted}, 0
    for item in _lines(path, file, "", options.split):
        text, tab, label = item.text.rpartition("\t")
        n_labelled += bool(tab)
        if isinstance(item, Reject):
            yield item
        elif not tab:
            yield Reject(item.file, item.line, "no tab before a country label", label)
        elif variety := codes.get(label.strip()):
            yield item._replace(text=text, variety=variety, group=str(item.line))
    if not n_labelled:
        raise LahjaError(f"{file}: no line is a text, a tab and a country label")


def read_flores(path: Path, options: options_of.FloresOptions) -> Items:
    """Yield the sentences of FLORES-200 (`<split>/<code>.<split>`) or FLORES+ (Parquet)."""
    folder, wanted = path / options.split, rows.wanted_varieties(options.varieties)
    codes = {v: options.codes.get(v, VARIETIES[v].flores) for v in VARIETIES if v in wanted}
    split = "evaluation" if options.split == "devtest" else "validation"
    if not any(folder.glob("*.parquet")):
        files = {variety: folder / f"{code}.{options.split}" for variety, code in codes.items()}
        yield from _aligned(path, files, split)
        return
    columns = {"group": "id", "text": "text"}
    for variety, code in codes.items():
        layout = Layout(columns, variety=variety, is_one_text=True, split=split)
        yield from read_layout(path, [folder / f"{code}.parquet"], layout)


def read_bitext(path: Path, options: options_of.BitextOptions) -> Items:
    """Yield the sentences of files that are aligned line by line."""
    wanted = rows.wanted_varieties(options.varieties)
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
    if len({*map(len, sides)}) > 1:
        named = zip(files.values(), sides, strict=True)
        counts = ", ".join(f"{file.name} has {len(side)}" for file, side in named)
        raise LahjaError(f"{path}: aligned files differ in their number of lines: {counts}")
    for number, row in enumerate(zip(*sides, strict=True), start=1):
        for item in row:
            is_sentence = isinstance(item, Sentence)
            yield item._replace(group=f"{prefix}{number}") if is_sentence else item
