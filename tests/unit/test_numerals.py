"""Numbers in digits and in words: what says the same, and what nearly does."""

import pytest

from lahja.preferences.gates.numerals import numerals_of

# A text, and numbers that its words say.
SAID = [
    ("تلاتة وعشرين", [23]), ("ثلاث وعشرون", [23]), ("خمسة عشر", [15]), ("خمستاشر", [15]),
    ("خمسطاش", [15]), ("خمستعش", [15]), ("سطعش", [16]), ("ربعمية", [400]), ("تلتميت", [300]),
    ("أربعتلاف وسبعمية وخمسين", [4750]), ("اطنعشر ألف", [12000]), ("مية ألف", [100_000]),
    ("ثلاث وعشرون ألفا ومئتان وخمسة", [23205]), ("مليون ونص", [1_500_000]),
    ("نص مليون", [500_000]), ("مليار وميتين مليون", [1_200_000_000]), ("سنة ألف وتسعمية خمسة وسبعين", [1975]), ("عشرين عشرين", [2020]),
    ("سبعة ونص", [7, 30, 7.5]), ("خمسة إلا ربع", [4, 45]), ("مع الربعة لا ربع", [3, 45]),
    ("تمانية ونص وخمسة", [8, 35]), ("ستة وتلت", [6, 20]), ("السبعينات", [70]),
    ("عشرينيات القرن", [20]), ("كيلوين ونص", [2.5]), ("تلاتة كيلو وربع", [3.25]),
    ("ساعة ونص", [1.5, 90]), ("نص ساعة", [30]), ("أسبوعين", [14]), ("بنتين", [2]),
    ("ربعهم", [0.25]), ("تلات ترباع", [0.75]), ("الطابق السابع", [7]), ("دستة", [12]),
    ("half past seven", [7, 30]), ("a quarter to five", [4, 45]), ("an hour and a half", [90]),
    ("twenty-three thousand", [23000]), ("nineteen eighty-five", [1985]), ("five oh one", [501]),
    ("two and a half kilos", [2.5]), ("the seventies", [70]), ("a dozen", [12]), ("half a dozen", [6]), ("two dozen", [24]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SAID)
def test_words_say_numbers(text, wanted):
    assert set(wanted) <= numerals_of(text).values


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("خمسة وعشرين", [5, 20]), ("سبعة ونص", [8, 45]), ("اطنعشر ألف", [12, 1000]),
        ("خمسة وربع", [4, 45]), ("ساعة", [90, 120]), ("ثلاثة إخوان", [2]), ("ربعمية", [4, 300]),
        ("خمسين بالمية", [500, 5000]), ("nineteen eighty-five", [1958]), ("a may day", [5]), ("ست البيت والستات", [60]), ("عشرين واحد", [21]),
    ],
)  # fmt: skip
def test_words_do_not_say_other_numbers(text, others):
    assert numerals_of(text, "sau").values.isdisjoint(others)


# One side, the other, and what it lacks.
SIDES = [
    ("7:30", "سبعة ونص", []), ("7:30", "تمانية ونص", ["7:30"]), ("19:30", "سبعة ونص مساء", []),
    ("2.5 kilos", "كيلوين", ["2.5"]), ("2.5 kilos", "اتنين كيلو ونص", []),
    ("1,250", "١٬٢٥٠", []), ("12 000", "12,000", []), ("1985", "خمسة وتمانين", []),
    ("1985", "1958", ["1985"]), ("40,000", "40 ألف", []), ("40", "40 ألف", ["40"]),
    ("50%", "النص", []), ("1970s", "السبعينات", []), ("1990s", "التمانينات", ["1990"]),
    ("2 girls and 1 boy", "بنتين وولد", []), ("3 girls", "بنتين", ["3"]),
    ("90 minutes", "ساعة ونص", []), ("90 minutes", "ساعة", ["90"]), ("500 grams", "نص كيلو", []),
    ("MP3 and COVID-19", "اغنية", []), ("16", "M16", []), ("the 7th", "السابع", []), ("07:19 a.m.", "٧:١٩ الصبح", []),
    ("the 25 men", "الرجال الخمس والعشرون", []), ("100m", "100 متر", []), ("10k", "عشرة آلاف", []), ("July 23", "July twenty-third", []), ("3/4", "تلات ترباع", []),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "lacks"), SIDES)
def test_digits_are_looked_for_in_digits_and_words(one, other, lacks):
    assert numerals_of(one).missing_from(numerals_of(other)) == lacks


def test_years_of_the_hijra_are_those_in_which_they_begin_and_end():
    def lacks(year, n_years=2):
        hijri = numerals_of("سنة 1445هـ", "sau", n_years)
        return hijri.missing_from(numerals_of(f"in {year}"))

    assert [lacks(year) for year in (2022, 2023, 2024, 2025)] == [["1445"], [], [], ["1445"]]
    assert [lacks(year, 1) for year in (2023, 2024)] == [[], ["1445"]]
