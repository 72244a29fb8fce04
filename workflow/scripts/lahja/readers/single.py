"""Corpora of single sentences: NADI, QADI, Shami, AOC, ArSarcasm, HABIBI and DODa."""

from collections.abc import Iterator
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
from lahja.readers.rows import find_file, find_files, name_within, read_lines, read_rows
from lahja.varieties import get_variety, variety_of_country, variety_of_iso_country


def read_plain_lines(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield one sentence per line of plain text files.

    Options: `variety` of all lines (required); `files`, patterns within the folder, by default
    `*.txt`; `split`.
    """
    check_options("lines", options, "variety", "files", "split")
    variety = get_variety(required_option("lines", options, "variety")).code
    for file in find_files(path, *options.get("files", ["*.txt"])):
        yield from _sentences_of_lines(path, file, variety, options.get("split"))


def _sentences_of_lines(
    path: Path, file: Path, variety: str, split: str | None = None
) -> Iterator[Sentence | Reject]:
    name = name_within(path, file)
    for item in read_lines(file, name):
        if isinstance(item, Reject):
            yield item
        else:
            line, text = item
            yield Sentence(text.strip(), variety, f"{name}:{line}", name, line, split)


def read_nadi(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the tweets of a NADI subtask 1 file (2021 or 2023), labelled by country.

    Options: `file` within the folder where it holds several; `varieties`; `split`.
    """
    check_options("nadi", options, "file", "varieties", "split")
    file = find_file("nadi", path, options, "*NADI*TWT.tsv", "**/*NADI*TWT.tsv")
    name, wanted = name_within(path, file), wanted_varieties(options)
    for row in read_rows(file, name, ("#3_country_label",), delimiter="\t", quoted=False):
        if isinstance(row, Reject):
            yield row
            continue
        number, text, country = list(row.fields.values())[:3]
        variety = variety_of_country(country)
        if variety and variety.code in wanted:
            # NADI 2021 quoted some tweets twice over, the second time with backslashes.
            text = _unquoted(_unquoted(text, '""'), '\\"')
            yield Sentence(text, variety.code, number, name, row.line, options.get("split"))


def read_nadi_aldi(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the tweets of NADI 2024 that carry a human ALDi and are judged valid in Egypt.

    `path` is the folder that holds `subtask1` and `subtask2`, whose dev sentences are the same.
    """
    check_options("nadi-aldi", options)
    countries = find_file("nadi-aldi", path, {}, "subtask1/NADI2024_subtask1_dev*.tsv")
    levels = find_file("nadi-aldi", path, {}, "subtask2/NADI2024_subtask2_dev*.tsv")
    rows = read_rows(countries, countries.name, ("sentence", "Egypt"), delimiter="\t", quoted=False)
    egyptian = {
        row.fields["sentence"]
        for row in rows
        if not isinstance(row, Reject) and row.fields["Egypt"] == "y"
    }
    name = name_within(path, levels)
    for row in read_rows(levels, name, ("sentence", "ALDi"), delimiter="\t", quoted=False):
        if isinstance(row, Reject):
            yield row
            continue
        text = row.fields["sentence"]
        if text in egyptian:
            aldi = float(row.fields["ALDi"])
            yield Sentence(text, "egy", str(row.line), name, row.line, aldi=aldi)


def read_qadi(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the tweets of QADI's test set; the label is the last tab-separated field.

    Options: `varieties`; `file`; `split`.
    """
    check_options("qadi", options, "varieties", "file", "split")
    file = find_file("qadi", path, options, "QADI_*.txt", "testset/QADI_*.txt")
    name, wanted = name_within(path, file), wanted_varieties(options)
    n_labelled = 0
    for item in read_lines(file, name):
        if isinstance(item, Reject):
            yield item
            continue
        line, text = item
        text, tab, label = text.rpartition("\t")
        n_labelled += bool(tab)
        if not tab:
            yield Reject(name, line, "no tab before a country label", label)
            continue
        variety = variety_of_iso_country(label.strip())
        if variety and variety.code in wanted:
            yield Sentence(text, variety.code, str(line), name, line, options.get("split"))
    if not n_labelled:
        raise LahjaError(f"{file}: no line is a text, a tab and a country label")


_AOC_FILES = {
    "MSA_*-segs.txt.norm": "msa",
    "dialect_youm7-segs.txt.norm": "egy",
    "dialect_alriyadh-segs.txt.norm": "sau",
}


def read_aoc(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the newspaper comments of AOC, the dialect taken from the newspaper's country.

    Options: `varieties`.
    """
    check_options("aoc", options, "varieties")
    for pattern, variety in _AOC_FILES.items():
        if variety in wanted_varieties(options):
            for file in find_files(path, pattern):
                yield from _sentences_of_lines(path, file, variety)


_ARSARCASM_DIALECTS = {"msa": "msa", "egypt": "egy"}


def read_arsarcasm(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield the MSA and Egyptian tweets of ArSarcasm-v2; its other labels are no countries.

    Options: `varieties`; `file`; `split`.
    """
    check_options("arsarcasm", options, "varieties", "file", "split")
    file = find_file("arsarcasm", path, options, "training_data.csv", "*/training_data.csv")
    name, wanted = name_within(path, file), wanted_varieties(options)
    for row in read_rows(file, name, ("tweet", "dialect")):
        if isinstance(row, Reject):
            yield row
            continue
        variety = _ARSARCASM_DIALECTS.get(row.fields["dialect"])
        if variety in wanted:
            # The release wraps most tweets in one more pair of quotation marks.
            text = _unquoted(row.fields["tweet"], '""')
            yield Sentence(text, variety, str(row.line), name, row.line, options.get("split"))


def _unquoted(text: str, escaped: str) -> str:
    # A text without the quotation marks that enclose it; within them `escaped` stands for one.
    wrapped = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return text[1:-1].replace(escaped, '"') if wrapped else text


def read_habibi(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield HABIBI's song lines, labelled by the singer's country and grouped by song.

    The country files hold other countries' rows too: the file's name says nothing.
    Options: `varieties`; `split`.
    """
    check_options("habibi", options, "varieties", "split")
    wanted = wanted_varieties(options)
    columns = ("songID", "LyricsOrder", "Lyrics", "SingerNationality")
    for file in find_files(path, "*.csv"):
        name = name_within(path, file)
        for row in read_rows(file, name, columns):
            if isinstance(row, Reject):
                yield row
                continue
            variety = variety_of_country(row.fields["SingerNationality"].replace(" ", "_"))
            if variety and variety.code in wanted:
                song = row.fields["songID"].removesuffix(".0")
                text = row.fields["Lyrics"]
                yield Sentence(text, variety.code, song, name, row.line, options.get("split"))


_DODA_FOLDERS = ("sentences", "ongoing", "x-tra")
_DODA_SCRIPTS = {"arabic": "darija_ar", "latin": "darija"}


def read_doda(path: Path, options: Options) -> Iterator[Sentence | Reject]:
    """Yield DODa's Moroccan sentences, with their English where it is filled in.

    Options: `script` of the Moroccan side (`arabic`, the default, or `latin`); `folders`, by
    default all of sentences, ongoing and x-tra that are there; `varieties`.
    """
    check_options("doda", options, "script", "folders", "varieties")
    script = options.get("script", "arabic")
    if script not in _DODA_SCRIPTS:
        raise LahjaError(f"reader doda: script {script!r}: expected arabic or latin")
    folders = options.get("folders", _DODA_FOLDERS)
    wanted = wanted_varieties(options)
    for file in find_files(path, *(f"{folder}/*.csv" for folder in folders)):
        name = name_within(path, file)
        for row in read_rows(file, name, ("darija", "eng", "darija_ar")):
            if isinstance(row, Reject):
                yield row
                continue
            group = f"{name}:{row.line}"
            if "mar" in wanted:
                yield Sentence(row.fields[_DODA_SCRIPTS[script]], "mar", group, name, row.line)
            if "eng" in wanted and row.fields["eng"].strip():
                yield Sentence(row.fields["eng"], "eng", group, name, row.line)
