"""The stored form of a text keeps its letters; the comparison key drops its formatting."""

import pytest

from lahja.corpora.text import (
    arabic_share,
    comparison_key,
    count_words,
    is_arabic_script,
    normalise_text,
)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("\ufeffازيك يا معلم", "ازيك يا معلم"),
        ("  شو  هاد\u00a0؟ \r\n", "شو هاد ؟"),
        ("حلــــو كتير", "حلو كتير"),
        ("قال &amp;quot;لأ&amp;quot; &lt;3", 'قال "لأ" <3'),
        ("\u200fوالله\u200b العظيم\u202c", "والله العظيم"),
        ("ﻻ ﺑﺄﺱ", "لا بأس"),
        ("عم\u200cبدرس", "عمبدرس"),
        ("عائلة 👨\u200d👩\u200d👧", "عائلة 👨\u200d👩\u200d👧"),
        ("سطر\x00أول\x1fثان", "سطر أول ثان"),
        ("cafe\u0301", "café"),
    ],
)
def test_normalise_text(raw, stored):
    assert normalise_text(raw) == stored
    assert normalise_text(stored) == stored


@pytest.mark.parametrize(
    "text", ["إزَّيَّك؟ أنا كويّس…", "مدرسةٌ كبيرة في ٢٠٢٤", "واش كا تهضر؟ ڭاع", "موسى على"]
)
def test_normalise_text_keeps_letters_diacritics_and_digits(text):
    assert normalise_text(text) == text


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("إزَّيَّك؟", "ازيك"),
        ("المدرسة الكبيرة!", "المدرسه الكبيره"),
        ("على بابا", "علي، بابا."),
        ("٢٠ درهم", "20 درهم"),
        ("Hello,  World!", "hello world"),
        ("هل تقومون بعمل تعديلات ؟", "هل تقومون بعمل تعديلات؟"),
    ],
)
def test_comparison_key_is_equal(left, right):
    assert comparison_key(left) == comparison_key(right)


@pytest.mark.parametrize(
    ("left", "right"), [("بدي شاي", "بدي شال"), ("غرفة ٥", "غرفة ٦"), ("!", "؟")]
)
def test_comparison_key_tells_apart(left, right):
    assert comparison_key(left) != comparison_key(right)


def test_comparison_key_is_its_own_key():
    key = comparison_key("أهلاً وسهلاً، كيفكم؟ Nº ٣")
    assert comparison_key(key) == key


@pytest.mark.parametrize(
    ("text", "n_words"), [("", 0), ("هل هذا لك ؟", 3), ("ok !! 3", 2), ("شو-هاد", 1)]
)
def test_count_words(text, n_words):
    assert count_words(text) == n_words


def test_arabic_share_passes_over_links_and_placeholders():
    assert arabic_share("USER كيفك @friend https://t.co/abc URL") == 1.0
    assert arabic_share("12 !") == 0.0
    assert arabic_share("كيف hi") == pytest.approx(3 / 5)


def test_is_arabic_script():
    assert is_arabic_script("شو هاد ok")
    assert not is_arabic_script("chno hada")
    assert not is_arabic_script("123")
