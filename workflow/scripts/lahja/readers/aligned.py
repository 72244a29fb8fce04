"""Parallel corpora: MADAR, FLORES, Tatoeba, NADI's pairs, Dial2MSA and any aligned files."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lahja.errors import LahjaError
from lahja.readers.records import (
    Options,
    Reject,
    Sentence,
    check_options,
    required_option,
    wanted_varieties,
)
from lahja.readers.rows import existing, find_file, name_within, read_aligned, read_rows
from lahja.readers.table import read_columns
from lahja.varieties import VARIETIES, get_variety, variety_of_city

_MADAR_SPLITS = {
    "corpus-6-train": "train",
    "corpus-6-dev": "validation",
    "corpus-6-test-corpus-26-train": "train",
    "corpus-6-test-corpus-26-dev": "validation",
    "corpus-6-test-corpus-26-test": "evaluation",
}


def read_madar(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the sentences of MADAR's city files, grouped by their BTEC number.

    Options: `varieties`; `cities` restricts to some city files, which must then all be there;
    otherwise each variety needs at least one of its cities.
    """
    check_options("madar", options, "varieties", "cities")
    for city, file in _madar_files(path, options):
        variety = variety_of_city(city).code
        columns = ("sentID.BTEC", "split", "lang", "sent")
        for row in read_rows(file, file.name, columns, delimiter="\t", quoted=False):
            if isinstance(row, Reject):
                yield row
                continue
            split = row.fields["split"]
            if split not in _MADAR_SPLITS:
                reason = f"unknown split {split!r}"
                yield Reject(file.name, row.line, reason, row.fields["sent"])
                continue
            number = row.fields["sentID.BTEC"]
            text = row.fields["sent"]
            yield Sentence(text, variety, number, file.name, row.line, _MADAR_SPLITS[split])


def _madar_files(path: Path, options: Options) -> Iterator[tuple[str, Path]]:
    chosen = options.get("cities")
    for city in chosen or ():
        if variety_of_city(city) is None:
            raise LahjaError(f"reader madar: unknown city {city!r} in the option 'cities'")
    for code in VARIETIES:
        if code not in wanted_varieties(options):
            continue
        cities = [c for c in VARIETIES[code].madar_cities if chosen is None or c in chosen]
        files = {city: path / f"MADAR.corpus.{city}.tsv" for city in cities}
        there = {city: file for city, file in files.items() if chosen or file.is_file()}
        if files and not there:
            names = " or ".join(file.name for file in files.values())
            raise LahjaError(f"{path}: no file {names} (for {code})")
        yield from there.items()


def read_flores(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the sentences of FLORES-200 (`<split>/<code>.<split>`) or FLORES+ (Parquet).

    Options: `split` (`dev` or `devtest`, the default), `varieties`, and `codes`, a map from
    variety to file code where it differs from `varieties.py` (FLORES+ has no `ajp_Arab`).
    """
    check_options("flores", options, "split", "varieties", "codes")
    split = options.get("split", "devtest")
    if split not in ("dev", "devtest"):
        raise LahjaError(f"reader flores: split {split!r}: expected dev or devtest")
    codes = {v: VARIETIES[v].flores for v in VARIETIES if v in wanted_varieties(options)}
    codes |= {v: code for v, code in options.get("codes", {}).items() if v in codes}
    kind = "evaluation" if split == "devtest" else "validation"
    plain = {v: path / split / f"{code}.{split}" for v, code in codes.items()}
    plus = {v: path / split / f"{code}.parquet" for v, code in codes.items()}
    if not any(file.is_file() for file in plain.values()) and any(
        f.is_file() for f in plus.values()
    ):
        yield from _flores_plus(path, plus, kind)
    else:
        yield from _aligned_sentences(path, plain, kind)


def _flores_plus(path: Path, files: dict[str, Path], split: str) -> Iterator[Sentence]:
    for variety, file in files.items():
        rows = read_columns(existing(file), ("id", "text"))
        for line, row in enumerate(rows, start=1):
            name = name_within(path, file)
            yield Sentence(row["text"], variety, str(row["id"]), name, line, split)


def read_bitext(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the sentences of files that are aligned line by line.

    Options: `files`, a map from variety to file within `path`; `split`; `varieties`.
    """
    check_options("bitext", options, "files", "split", "varieties")
    named = required_option("bitext", options, "files")
    files = {get_variety(v).code: path / name for v, name in named.items()}
    wanted = wanted_varieties(options)
    files = {variety: file for variety, file in files.items() if variety in wanted}
    yield from _aligned_sentences(path, files, options.get("split"))


# Marks of a transcript: a break (*), a breath (+), a foreign word (<...>).
_TRANSCRIPT_MARKS = re.compile(r"[*<>]|(?<!\w)\+(?!\w)")


def read_iwslt(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield IWSLT 2024's Syrian transcripts and their translations, transcription marks removed.

    Options: `stem` of the files, by default `valid` for `valid.apc` and `valid.eng`; `split`.
    """
    check_options("iwslt", options, "stem", "split")
    stem = options.get("stem", "valid")
    files = {"syr": path / f"{stem}.apc", "eng": path / f"{stem}.eng"}
    for item in _aligned_sentences(path, files, options.get("split")):
        if isinstance(item, Sentence):
            item = replace(item, text=_TRANSCRIPT_MARKS.sub(" ", item.text))
        yield item


def read_tatoeba(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the sentence pairs of LASER's Tatoeba test sets with English.

    Options: `pairs`, a map from Tatoeba's language code to a variety, by default the Egyptian
    `arz`; `ara` is mostly, not only, MSA.
    """
    check_options("tatoeba", options, "pairs", "split")
    for code, variety in options.get("pairs", {"arz": "egy"}).items():
        stem = f"tatoeba.{code}-eng"
        files = {get_variety(variety).code: path / f"{stem}.{code}", "eng": path / f"{stem}.eng"}
        yield from _aligned_sentences(path, files, options.get("split"), prefix=f"{code}:")


def _aligned_sentences(
    path: Path, files: dict[str, Path], split: str | None, prefix: str = ""
) -> Iterator[Sentence | Reject]:
    for line, texts in read_aligned(files):
        for variety, text in texts.items():
            if isinstance(text, Reject):
                yield text
                continue
            name = name_within(path, files[variety])
            yield Sentence(text, variety, f"{prefix}{line}", name, line, split)


# NADI spells Egyptian this way.
_NADI_DIALECTS = {"Egyptain": "egy", "Palestinian": "pse"}


def read_nadi_pairs(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield both sides of NADI 2024 subtask 3, dialect sentences with their MSA translation.

    Options: `varieties` (of the dialect side); `file` within the folder; `split`.
    """
    check_options("nadi-pairs", options, "varieties", "file", "split")
    file = find_file("nadi-pairs", path, options, "*subtask3_*.tsv", "subtask3/*subtask3_*.tsv")
    name, wanted = name_within(path, file), wanted_varieties(options)
    columns = ("dialect_id", "source_da", "target_msa")
    for row in read_rows(file, name, columns, delimiter="\t", quoted=False):
        if isinstance(row, Reject):
            yield row
            continue
        group, dialect, msa = (row.fields[column] for column in columns)
        variety = _NADI_DIALECTS.get(group.rpartition("_")[0])
        if variety in wanted:
            yield Sentence(dialect, variety, group, name, row.line, options.get("split"))
            yield Sentence(msa, "msa", group, name, row.line, options.get("split"))


def read_dial2msa(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the tweets of Dial2MSA-Verified with their MSA references, grouped by tweet.

    Options: `regions`, a map from the corpus's region (`egy`, `glf`, `lev`, `mgr`) to a variety,
    by default Egypt alone: no other region is a country.
    """
    check_options("dial2msa", options, "regions")
    for region, variety in options.get("regions", {"egy": "egy"}).items():
        variety = get_variety(variety).code
        for folder, split in (("train", "train"), ("dev", "validation")):
            file = existing(path / folder / f"{region}_{folder}.csv")
            yield from _tweets_and_references(path, file, region, variety, split)


def _tweets_and_references(
    path: Path, file: Path, region: str, variety: str, split: str
) -> Iterator[Sentence | Reject]:
    name = name_within(path, file)
    columns = {
        "egy": ("id", "msa", "tweet"),
        "mgr": ("id", "msa", "cleanedtweet"),
    }.get(region, ("id", "msa_verified", "tweet"))
    seen: set[str] = set()
    for row in read_rows(file, name, columns):
        if isinstance(row, Reject):
            yield row
            continue
        number, msa, tweet = (row.fields[column] for column in columns)
        group = f"{region}:{number.removesuffix('.0')}"
        if group not in seen:
            seen.add(group)
            yield Sentence(tweet, variety, group, name, row.line, split)
        yield Sentence(msa, "msa", group, name, row.line, split)
