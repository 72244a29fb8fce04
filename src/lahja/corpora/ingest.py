"""Read one corpus into the workflow's own table, and refuse what cannot be used, with reasons."""

import re
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_text
from lahja.core.tables import CORPUS, REJECTS
from lahja.core.varieties import NAMING_VARIETIES, get_variety
from lahja.corpora.readers import PROMPT_READERS, READERS, Prompt, Reader, Reject, Sentence
from lahja.corpora.text import arabic_share, count_words, normalise_text

DUPLICATE = "duplicate"
# Items of a reader that are Python's objects at once.
_BATCH = 1 << 16
# The fields of a sentence and what is found out of it; a row that a reader refused has no variety.
_ROWS = {
    "text": pl.String, "variety": pl.String, "group_id": pl.String, "file": pl.String,
    "line": pl.Int64, "split": pl.String, "aldi": pl.Float64, "n_words": pl.Int64,
    "reason": pl.String,
}  # fmt: skip
# Share of a text's letters that must be of its variety's script.
_MIN_SCRIPT_SHARE = 0.5
# No sentence is so long, of however few words; of one that is, what the table of rejects shows.
_MAX_CHARACTERS, _MAX_SHOWN = 100_000, 1000
# How programs write that there is no value.
_MISSING = ("nan", "<na>", "nat", "null")
_SENTENCE = re.compile(r"nor after it\.\n(.*)\nTranslation:", re.DOTALL)
# The request for a dialect, which stands at the start, in the middle or at the end of one prompt.
_REQUEST = re.compile(
    r"(?i)(?:please )?(?:(?:reply|respond|answer|write|written) in|in|using|use) \w+ arabic"
    r"(?: please)?"
)
_QUOTED = re.compile(r'["“«](.+)["”»]', re.DOTALL)


def ingest_corpus(
    name: str, corpus: dict[str, Any], folder: Path, min_words: int, max_words: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a corpus's sentences (schema `CORPUS`) and what was refused (schema `REJECTS`).

    `corpus` is its entry in the config, of which `reader` and `options` count here; `folder` is
    where its files are. Within a group of translations a text is kept once, and of texts that
    stand alone the first of each split. Raises `LahjaError` where nothing is left.
    """
    rows = _with_ids(name, pl.concat(_batches(name, corpus, folder, (min_words, max_words))))
    usable = pl.col("reason").is_null()
    # Of the usable rows alone: a faulty one is no earlier copy.
    is_repeat = usable & ~pl.struct("reason", "sentence_id").is_first_distinct()
    rows = rows.with_columns(reason=pl.when(is_repeat).then(pl.lit(DUPLICATE)).otherwise("reason"))
    kept, refused = rows.filter(usable), rows.filter(~usable)
    if kept.is_empty():
        counts = refused["reason"].value_counts(sort=True).head(3).rows()
        why = ", ".join(f"{n} rows {reason}" for reason, n in counts) or "no rows of our varieties"
        raise LahjaError(f"corpus {name}: nothing usable in {folder}: {why}")
    # What a reader refused comes first.
    refused = refused.sort(pl.col("variety").is_not_null(), maintain_order=True)
    return kept.select(CORPUS.names), refused.select(REJECTS.names)


def read_ready_prompts(folder: Path, corpus: dict[str, Any]) -> list[Prompt]:
    """Return the ready prompts of a corpus, given by its config entry and its folder.

    Rows that are none are named on standard error.
    """
    read = _reader(PROMPT_READERS, str(folder), corpus)
    prompts = []
    for item in read(corpus_path(folder, corpus), corpus["options"]):
        if isinstance(item, Prompt):
            prompts.append(item)
        else:
            print(f"{folder}: {item.file}:{item.line}: left out, {item.reason}", file=sys.stderr)
    return prompts


def _reader(readers: dict[str, Reader], place: str, corpus: dict[str, Any]) -> Reader:
    if corpus["reader"] not in readers:
        expected = " ".join(readers)
        raise LahjaError(f"{place}: reader {corpus['reader']!r} does not suit: expected {expected}")
    return readers[corpus["reader"]]


def asked_text(prompt: str) -> str:
    """Return what a prompt of AL-QASIDA is about, the same in whatever dialect it is asked for."""
    match = _SENTENCE.search(prompt)
    return match[1] if match else _REQUEST.sub("", prompt)


def texts_of_prompt(prompt: str) -> Iterator[str]:
    """Yield what training must not hold of an evaluation prompt.

    That is the prompt itself, what is left without a request for a dialect, and the sentence that
    it quotes, as AL-QASIDA's templates do.
    """
    yield prompt
    yield asked_text(prompt)
    if match := _QUOTED.search(prompt):
        yield match[1]


def corpus_path(folder: Path, corpus: dict[str, Any]) -> Path:
    """Return what a corpus's reader reads, a file or a folder, by its entry in the config.

    The demo's folder holds all its corpora, so the entry's `path` leads on from there; a
    retrieved corpus has its folder to itself.
    """
    if corpus["access"] == "demo":
        return folder / corpus["path"]
    single = folder / Path(corpus["path"]).name
    return single if single.is_file() else folder


def fault(text: str, variety: str, limits: tuple[int, int]) -> str | None:
    """Return why a normalised text of so many words at least and most is no sentence, or None."""
    if not text or text.casefold() in _MISSING:
        return "empty"
    if "\ufffd" in text:
        return "undecodable character"
    if not any(c.isalpha() for c in text):
        return "no letters"
    script = "Arabic" if get_variety(variety).is_arabic else "Latin"
    share = arabic_share(text)
    if (share if script == "Arabic" else 1 - share) < _MIN_SCRIPT_SHARE:
        return f"not in {script} script"
    n_words, (min_words, max_words) = count_words(text), limits
    if n_words < min_words:
        return f"fewer than {min_words} words"
    return f"more than {max_words} words" if n_words > max_words else None


def _batches(
    name: str, corpus: dict[str, Any], folder: Path, limits: tuple[int, int]
) -> Iterator[pl.DataFrame]:
    """Yield all that the reader yields, texts normalised, with `n_words` and what is wrong."""
    yield pl.DataFrame(schema=_ROWS)
    read = _reader(READERS, f"corpus {name}", corpus)
    try:
        items = read(folder, corpus["options"])
        while batch := [_row(item, limits) for item in islice(items, _BATCH)]:
            yield pl.DataFrame(batch, _ROWS, orient="row")
    except LahjaError as error:
        raise LahjaError(f"corpus {name}: {error}") from None


def _row(item: Sentence | Reject, limits: tuple[int, int]) -> tuple:
    if isinstance(item, Reject):
        return item.text, None, None, item.file, item.line, None, None, None, item.reason
    if len(item.text) > _MAX_CHARACTERS:
        reason = f"more than {_MAX_CHARACTERS} characters"
        return item.text[:_MAX_SHOWN], *item[1:], None, reason
    text = normalise_text(item.text)
    reason = fault(text, item.variety, limits)
    return text, *item[1:], count_words(text), reason


def _with_ids(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with `corpus`, `sentence_id` and the corpus's name in `group_id`.

    An id depends on the text and its translations, not on its place in a file, so that it lives
    on when rows come, go or move. The split is part of it: a text that stands in two splits must
    stay in both, or the split that training may not see would lose it.
    """
    naming = rows.filter(pl.col("variety").is_in(NAMING_VARIETIES))
    naming = naming.filter(pl.col("variety").n_unique().over("group_id") > 1)
    members = naming.select("group_id", "variety", "text").unique().sort("variety", "text")
    groups = members.group_by("group_id", maintain_order=True).all().rows()
    contents = {group: str([*zip(*own, strict=True)]) for group, *own in groups}
    digests = pl.Series(
        digest_of_text("\x1f".join((split or "", text, contents.get(group, ""))))[:16]
        for split, text, group in rows.select("split", "text", "group_id").iter_rows()
    )
    return rows.with_columns(
        pl.format(f"{name}:{{}}", "group_id").alias("group_id"),
        corpus=pl.lit(name),
        sentence_id=pl.format(f"{name}:{{}}:{{}}", "variety", digests),
    )
