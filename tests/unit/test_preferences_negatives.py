"""Negatives of each kind: they are what they say, and where there can be none there is none."""

import pytest

from lahja.gates.asked import parse_prompt
from lahja.gates.language import judge_language
from lahja.gates.numbers import judge_numbers
from lahja.gates.repeats import judge_repetition
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import STOPPED, Judged
from lahja.preferences.changed_numbers import with_changed_number
from lahja.preferences.dress import dressed_as
from lahja.preferences.hardness import HardnessSettings, hardest, length_ratio
from lahja.preferences.negatives import KINDS, find_negative, kind_of
from lahja.preferences.preferred import Answer, Preferred
from lahja.preferences.sentences import Sentence
from lahja.translation import translation_prompt

SIDES = {
    "egy": ("انا عايز اروح السوق دلوقتي عشان اشتري عيش.",),
    "mar": ("بغيت نمشي للسوق دابا باش نشري الخبز.",),
    "msa": ("أريد أن أذهب إلى السوق الآن لكي أشتري الخبز.",),
    "eng": ("I want to go to the market now to buy bread.",),
}


def preferred(direction="eng-da", dialect="egy", sides=None, chosen=None, wrong=()):
    sides = sides or SIDES
    codes = {"da": dialect, "msa": "msa", "eng": "eng"}
    source, target = (codes[side] for side in direction.split("-"))
    prompt = translation_prompt(source, target, sides[source][0])
    text = chosen or sides[target][0]
    return Preferred(
        "p", dialect, direction, direction, prompt, parse_prompt(prompt, dialect),
        Answer(text, target, "own", "reference"), Sentence("g", "own", sides), wrong,
    )  # fmt: skip


def negative(one, kind, taken=(), **limits):
    return find_negative(one, kind, GateSettings(), HardnessSettings(**limits), 1, taken)


def free(chosen, wrong=()):
    prompt = "احكيلي عن السوق اللي في بلدكم"
    return Preferred(
        "f", "egy", "story", "free", prompt, parse_prompt(prompt, "egy"),
        Answer(chosen, "egy", "g", "generated"), None, wrong,
    )  # fmt: skip


def test_the_msa_answer_is_the_sentence_in_msa():
    found = negative(preferred(), "msa")
    assert found == Answer(SIDES["msa"][0], "msa", "own", "negative:msa")


@pytest.mark.parametrize(
    "one",
    [
        preferred("da-eng"),
        preferred("da-msa"),
        preferred(sides={**SIDES, "msa": ("أنا عايز أروح السوق دلوقتي، عشان أشتري عيش!",)}),
        preferred(sides={"egy": SIDES["egy"], "eng": SIDES["eng"]}),
        free("السوق كبير وفيه ناس كتير"),
    ],
)
def test_no_msa_answer_out_of_dialect_nor_where_it_is_the_chosen_text_in_another_dress(one):
    assert negative(one, "msa") is None


def test_nearly_the_chosen_text_is_no_msa_answer():
    near = "انا أريد اروح السوق دلوقتي عشان اشتري عيش."
    one = preferred(sides={**SIDES, "msa": (near,)})
    assert negative(one, "msa", most_likeness=0.8) is None


def test_a_sentence_that_may_be_both_msa_and_dialect_is_no_msa_answer():
    sides = {"egy": ("انا من القاهرة الكبرى",), "msa": ("أنا من القاهرة",), "eng": ("From Cairo",)}
    assert negative(preferred(sides=sides), "msa") is None
    assert negative(preferred("da-msa", sides=sides), "echo") is None
    # Words of the chosen text show it to be dialect.
    sides = {**sides, "egy": ("ده انا من القاهرة بتاعتنا",)}
    assert negative(preferred(sides=sides), "msa").text == sides["msa"][0]


def test_another_dialects_sentence_is_rejected_where_its_words_show_it():
    found = negative(preferred(), "other-dialect")
    assert (found.text, found.label) == (SIDES["mar"][0], "mar")
    assert found.origin == "negative:other-dialect"


def test_a_neighbours_sentence_that_may_be_right_is_not_rejected():
    levant = {
        "syr": ("شو بدك تعمل هون بكرا؟",),
        "pse": ("شو بدك تسوي هون بكرا؟",),
        "eng": ("What?",),
    }
    assert negative(preferred(dialect="syr", sides=levant), "other-dialect") is None
    assert negative(preferred("da-eng"), "other-dialect") is None


@pytest.mark.parametrize("direction", ["da-eng", "da-msa"])
def test_the_echo_is_the_dialect_sentence_itself(direction):
    found = negative(preferred(direction), "echo")
    assert (found.text, found.label) == (SIDES["egy"][0], "egy")


def test_no_echo_into_dialect_nor_of_what_is_msa_already():
    assert negative(preferred("eng-da"), "echo") is None
    same = {"egy": ("أين تقع المدرسة الجديدة؟",), "msa": ("أين تقع المدرسة الجديده",)}
    assert negative(preferred("da-msa", sides=same), "echo") is None


def test_the_wrong_language_is_english_where_arabic_was_asked_and_the_other_way_round():
    for direction in ("eng-da", "msa-da", "da-msa"):
        assert negative(preferred(direction), "wrong-language").text == SIDES["eng"][0]
    one = preferred("da-eng")
    found = negative(one, "wrong-language")
    assert found.label in ("mar", "msa")
    verdict = judge_language(Judged(one.asked, found.text, ""), GateSettings())
    assert verdict.status == STOPPED


def test_no_wrong_language_without_a_text_in_one():
    assert negative(preferred("msa-da", sides={k: SIDES[k] for k in ("egy", "msa")}),
                    "wrong-language") is None  # fmt: skip
    assert negative(free("السوق كبير وفيه ناس كتير"), "wrong-language") is None


def test_a_loop_is_the_chosen_texts_head_again_and_again():
    one = preferred()
    found = negative(one, "loop")
    head = " ".join(found.text.split()[:2])
    assert one.chosen.text.startswith(head) and found.text.count(head) > 1
    assert found.text.endswith(".") and found.label == "egy"
    verdict = judge_repetition(Judged(one.asked, found.text, ""), GateSettings())
    assert verdict.status == STOPPED
    assert length_ratio(one.chosen.text, found.text) >= 0.5


@pytest.mark.parametrize("length", range(5, 13))
def test_whatever_its_length_a_loop_is_stopped_by_the_repetition_gate(length):
    words = [
        "انا",
        "كنت",
        "عايز",
        "اروح",
        "السوق",
        "مع",
        "اخويا",
        "الكبير",
        "بعد",
        "الضهر",
        "عشان",
        "اشتري",
    ]
    one = preferred(chosen=" ".join(words[:length]))
    found = negative(one, "loop")
    verdict = judge_repetition(Judged(one.asked, found.text, ""), GateSettings())
    assert verdict.status == STOPPED


def test_a_loop_ends_as_a_sentence_does():
    found = negative(preferred(chosen="لو سمحت عايز كباية، عشان انا عطشان اوي؟"), "loop")
    assert found.text.endswith("؟") and "،؟" not in found.text
    found = negative(preferred(chosen="انا عايز اروح السوق دلوقتي عشان الشغل ."), "loop")
    assert found.text.endswith(" .") and found.text.count(".") == 1


def test_no_loop_of_one_word_nor_of_one_said_twice():
    assert negative(preferred(chosen="ماشي"), "loop", longest=100) is None
    assert negative(preferred(chosen="يلا يلا!"), "loop", longest=100) is None


NUMBERED = {
    "egy": ("عندي معاد مع الدكتور الساعة 5 يوم 12 في الشهر.",),
    "eng": ("I have an appointment with the doctor at 5 on the 12th.",),
}


def test_a_changed_number_is_stopped_by_the_numbers_gate():
    one = preferred(sides=NUMBERED)
    found = negative(one, "changed-number")
    assert found.text != one.chosen.text
    assert [a for a in found.text if not a.isdigit()] == [
        a for a in one.chosen.text if not a.isdigit()
    ]
    verdict = judge_numbers(Judged(one.asked, found.text, ""), GateSettings())
    assert verdict.status == STOPPED


def test_nothing_but_the_number_is_changed():
    text = "أيوة، اكتب سبعة ، وبعدين خمسة ."
    one = preferred(sides={"egy": (text,), "eng": ("Yes, write seven, and then five.",)})
    found = negative(one, "changed-number").text
    assert len(set(found.split(" ")) ^ set(text.split(" "))) == 2


def test_no_changed_number_where_there_is_none_or_the_source_has_it_not():
    assert negative(preferred(), "changed-number") is None
    assert negative(free("اشتريت 3 كيلو"), "changed-number") is None
    # A year of the Hijra stands for more than one number; the gate lets its neighbour pass.
    hijri = {"egy": ("ده كان زمان سنة 1430هـ",), "eng": ("That was long ago in the year 1430 ه",)}
    assert negative(preferred(sides=hijri), "changed-number") is None
    no_source = {**NUMBERED, "eng": ("I have an appointment with the doctor.",)}
    assert negative(preferred(sides=no_source), "changed-number") is None


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("عايز خمسة كيلو", "I want five kilos", {"أربعة", "سبعة", "تسعة"}),
        ("معايا خمسين جنيه", "I have 50 pounds", {"عشرين", "أربعين", "ستين", "سبعين", "تسعين"}),
        ("وثلاث سيارات", "and three cars", {"وأربع", "وخمس", "وتسع"}),
    ],
)
def test_a_number_word_is_exchanged_for_another_of_its_form(text, source, expected):
    found = with_changed_number(text, source, 1)
    assert len(found) == 1
    changed = set(found[0].split()) - set(text.split())
    assert changed and changed <= expected


def test_number_words_keep_their_capital_and_their_spelling():
    assert with_changed_number("Three men came", "جم تلاتة رجالة", 1)[0].split()[0].istitle()
    assert with_changed_number("خمسه كيلو", "five kilos", 1)[0].split()[0].endswith("ه")


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("دي ست كويسة", "she is a good woman"),  # "lady", not six
        ("التمن غالي والربع كمان", "the price is high and so is the quarter"),
        ("No one came for a second", "ماحدش جه ثانية"),
        ("شفت سبع في الغابة", "I saw a lion in the forest"),
    ],
)
def test_words_that_are_numbers_only_by_their_looks_are_left_alone(text, source):
    assert with_changed_number(text, source, 1) == []


def test_arabic_digits_stay_arabic():
    found = with_changed_number("الغرفة ٢٥", "room 25", 1)
    assert found and all(set(text) <= set("الغرفة ٠١٢٣٤٥٦٧٨٩") for text in found)


def test_a_models_wrong_answer_is_rejected_once_and_not_if_it_is_the_chosen_text():
    wrong = (
        Answer("أريد الذهاب إلى السوق الآن لشراء الخبز.", "msa", "g", "generated"),
        Answer("بغيت نمشي دابا للسوق.", "mar", "h", "translated"),
    )
    one = preferred(wrong=wrong)
    first = negative(one, "model", longest=9, least_chrf=0)
    second = negative(one, "model", taken=[first.text], longest=9, least_chrf=0)
    assert {first, second} == set(wrong)
    assert negative(one, "model", taken=[w.text for w in wrong]) is None
    same = Answer(SIDES["egy"][0].rstrip("."), "msa", "g", "generated")
    assert negative(preferred(wrong=(same,)), "model") is None


def test_a_text_that_is_cut_off_is_never_rejected():
    chosen = "السوق كبير وفيه ناس كتير. " * 2 + "كل يوم الصبح بنروح نشتري الخضار والفاكهة."
    cut_off = "السوق مكان كبير جدا في مدينتنا. " * 5 + "ثم ذهبت إلى"
    answer = Answer(cut_off, "msa", "g", "generated")
    assert negative(free(chosen, (answer,)), "model", longest=9, least_chrf=0) is None
    whole = Answer(cut_off + " البيت.", "msa", "g", "generated")
    assert negative(free(chosen, (whole,)), "model", longest=9, least_chrf=0) == whole


def test_of_several_texts_the_nearest_is_taken_and_one_too_far_never():
    near = Answer("عايز اروح السوق بكرة", "egy", "g", "o")
    far = Answer("السوق", "egy", "g", "o")
    none = Answer("كلام تاني خالص بعيد", "egy", "g", "o")
    options = [far, none, near]
    chosen = "عايز اروح السوق دلوقتي"
    assert hardest(chosen, options, HardnessSettings(), 1) == near
    assert hardest(chosen, [far], HardnessSettings(), 1) is None
    assert hardest(chosen, [none], HardnessSettings(least_chrf=30), 1) is None
    assert hardest(chosen, [], HardnessSettings(), 1) is None


def test_among_a_shortlist_the_seed_draws():
    options = [Answer(f"عايز اروح السوق {word}", "egy", "g", "o") for word in ("بكرة", "النهارده")]
    limits = HardnessSettings(shortlist=2)
    drawn = {hardest("عايز اروح السوق دلوقتي", options, limits, seed).text for seed in range(20)}
    assert drawn == {option.text for option in options}


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("نعم ، أريد هذا .", "اه، عايز ده.", "نعم، أريد هذا."),
        ("اه، عايز ده.", "نعم ، أريد هذا .", "اه ، عايز ده ."),
        ("أريد هذا .", "عايز ده", "أريد هذا"),
        ("أريد هذا", "عايز ده.", "أريد هذا."),
        ("هل تريد هذا", "عايز ده؟", "هل تريد هذا؟"),
        ("هل تريد هذا؟", "عايز ده.", "هل تريد هذا؟"),
        ("Do you want it", "عايز ده ؟", "Do you want it"),
        ("الساعة 3.30 ، صباحا", "بكرة، الصبح", "الساعة 3.30، صباحا"),
        ("نعم ، أريد هذا", "عايز ده", "نعم ، أريد هذا"),
    ],
)
def test_a_text_takes_the_other_ones_dress_and_keeps_its_words(text, pattern, expected):
    assert dressed_as(text, pattern) == expected


def test_negatives_are_dressed_as_the_chosen_text():
    spaced = {**SIDES, "msa": ("أريد أن أذهب إلى السوق الآن لكي أشتري الخبز .",)}
    assert negative(preferred(sides=spaced), "msa").text == SIDES["msa"][0]


def test_the_kind_is_read_from_the_origin():
    for kind in KINDS:
        if kind != "model":
            assert kind_of(f"negative:{kind}") == kind
    assert kind_of("generated") == kind_of("translated") == "model"
