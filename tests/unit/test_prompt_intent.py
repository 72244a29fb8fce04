"""What prompts ask for."""

import pytest

from lahja.core.varieties import VARIETIES
from lahja.corpora.text import comparison_key
from lahja.prompts.intent import ANSWER, FREE, TRANSLATE, parse_prompt
from lahja.prompts.wordings import translation_prompt, units, word_classes

GREETINGS = """
Here is an examples of sentences in the different dialects:
Morocco: كيداير؟
Egypt: عامل إيه؟
Palestine: كيف الحال؟
Syria: شلونك؟
Saudi Arabia: وش لونك؟
"""

# prompt, kind, variety, payload
PROMPTS = [
    (translation_prompt("msa", "egy", "أين المحطة؟"), TRANSLATE, "egy", "أين المحطة؟"),
    (translation_prompt("syr", "eng", "وين المحطة؟"), TRANSLATE, "eng", "وين المحطة؟"),
    ("Translate the following input in Modern Standard Arabic to the dialect from Morocco. "
     "Input=ضاع مفتاحي\n", TRANSLATE, "mar", "ضاع مفتاحي"),
    ("Respond to the following input in the Arabic dialect from Saudi Arabia in exactly one "
     "sentence. Input=متى تفتح السوق؟", ANSWER, "sau", "متى تفتح السوق؟"),
    ("Translate from English into Palestinian Arabic. Input=The shop is closed." + GREETINGS,
     TRANSLATE, "pse", "The shop is closed."),
    ("Translate this English sentence into Egyptian Arabic: 'The bus is late'", TRANSLATE, "egy",
     "The bus is late"),
    ("ترجم من اللهجة المغربية للإنجليزي: 'الكار تعطل بزاف'", TRANSLATE, "eng", "الكار تعطل بزاف"),
    ('ترجملي الجملة دي من الفصحى للمصري: "أين ذهب الأولاد؟"', TRANSLATE, "egy", "أين ذهب الأولاد؟"),
    ("ترجم هاي الجملة إلى العربية الفصحى: «شو صار معك مبارح؟»", TRANSLATE, "msa", "شو صار معك مبارح؟"),
    ("Translate into French: I am hungry", TRANSLATE, None, "I am hungry"),
    ("Tell me a story in Syrian Arabic" + GREETINGS, FREE, "syr", None),
    ("Explain photosynthesis. Respond in Modern Standard Arabic", FREE, "msa", None),
    ("Write a poem about tea. Use Tunisian Arabic.", FREE, None, None),
    ("Why is the sea salty?", FREE, "eng", None),
    ("استعمل الإنجليزية، شنو هي العاصمة ديال البرازيل؟", FREE, "eng", None),
    ("احكيلي قصة باللهجة الفلسطينية", FREE, "pse", None),
    ("قوليلي نكتة بالسعودي", FREE, "sau", None),
    ("شنو هي العاصمة ديال البرازيل؟", FREE, "mar", None),
    ("اشرح كيف يعمل القلب", FREE, None, None),
    ('رد على الكلام ده: "تعالى بكرة"', ANSWER, "egy", "تعالى بكرة"),
    ('"جيب الخبز معك" رجاع صيغ هاد بطريقتك وخلي المعنى العام متل ما هو', FREE, "syr", "جيب الخبز معك"),
    ('اعد كتابة "تأخرت الرحلة" باسلوبك الخاص، لكن مع انك تحافظ على المعنى الأساسي', FREE, "sau",
     "تأخرت الرحلة"),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "kind", "variety", "payload"), PROMPTS)
def test_prompts_are_read_by_their_wording(prompt, kind, variety, payload):
    intent = parse_prompt(prompt)
    assert (intent.kind, intent.variety, intent.payload) == (kind, variety, payload)


def test_a_named_variety_goes_before_what_the_file_says_and_a_wording_after_it():
    assert parse_prompt("Tell me a joke in Syrian Arabic", "egy").variety == "syr"
    assert parse_prompt("اشرح كيف يعمل القلب", "egy").variety == "egy"


def test_the_language_is_known_where_the_dialect_is_not():
    assert parse_prompt("اشرح كيف يعمل القلب").language == "Arabic"
    assert parse_prompt("Write a poem about tea. Use Tunisian Arabic.").language == "Arabic"
    assert parse_prompt("Translate into French: I am hungry").language is None


def test_sources_of_translations():
    assert parse_prompt(translation_prompt("mar", "msa", "فين الدار؟")).source_variety == "mar"
    intent = parse_prompt("ترجم من اللهجة المصرية للإنجليزي: 'الجو حر النهارده'")
    assert intent.source_variety == "egy"


@pytest.mark.parametrize(
    ("prompt", "variety", "language"),
    [
        ("Answer in Saudi Arabian Arabic dialect: Who cooked?", "sau", "Arabic"),
        ("Answer in colloquial Egyptian: Who cooked?", "egy", "Arabic"),
        ("Reply using Cairene slang: Who cooked?", "egy", "Arabic"),
        ("Speak like a Moroccan. Who cooked?", "mar", "Arabic"),
        ("Tell me who cooked in the Arabic spoken in Aleppo", "syr", "Arabic"),
        ("Translate to Palestinian: Who cooked?", "pse", "Arabic"),
        ("Reply in Gulf Arabic: Who cooked?", None, "Arabic"),
        ("Answer in Khaleeji dialect: Who cooked?", None, "Arabic"),
        ("Give me a proverb in Arabic", None, "Arabic"),
        ("Translate into Arabic: Who cooked?", None, "Arabic"),
        ("What is the Arabic word for tea?", None, None),
        ("What part did cooks play in Egyptian history?", "eng", "English"),
        ("Which foods, like Syrian kibbeh, are fried?", "eng", "English"),
        ("Is Arabic spoken in Morocco? Answer in English.", "eng", "English"),
    ],
)
def test_english_names_a_variety_in_many_words(prompt, variety, language):
    intent = parse_prompt(prompt)
    assert (intent.variety, intent.language) == (variety, language)


def test_turns_before_the_last_tell_the_variety_too():
    def asked(prompt, **before):
        intent = parse_prompt(prompt, **before)
        return intent.kind, intent.variety, intent.language

    system = "You are a cook who talks in Moroccan darija."
    assert asked("Who cooked?", system=system) == (FREE, "mar", "Arabic")
    assert asked("Who cooked?", earlier=("Use Syrian Arabic.", "Hi")) == (FREE, "syr", "Arabic")
    both = {"system": system, "earlier": ("Use Syrian Arabic.",)}
    assert asked("Who cooked?", **both) == (FREE, "syr", "Arabic")
    assert asked("Who cooked? Answer in English.", **both) == (FREE, "eng", "English")
    assert asked("Who cooked?", system="Reply in Gulf Arabic.") == (FREE, None, "Arabic")
    assert asked("Who cooked?", system="You are helpful.") == (FREE, "eng", "English")
    intent = parse_prompt("Who cooked?", system="Translate what you get into Egyptian Arabic.")
    assert (intent.kind, intent.variety, intent.payload) == (TRANSLATE, "egy", "Who cooked?")


def test_rephrasing_and_one_sentence():
    assert parse_prompt('عاود صياغة هدشي بالكلمات دياولك: "مشات الحافلة"').is_rephrasing
    assert parse_prompt(PROMPTS[3][0]).is_one_sentence
    assert not parse_prompt("Tell me a story in Syrian Arabic").is_one_sentence


NUMBER_WORDS = [
    word for v in VARIETIES.values() for own in v.numbers.words.values() for word in own
]


@pytest.mark.parametrize("words", [word_classes("requests"), units(), NUMBER_WORDS])
def test_listed_words_are_keys_so_that_a_text_s_words_are_found_among_them(words):
    assert [word for word in words if comparison_key(word) != word] == []
