"""What prompts ask for."""

import pytest

from lahja.corpora.text import comparison_key
from lahja.prompts.intent import ANSWER, FREE, TRANSLATE, parse_prompt
from lahja.prompts.wordings import number_words, request_words, translation_prompt

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


def test_rephrasing_and_one_sentence():
    assert parse_prompt('عاود صياغة هدشي بالكلمات دياولك: "مشات الحافلة"').is_rephrasing
    assert parse_prompt(PROMPTS[3][0]).is_one_sentence
    assert not parse_prompt("Tell me a story in Syrian Arabic").is_one_sentence


@pytest.mark.parametrize("words", [request_words(), *number_words().values()])
def test_listed_words_are_keys_so_that_a_text_s_words_are_found_among_them(words):
    assert [word for word in words if comparison_key(word) != word] == []
