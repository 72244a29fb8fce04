"""Read one corpus into the workflow's own table, and refuse what cannot be used, with reasons."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.data.text import arabic_share, count_words, normalise_text
from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.readers import READERS, Reject, Sentence
from lahja.settings import parse_settings
from lahja.tables import REJECTS, empty_table
from lahja.varieties import get_variety

DUPLICATE = "duplicate"


@dataclass(frozen=True)
class IngestSettings:
    """What a usable sentence is."""

    min_words: int = 1
    max_words: int = 200
    min_script_share: float = 0.5
    """Share of a text's letters that must be of its variety's script."""


def ingest_corpus(
    name: str, corpus: dict[str, Any], folder: Path, settings: dict[str, Any] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a corpus's sentences (schema `CORPUS`) and what was refused (schema `REJECTS`).

    `corpus` is its entry in the config, of which `reader` and `options` count here; `folder` is
    where its files lie. Within a group of translations a text is kept once, and of texts that
    stand alone the first of each split. Raises `LahjaError` where nothing is left.
    """
    limits = parse_settings(IngestSettings, settings or {})
    sentences, rejects = [], []
    for item in _read(name, corpus, folder):
        (rejects if isinstance(item, Reject) else sentences).append(item)
    rows = []
    seen: set[str] = set()
    for sentence, key in zip(sentences, _identities(name, sentences), strict=True):
        reason = fault(sentence.text, sentence.variety, limits)
        if reason is None and key in seen:
            reason = DUPLICATE
        if reason is None:
            seen.add(key)
            rows.append(_row(name, key, sentence))
        else:
            rejects.append(Reject(sentence.file, sentence.line, reason, sentence.text))
    if not rows:
        raise LahjaError(f"corpus {name}: nothing usable in {folder}: {_summary(rejects)}")
    refused = [{"corpus": name, **asdict(reject)} for reject in rejects]
    return pd.DataFrame(rows), pd.DataFrame(refused) if refused else empty_table(REJECTS)


def fault(text: str, variety: str, limits: IngestSettings) -> str | None:
    """Return why a normalised text cannot be a sentence of the variety, or None."""
    if not text:
        return "empty"
    if "\ufffd" in text:
        return "undecodable character"
    if not any(c.isalpha() for c in text):
        return "no letters"
    share = arabic_share(text)
    if get_variety(variety).is_arabic:
        if share < limits.min_script_share:
            return "not in Arabic script"
    elif 1 - share < limits.min_script_share:
        return "not in Latin script"
    n_words = count_words(text)
    if n_words < limits.min_words:
        return f"fewer than {limits.min_words} words"
    if n_words > limits.max_words:
        return f"more than {limits.max_words} words"
    return None


def _read(name: str, corpus: dict[str, Any], folder: Path) -> Iterator[Sentence | Reject]:
    reader = corpus.get("reader")
    if reader not in READERS:
        expected = ", ".join(READERS)
        raise LahjaError(f"corpus {name}: unknown reader {reader!r}: expected {expected}")
    if not folder.exists():
        raise LahjaError(f"corpus {name}: {folder}: no such file or folder")
    try:
        for item in READERS[reader](folder, corpus.get("options") or {}):
            if isinstance(item, Sentence):
                item = replace(item, text=normalise_text(item.text))
            yield item
    except LahjaError as error:
        raise LahjaError(f"corpus {name}: {error}") from None


def _identities(name: str, sentences: Iterable[Sentence]) -> Iterator[str]:
    # An id hangs on the text and its translations, not on its place in a file, so that it lives
    # on when rows come, go or move. The split is part of it: a text that stands in two splits
    # must stay in both, or the split that training may not see would lose it.
    members = defaultdict(set)
    for sentence in sentences:
        members[sentence.group].add((sentence.variety, sentence.text))
    contents = {}
    for group, texts in members.items():
        is_translated = len({variety for variety, _ in texts}) > 1
        contents[group] = str(sorted(texts)) if is_translated else ""
    for s in sentences:
        digest = digest_of_text("\x1f".join((s.split or "", s.text, contents[s.group])))
        yield f"{name}:{s.variety}:{digest[:16]}"


def _row(name: str, sentence_id: str, sentence: Sentence) -> dict[str, Any]:
    return {
        "sentence_id": sentence_id,
        "group_id": f"{name}:{sentence.group}",
        "corpus": name,
        "n_words": count_words(sentence.text),
        "variety": sentence.variety,
        "text": sentence.text,
        "split": sentence.split,
        "aldi": sentence.aldi,
        "file": sentence.file,
        "line": sentence.line,
    }


def _summary(rejects: list[Reject]) -> str:
    counts = Counter(reject.reason for reject in rejects)
    parts = [f"{n} rows {reason}" for reason, n in counts.most_common(3)]
    return ", ".join(parts) or "no rows of our varieties"
