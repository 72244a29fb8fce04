import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from lahja.core.errors import LahjaError
from lahja.core.parameters import Parameters
from lahja.core.varieties import (
    FOLDER,
    NADI_COUNTRIES,
    NADI_REGIONS,
    VARIETIES,
    Varieties,
    dialects_among,
    get_variety,
    variety_of_country,
)
from lahja.prompts.classification import make_question
from lahja.prompts.intent import parse_prompt
from lahja.prompts.wordings import find_markers, variety_of_wording


def test_the_codes():
    assert tuple(VARIETIES) == ("egy", "mar", "pse", "sau", "syr", "msa", "eng")
    assert dialects_among(VARIETIES) == ("egy", "mar", "pse", "sau", "syr")
    assert dialects_among(["syr", "msa", "egy", "syr"]) == ("egy", "syr")
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
    assert [v.code for v in VARIETIES.values() if city in v.madar_cities] == [code]
    assert [v.code for v in VARIETIES.values() if v.iso_country == iso] == [code]
    assert NADI_REGIONS[country] == variety.region


def test_nadi_countries_are_in_the_models_order():
    assert len(NADI_COUNTRIES) == 18
    assert list(NADI_COUNTRIES) == sorted(NADI_COUNTRIES)


def test_an_unknown_code_is_told_with_the_known_ones():
    with pytest.raises(LahjaError, match="unknown variety 'tun': expected one of egy mar"):
        get_variety("tun")
    assert variety_of_country("Tunisia") is None


TUNISIAN = (Path(__file__).parents[1] / "tunisian" / "tun.yaml").read_text(encoding="utf-8")


def with_file(folder, name, text):
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return Varieties(folder)


def test_a_further_dialect_is_one_file(tmp_path):
    varieties = with_file(tmp_path, "tun.yaml", TUNISIAN)
    assert tuple(varieties) == ("egy", "mar", "pse", "sau", "syr", "tun", "msa", "eng")
    tunisian = varieties["tun"]
    assert tunisian.is_dialect and tunisian.is_arabic
    assert tunisian.region == "Maghreb"
    assert tunisian.markers.words[:2] == ("برشا", "ياسر")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "tun.yaml",
            TUNISIAN.replace("Tunisia\n", "Carthage\n"),
            "tun.yaml: country: Input should be 'Algeria', 'Bahrain'",
        ),
        ("tun.yaml", TUNISIAN.replace("flores", "florse"), "tun.yaml: flores: Field required"),
        ("tun.yaml", TUNISIAN + "colour: red\n", "tun.yaml: colour: Extra inputs"),
        ("tun.yaml", TUNISIAN.replace("words", "wrods"), "tun.yaml: markers.wrods: Extra inputs"),
        ("tun.yaml", TUNISIAN.replace("TN", "no"), "tun.yaml: iso_country: .*valid string"),
        (
            "tun.yaml",
            TUNISIAN.replace("names:", "was:") + "names: {patterns: ['(']}\n",
            "names.patterns.0: .*valid regular expression",
        ),
        ("tun.yaml", "name: [", "tun.yaml: not YAML"),
        ("tun.yaml", "- name", "tun.yaml: expected keys and values"),
        ("tunisian.yaml", TUNISIAN, "tunisian.yaml: .*code of three small letters"),
    ],
)
def test_a_faulty_file_is_told_with_its_key(tmp_path, name, text, message):
    with pytest.raises(LahjaError, match=message):
        len(with_file(tmp_path, name, text))


def test_a_folder_without_varieties_is_told(tmp_path):
    with pytest.raises(LahjaError, match="no varieties"):
        len(Varieties(tmp_path))


def test_prompts_and_answers_in_a_further_dialect_are_known_by_its_file(tunisian):
    assert find_markers("برشا حاجات موش هنا")["برشا"] == {"tun"}
    # What Moroccan and Tunisian share tells neither; what all dialects share is Tunisian as well.
    assert find_markers("علاش")["علاش"] == {"mar", "tun"}
    assert find_markers("فلوس")["فلوس"] >= {"egy", "tun"}
    assert variety_of_wording("شنوة صار توا؟") == "tun"
    assert parse_prompt("Write a poem about tea. Use Tunisian Arabic.").variety == "tun"
    assert parse_prompt("احكيلي حكاية باللهجة التونسية").variety == "tun"
    assert parse_prompt("Write a poem about tea. Use Libyan Arabic.").variety is None
    question = make_question(None)
    assert question.options == ("egy", "pse", "mar", "sau", "syr", "msa", "tun")
    assert "(f) Modern Standard Arabic (g) Tunisian is most applicable" in question.prompt("x")


def test_what_results_depend_on_of_a_file_is_a_parameter(tmp_path):
    config = {
        "dialects": ["egy"],
        "scorers": {"precision": "fp32", "selecting_precision": None},
        "corpora": {"madar": {"options": {"varieties": ["egy", "eng"]}}, "doda": {"options": {}}},
    }
    parameters = Parameters(config, SimpleNamespace(graph=None), tmp_path)
    of_run = json.loads(parameters.varieties())
    assert list(of_run) == ["egy", "eng", "msa"]
    assert of_run["egy"] == {
        "code": "egy",
        "name": "Egyptian Arabic",
        "label": "Egyptian",
        "flores": "arz_Arab",
        "country": "Egypt",
        "iso_country": "EG",
        "madar_cities": ["Cairo", "Alexandria", "Aswan"],
    }
    assert list(json.loads(parameters.varieties("madar"))) == ["egy", "eng"]
    # A corpus of one variety is told in its options which: no file matters to its reader.
    assert parameters.varieties("doda") == "{}"
