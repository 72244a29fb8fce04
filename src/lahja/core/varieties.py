"""The varieties, one file each in `resources/varieties`, and the country labels of the judges.

A file holds all that other resources call a variety, and the words that tell it from others; a
further dialect is one more file.
"""

import re
from collections import UserDict
from collections.abc import Iterable
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml

# The macro-region that AL-QASIDA gives each country of NADI2024-baseline (eval/maps.py there).
_COUNTRIES = {
    "Aden": "Yemen",
    "Gulf": "Bahrain Iraq Kuwait Oman Qatar Saudi_Arabia UAE",
    "Levant": "Jordan Lebanon Palestine Syria",
    "Maghreb": "Algeria Libya Morocco Tunisia",
    "Nile": "Egypt Sudan",
}
NADI_REGIONS = {name: region for region, names in _COUNTRIES.items() for name in names.split()}
# In alphabetical order, that of the classifier's logits.
NADI_COUNTRIES: tuple[str, ...] = tuple(sorted(NADI_REGIONS))

# Language identifiers' codes that AL-QASIDA counts as Arabic.
ARABIC_LANGUAGE_CODES = frozenset((
    "ara", "arb", "arq", "arz", "acm", "ayp", "apc", "ajp", "afb",
    "ayl", "ary", "acw", "ars", "apd", "aeb", "ayn", "acq",
))  # fmt: skip

# The varieties by whose texts a group of translations is told from others. A further dialect does
# not join them: ids of sentences and draws of splits, and so all that follows, stay as they were.
NAMING_VARIETIES = frozenset(("egy", "mar", "pse", "sau", "syr", "msa", "eng"))

FOLDER = Path(__file__).resolve().parents[3] / "resources" / "varieties"

# Checked, and kept as text.
Pattern = Annotated[re.Pattern[str], AfterValidator(attrgetter("pattern"))]
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda text: tuple(text.split()) if isinstance(text, str) else text),
]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PromptNames(_Entry):
    """How prompts name a dialect."""

    english: tuple[str, ...] = ()  #: English adjectives, in small letters.
    arabic: tuple[str, ...] = ()  #: Arabic adjectives, without the article.
    #: English names of the country and its cities, in small letters, the country first.
    places: tuple[str, ...] = ()
    #: Regular expressions of further names, on a `comparison_key`.
    patterns: tuple[Pattern, ...] = ()


class Markers(_Entry):
    """What tells a variety from others in a text."""

    words: Words = ()  #: Words that this variety uses and some others do not.
    words_of_dialects: Words = ()  #: Words that all dialects use and this variety does not.
    patterns: tuple[Pattern, ...] = ()  #: Regular expressions of such words, on the text itself.


class Numbers(_Entry):
    """How a variety says numbers, in `comparison_key`s."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    #: By value (`12`, `1/2`) its words, ordinals included. What is joined of a word up to ten and
    #: one of 100 or 1000 (خمسمية) needs no entry, nor do decades (سبعينات).
    words: dict[Annotated[str, Field(pattern=r"^\d+(/\d+)?$")], Words] = {}
    teens: Words = ()  #: What makes a word of three to nine one of 13 to 19: خمس، خمستاشر.
    minus: Words = ()  #: Between a number and a part of it: ستة إلا ربع, quarter to six.
    dual: Words = ()  #: Endings of two of a thing.


class Variety(_Entry):
    """A variety of Arabic, or English, under every name that our sources give it."""

    code: str  #: lahja's own code, as in AL-QASIDA: the name of the file.
    name: str  #: English name, as prompts spell it.
    label: str  #: Short name: the option text of the dialect classifier (paper, section 3).
    flores: str  #: FLORES-200 and NLLB language code.
    #: Country name in NADI's label set; a variety without one is no dialect.
    country: Literal[NADI_COUNTRIES] | None = None
    iso_country: str | None = None  #: ISO 3166 code, as QADI labels it.
    madar_cities: tuple[str, ...] = ()  #: City files of the MADAR corpus.
    names: PromptNames = PromptNames()
    #: Phrases of AL-QASIDA's templates in this dialect, by which a prompt is told to be in it.
    template_phrases: tuple[str, ...] = ()
    markers: Markers = Markers()
    numbers: Numbers = Numbers()

    @property
    def facts(self) -> dict[str, Any]:
        """What data and models depend on: all but what gates know it by."""
        leave_out = {"names", "template_phrases", "markers", "numbers"}
        return self.model_dump(exclude=leave_out, mode="json")

    @property
    def region(self) -> str | None:
        """Macro-region of AL-QASIDA's ADI2 macro."""
        return None if self.country is None else NADI_REGIONS[self.country]

    @property
    def country_name(self) -> str | None:
        """The country in words, as prompts name it."""
        return self.country and self.country.replace("_", " ")

    @property
    def is_dialect(self) -> bool:
        """Whether this is a dialect of a country, neither MSA nor English."""
        return self.country is not None

    @property
    def is_arabic(self) -> bool:
        """Whether texts of this variety are Arabic."""
        return self.code != "eng"


class Varieties(UserDict[str, Variety]):
    """The varieties of a folder by code, read when first asked for: dialects, then MSA, English.

    Raises `LahjaError` naming file and key where a file is faulty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def data(self) -> dict[str, Variety]:
        """The varieties, read."""
        files = sorted(self.folder.glob("*.yaml"))
        if not files:
            raise LahjaError(f"{self.folder}: no varieties (*.yaml); lahja runs from a checkout")
        found = sorted(map(read_variety, files), key=lambda v: (not v.is_dialect, v.code == "eng"))
        return {variety.code: variety for variety in found}


def read_variety(file: Path) -> Variety:
    """Return the variety of a file; raise `LahjaError` naming file and key at fault."""
    if not re.fullmatch("[a-z]{3}", file.stem):
        raise LahjaError(f"{file}: a variety's file is named by a code of three small letters")
    loaded = read_yaml(file)
    if not isinstance(loaded, dict):
        raise LahjaError(f"{file}: expected keys and values")
    try:
        return Variety.model_validate({"code": file.stem, **loaded})
    except ValidationError as error:
        first = error.errors()[0]
        raise LahjaError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


VARIETIES = Varieties(FOLDER)
"""All known varieties, whether a run uses them or not."""

OTHER = "other"
"""The code of all further varieties together, which are nothing but a class of the classifier."""
_OTHER = Variety(code=OTHER, name="Arabic", label="Other", flores="arb_Arab")


def get_variety(code: str) -> Variety:
    """Return the variety of a code; raise `LahjaError` that lists the known ones."""
    if code == OTHER:
        return _OTHER
    if code not in VARIETIES:
        raise LahjaError(f"unknown variety {code!r}: expected one of {' '.join(VARIETIES)}")
    return VARIETIES[code]


def is_dialect(code: str) -> bool:
    """Whether a code is that of a known dialect."""
    return code in VARIETIES and VARIETIES[code].is_dialect


def dialects_among(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the dialects among codes, each once, in the order of `VARIETIES`."""
    present = set(codes)
    return tuple(code for code in VARIETIES if code in present and VARIETIES[code].is_dialect)


def variety_of_country(country: str) -> Variety | None:
    """Return the variety spoken in a NADI country, or None where it is not one of ours."""
    return next((v for v in VARIETIES.values() if v.country == country), None)
