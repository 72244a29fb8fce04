import pytest

from lahja.errors import LahjaError
from lahja.varieties import (
    DIALECTS,
    NADI_COUNTRIES,
    NADI_REGIONS,
    VARIETIES,
    get_variety,
    variety_of_city,
    variety_of_country,
    variety_of_iso_country,
)


def test_the_codes():
    assert tuple(VARIETIES) == ("egy", "mar", "pse", "sau", "syr", "msa", "eng")
    assert DIALECTS == ("egy", "mar", "pse", "sau", "syr")
    assert not VARIETIES["eng"].is_arabic
    assert VARIETIES["msa"].is_arabic


@pytest.mark.parametrize(
    ("code", "flores", "country", "city", "iso"),
    [
        ("egy", "arz_Arab", "Egypt", "Aswan", "EG"),
        ("mar", "ary_Arab", "Morocco", "Fes", "MA"),
        ("pse", "ajp_Arab", "Palestine", "Jerusalem", "PL"),
        ("sau", "ars_Arab", "Saudi_Arabia", "Jeddah", "SA"),
        ("syr", "apc_Arab", "Syria", "Aleppo", "SY"),
    ],
)
def test_every_name_of_a_dialect_leads_to_it(code, flores, country, city, iso):
    variety = get_variety(code)
    assert variety.flores == flores
    assert variety_of_country(country) is variety
    assert variety_of_city(city) is variety
    assert variety_of_iso_country(iso) is variety
    assert NADI_REGIONS[country] == variety.region


def test_nadi_countries_are_in_the_models_order():
    assert len(NADI_COUNTRIES) == 18
    assert list(NADI_COUNTRIES) == sorted(NADI_COUNTRIES)


def test_an_unknown_code_is_told_with_the_known_ones():
    with pytest.raises(LahjaError, match="unknown variety 'tun': expected one of egy mar"):
        get_variety("tun")
    assert variety_of_country("Tunisia") is None
