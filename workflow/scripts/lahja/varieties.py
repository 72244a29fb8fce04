"""The seven varieties and everything that other resources call them.

This is the only place that maps a variety's code to other names. A further dialect is one
entry here plus data.
"""

from dataclasses import dataclass

from lahja.errors import LahjaError


@dataclass(frozen=True)
class Variety:
    """A variety of Arabic, or English, under every name that our sources give it."""

    code: str
    """lahja's own code, as in AL-QASIDA."""
    name: str
    """English name, as prompts spell it."""
    label: str
    """Short name: the option text of the dialect classifier (paper, section 3)."""
    flores: str
    """FLORES-200 and NLLB language code."""
    country: str | None = None
    """Country name in NADI's label set."""
    region: str | None = None
    """Macro-region of AL-QASIDA's ADI2 macro."""
    madar_cities: tuple[str, ...] = ()
    """City files of the MADAR corpus."""
    iso_country: str | None = None
    """ISO 3166 code, as QADI labels it."""

    @property
    def is_dialect(self) -> bool:
        """Whether this is a dialect of a country, neither MSA nor English."""
        return self.country is not None

    @property
    def is_arabic(self) -> bool:
        """Whether texts of this variety are Arabic."""
        return self.code != "eng"


VARIETIES: dict[str, Variety] = {
    variety.code: variety
    for variety in (
        Variety(
            "egy",
            "Egyptian Arabic",
            "Egyptian",
            "arz_Arab",
            "Egypt",
            "Nile",
            ("Cairo", "Alexandria", "Aswan"),
            "EG",
        ),
        Variety(
            "mar",
            "Moroccan Arabic",
            "Moroccan",
            "ary_Arab",
            "Morocco",
            "Maghreb",
            ("Rabat", "Fes"),
            "MA",
        ),
        Variety(
            "pse",
            "Palestinian Arabic",
            "Palestinian",
            "ajp_Arab",
            "Palestine",
            "Levant",
            ("Jerusalem",),
            "PL",
        ),
        Variety(
            "sau",
            "Saudi Arabic",
            "Saudi",
            "ars_Arab",
            "Saudi_Arabia",
            "Gulf",
            ("Riyadh", "Jeddah"),
            "SA",
        ),
        Variety(
            "syr",
            "Syrian Arabic",
            "Syrian",
            "apc_Arab",
            "Syria",
            "Levant",
            ("Damascus", "Aleppo"),
            "SY",
        ),
        Variety(
            "msa",
            "Modern Standard Arabic",
            "Modern Standard Arabic",
            "arb_Arab",
            madar_cities=("MSA",),
            iso_country="MSA",
        ),
        Variety("eng", "English", "English", "eng_Latn", madar_cities=("English",)),
    )
}

DIALECTS: tuple[str, ...] = tuple(v.code for v in VARIETIES.values() if v.is_dialect)

# The label set of NADI2024-baseline, in the order of its logits, with the macro-region that
# AL-QASIDA gives each country (eval/maps.py there).
NADI_REGIONS: dict[str, str] = {
    "Algeria": "Maghreb",
    "Bahrain": "Gulf",
    "Egypt": "Nile",
    "Iraq": "Gulf",
    "Jordan": "Levant",
    "Kuwait": "Gulf",
    "Lebanon": "Levant",
    "Libya": "Maghreb",
    "Morocco": "Maghreb",
    "Oman": "Gulf",
    "Palestine": "Levant",
    "Qatar": "Gulf",
    "Saudi_Arabia": "Gulf",
    "Sudan": "Nile",
    "Syria": "Levant",
    "Tunisia": "Maghreb",
    "UAE": "Gulf",
    "Yemen": "Aden",
}
NADI_COUNTRIES: tuple[str, ...] = tuple(NADI_REGIONS)

# Language identifiers' codes that AL-QASIDA counts as Arabic.
# fmt: off
ARABIC_LANGUAGE_CODES: frozenset[str] = frozenset((
    "ara", "arb", "arq", "arz", "acm", "ayp", "apc", "ajp", "afb",
    "ayl", "ary", "acw", "ars", "apd", "aeb", "ayn", "acq",
))
# fmt: on


def get_variety(code: str) -> Variety:
    """Return the variety of a code; raise `LahjaError` that lists the known ones."""
    try:
        return VARIETIES[code]
    except KeyError:
        raise LahjaError(
            f"unknown variety {code!r}: expected one of {' '.join(VARIETIES)}"
        ) from None


def variety_of_country(country: str) -> Variety | None:
    """Return the variety spoken in a NADI country, or None where it is not one of ours."""
    return next((v for v in VARIETIES.values() if v.country == country), None)


def variety_of_city(city: str) -> Variety | None:
    """Return the variety of a MADAR city file, or None where it is not one of ours."""
    return next((v for v in VARIETIES.values() if city in v.madar_cities), None)


def variety_of_iso_country(code: str) -> Variety | None:
    """Return the variety that QADI's country code stands for, or None."""
    return next((v for v in VARIETIES.values() if v.iso_country == code), None)
