"""Readers of corpora in their original layouts.

A text corpus's reader is a function of a path and options that yields a `Sentence` or a
`Reject` per row; `READERS` finds it by the name that the config gives. Rows of varieties that
are not lahja's are passed over. A file that is missing or of another shape raises `LahjaError`.
"""

from lahja.readers.aligned import (
    read_bitext,
    read_dial2msa,
    read_flores,
    read_iwslt,
    read_madar,
    read_nadi_pairs,
    read_tatoeba,
)
from lahja.readers.alqasida import (
    read_outputs,
    read_prompts,
    read_recorded_prompts,
    read_templates,
)
from lahja.readers.llamafactory import read_preference_pairs
from lahja.readers.preferences import read_preferences
from lahja.readers.records import (
    SPLITS,
    Output,
    PreferencePair,
    Prompt,
    Reader,
    Reject,
    ScoredText,
    Sentence,
)
from lahja.readers.scored import read_scored_texts
from lahja.readers.single import (
    read_aoc,
    read_arsarcasm,
    read_doda,
    read_habibi,
    read_nadi,
    read_nadi_aldi,
    read_plain_lines,
    read_qadi,
)
from lahja.readers.table import read_table

READERS: dict[str, Reader] = {
    "aoc": read_aoc,
    "arsarcasm": read_arsarcasm,
    "bitext": read_bitext,
    "dial2msa": read_dial2msa,
    "doda": read_doda,
    "flores": read_flores,
    "habibi": read_habibi,
    "iwslt": read_iwslt,
    "lines": read_plain_lines,
    "madar": read_madar,
    "nadi": read_nadi,
    "nadi-aldi": read_nadi_aldi,
    "nadi-pairs": read_nadi_pairs,
    "qadi": read_qadi,
    "table": read_table,
    "tatoeba": read_tatoeba,
}
# Readers of ready prompts, corpora of the role `prompts`.
PROMPT_READERS = {
    "al-qasida-prompts": read_prompts,
    "al-qasida-recorded-prompts": read_recorded_prompts,
}
# Readers of recorded answers with the scores of the published scorers, of the role `scorer`.
SCORE_READERS = {"al-qasida-scores": read_scored_texts}

__all__ = [
    "PROMPT_READERS",
    "READERS",
    "SCORE_READERS",
    "SPLITS",
    "Output",
    "PreferencePair",
    "Prompt",
    "Reader",
    "Reject",
    "ScoredText",
    "Sentence",
    "read_outputs",
    "read_preference_pairs",
    "read_preferences",
    "read_prompts",
    "read_scored_texts",
    "read_templates",
]
