"""Fill in the MSA or English side that a pair lacks, with NLLB from the other side."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from lahja.files import canonical_json, digest_of_text
from lahja.generation.backend import Answer
from lahja.generation.store import AnswerStore
from lahja.models.nllb import NllbSettings, NllbTranslator
from lahja.repetition import is_looping

NLLB = "nllb"
# Gets texts, source and target variety; yields row numbers with their translations.
Translate = Callable[[list[str], str, str], object]


def augment(
    parallel: pd.DataFrame, folder: Path, settings: NllbSettings, work: Path, threads: int | None
) -> pd.DataFrame:
    """Return PARALLEL with the missing sides of its training pairs filled, origin "nllb".

    MSA is translated from English and English from MSA; a pair that lacks both stays as it is,
    and so do the held-out splits. So does one whose translation did not end or goes round in a
    loop: a few of those teach a translator to loop. What is translated is kept in the work folder,
    from where an interrupted run goes on.
    """
    from lahja.models.folder import root_digest

    translator: list[NllbTranslator] = []

    def translate(texts: list[str], source: str, target: str):
        """Translate with NLLB, which is loaded at the first text that needs it."""
        if not translator:
            translator.append(NllbTranslator(folder, settings, threads))
        return translator[0].translate(texts, source, target)

    filled = parallel.copy()
    identity = canonical_json([root_digest(folder), asdict(settings)])
    with AnswerStore(work / "translations.jsonl") as store:
        for source, target in (("eng", "msa"), ("msa", "eng")):
            _fill(filled, parallel, source, target, translate, store, identity)
    return filled


def _fill(
    filled: pd.DataFrame,
    parallel: pd.DataFrame,
    source: str,
    target: str,
    translate: Translate,
    store: AnswerStore,
    identity: str,
) -> None:
    lacks = (
        (parallel["split"] == "train") & parallel[target].isna() & parallel[source].notna()
    ) & (parallel["variety"] != target)
    texts = [*parallel.loc[lacks, source]]
    keys = {text: digest_of_text(f"{identity}\n{source}\n{target}\n{text}") for text in texts}
    missing = [text for text, key in keys.items() if key not in store.answers]
    for rows, translations in translate(missing, source, target) if missing else ():
        found = {}
        for row, translation in zip(rows, translations, strict=True):
            key = keys[missing[row]]
            reason = "length" if translation is None else "stop"
            found[key] = Answer(key, translation, reason, None)
        store.add_all(found)
    said = [store.answers[keys[text]].text for text in texts]
    found = [text if text and not is_looping(text) else None for text in said]
    filled.loc[lacks, target] = pd.Series(found, index=filled.index[lacks], dtype=object)
    filled.loc[lacks & filled[target].notna(), f"{target}_origin"] = NLLB
