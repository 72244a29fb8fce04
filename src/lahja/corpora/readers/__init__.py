"""Readers of corpora in their original layouts.

A text corpus's reader is a function of a path and options that yields a `Sentence` or a
`Reject` per row; `READERS` finds it by the name that the config gives. Rows of varieties that
are not lahja's are passed over. A file that is missing or of another shape raises `LahjaError`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lahja.core.config.base import parse
from lahja.core.config.corpora import READER_OPTIONS
from lahja.corpora.readers import alqasida, published
from lahja.corpora.readers.alqasida import Output, read_few_shot, read_templates
from lahja.corpora.readers.preferences import PreferencePair, read_preferences
from lahja.corpora.readers.rows import Prompt, Reject, Sentence

Reader = Callable[[Path, dict[str, Any]], Iterator[Any]]


def _read(
    name: str, read: Callable[[Path, Any], Iterator[Any]], path: Path, options: dict[str, Any]
) -> Iterator[Any]:
    """Read with options that are checked first: `LahjaError` names one that is wrong."""
    yield from read(path, parse(READER_OPTIONS[name], options, f"reader {name}: "))


# Of each the function that has its name.
_TEXT_READERS = (
    "bitext dial2msa doda flores habibi iwslt lines madar nadi nadi-pairs qadi table tatoeba"
)
_PROMPT_READERS = {
    "al-qasida-prompts": alqasida.read_prompts,
    "al-qasida-recorded-prompts": alqasida.read_recorded_prompts,
    "amiya-gold": alqasida.read_gold,
}
READERS: dict[str, Reader] = {
    name: partial(_read, name, getattr(published, f"read_{name.replace('-', '_')}"))
    for name in _TEXT_READERS.split()
}
PROMPT_READERS = {name: partial(_read, name, read) for name, read in _PROMPT_READERS.items()}
"""Readers of ready prompts, corpora of the role `prompts`."""
read_prompts = PROMPT_READERS["al-qasida-prompts"]
read_outputs = partial(_read, "al-qasida-outputs", alqasida.read_outputs)
