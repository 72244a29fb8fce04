"""Fill in the MSA or English side that a pair lacks, with NLLB from the other side."""

from pathlib import Path

import pandas as pd

from lahja.core.config.scorers import NllbDecoding
from lahja.core.files import canonical_json, digest_of_text
from lahja.core.settings import without_execution
from lahja.core.stages import version
from lahja.generation.answering import AnswerStore
from lahja.generation.backend import Answer
from lahja.models.folder import base_digest
from lahja.models.nllb import NllbTranslator
from lahja.scoring.repetition import is_looping

NLLB = "nllb"


def augment(
    parallel: pd.DataFrame, folder: Path, settings: NllbDecoding, work: Path
) -> pd.DataFrame:
    """Return PARALLEL with the missing sides of its training pairs filled, origin "nllb".

    MSA is translated from English and English from MSA; a pair that lacks both stays as it is,
    and so do the held-out splits. So does one whose translation did not end or goes round in a
    loop: a few of those teach a translator to loop. An interrupted run resumes from `work`.
    """
    # A translation does not depend on how many were made at a time, but on how NLLB is run.
    decoding = without_execution(settings.model_dump())
    identity = canonical_json([base_digest(folder), decoding, version("nllb", "models")])
    filled, translator = parallel.copy(), None
    with AnswerStore(work / "translations.jsonl") as store:
        for source, target in (("eng", "msa"), ("msa", "eng")):
            lacks = (parallel["split"] == "train") & (parallel["variety"] != target)
            lacks &= parallel[target].isna() & parallel[source].notna()
            texts = parallel.loc[lacks, source]
            keys = {t: digest_of_text(f"{identity}\n{source}\n{target}\n{t}") for t in texts}
            known = store.known(keys.values())
            missing = [text for text, key in keys.items() if key not in known]
            if missing:
                translator = translator or NllbTranslator(folder, settings)
                for rows, found in translator.translate(missing, source, target):
                    asked = [keys[missing[row]] for row in rows]
                    ends = ["length" if text is None else "stop" for text in found]
                    told = zip(asked, found, ends, [None] * len(rows), strict=True)
                    store.add({key: Answer(key, *facts) for key, *facts in told})
            known = store.known(keys.values())
            found = [known[keys[text]].text for text in texts]
            usable = [text if text and not is_looping(text) else None for text in found]
            filled.loc[lacks, target] = pd.Series(usable, index=texts.index, dtype=object)
            filled.loc[lacks & filled[target].notna(), f"{target}_origin"] = NLLB
    return filled
