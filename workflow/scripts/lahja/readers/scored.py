"""What the published scorers said of recorded answers, which small scorers learn from."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lahja.readers.alqasida import read_outputs
from lahja.readers.records import Options, Output, Reject, ScoredText
from lahja.varieties import get_variety

_TRANSLATION = re.compile(r"nor after it\.\n(.*)\nTranslation:", re.DOTALL)
# The request for a dialect, which stands at the start, in the middle or at the end of one prompt.
_REQUEST = re.compile(
    r"(?:please )?(?:(?:reply|respond|answer|write|written) in|in|using|use) \w+ arabic"
    r"(?: please)?",
    re.IGNORECASE,
)


def read_scored_texts(path: Path, options: Options) -> Iterator[ScoredText | Reject]:
    """Yield AL-QASIDA's recorded answers to requests for dialect with the scores they were given.

    Scores are None where AL-QASIDA wrote 0 without asking a scorer: the text was not found to be
    Arabic. `is_arabic` is None where no finding is recorded, or where it says that the text is
    too short. A row of one number answers the same source in all files of a corpus. Options as
    for `read_outputs`.
    """
    n_rows: Counter[str] = Counter()
    for output in read_outputs(path, options):
        n_rows[output.file] += 1
        if isinstance(output, Reject):
            yield output
        elif get_variety(output.target_variety).is_dialect:
            yield _scored(output, f"{output.corpus}:{n_rows[output.file]}")


def asked_text(prompt: str) -> str:
    """Return what a prompt of AL-QASIDA is about, the same in whatever dialect it is asked for."""
    if match := _TRANSLATION.search(prompt):
        return match[1]
    return _REQUEST.sub("", prompt)


def _scored(output: Output, group: str) -> ScoredText:
    scores = output.scores
    # A softmax is never 0.
    is_scored = scores.get("p_country", 0.0) > 0
    found = scores.get("is_arabic") if not scores.get("too_few_tokens") else None
    return ScoredText(
        text=output.generation,
        variety=output.target_variety,
        group=group,
        asked=asked_text(output.prompt),
        file=output.file,
        line=output.line,
        is_arabic=None if found is None else bool(found),
        aldi=scores.get("aldi") if is_scored else None,
        p_country=scores["p_country"] if is_scored else None,
        p_region=scores.get("p_region") if is_scored else None,
        countries=output.countries if is_scored else None,
    )
