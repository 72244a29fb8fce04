"""Each gate has cases that it must stop, near misses that it must pass, and what it cannot tell."""

import pytest

from lahja.core.config.base import parse
from lahja.core.config.evaluation import Gates
from lahja.core.errors import LahjaError
from lahja.preferences.gates import GATES
from lahja.preferences.gates.adequacy import is_name_in, names_in, similarity
from lahja.preferences.gates.form import is_cut_off, unwrapped
from lahja.preferences.gates.verdict import Pair
from lahja.prompts.intent import parse_prompt
from lahja.prompts.wordings import find_markers, translation_prompt


def answer_prompt(country, text):
    return (
        f"Respond to the following input in the Arabic dialect from {country} in exactly one "
        f"sentence. Input={text}\n"
    )


EGY_EN = translation_prompt("egy", "eng", "الولد الصغير راح المدرسة بدري النهارده وبعدين رجع")
EN_EGY = translation_prompt("eng", "egy", "Bring the blue chairs to the garden, please.")
MSA_EGY = translation_prompt("msa", "egy", "لا أعرف أين وضعت نظارتي الجديدة هذا الصباح")
MSA_MAR = translation_prompt("msa", "mar", "أين أجد مطعما رخيصا قريبا من هنا؟")
MSA_SYR = translation_prompt("msa", "syr", "ماذا تريد أن تأكل اليوم؟")
MSA_SAU = translation_prompt("msa", "sau", "ماذا ستفعل في نهاية الأسبوع القادم؟")
DA_MSA = translation_prompt("egy", "msa", "عايز أروح البيت دلوقتي عشان تعبان أوي")
REPLY_EGY = answer_prompt("Egypt", "هل رأيت الفيلم الجديد في السينما؟")
REPLY_SYR = answer_prompt("Syria", "لقد تأخرت الحافلة كثيرا هذا اليوم")
JOKE = "Tell me a joke in Egyptian Arabic"
WHY_SEA = "Why is the water of the Dead Sea so salty? Respond in Syrian Arabic"
WHY_NILE = "ليه نهر النيل مهم لمصر؟"

# gate, prompt, answer, status
CASES = [
    # language
    ("language", EGY_EN, "الولد راح المدرسة ورجع", "stopped"),
    ("language", EGY_EN, "el walad el so3'ayar ra7 el madrasa badry w ba3den rege3", "stopped"),
    ("language", EGY_EN, "Zogna mikol daba, sirna bekri lmedrasa felsbah mezyan", "stopped"),
    ("language", EGY_EN, "The little boy went to school early today and then came back.", "passed"),
    ("language", EGY_EN, "The boy (الولد) went to school early and came back.", "passed"),
    ("language", EN_EGY, "Put the blue chairs in the garden.", "stopped"),
    ("language", EN_EGY, "هات الكراسي الزرقا للجنينة لو سمحت.", "passed"),
    ("language", "Translate into French: I am hungry", "J'ai faim", "not computed"),
    # echo
    ("echo", EGY_EN, "الولد الصغير راح المدرسة بدري النهارده ورجع بعدين", "stopped"),
    ("echo", EGY_EN, "The little boy went to school early today.", "passed"),
    ("echo", MSA_EGY, "لا أعرف أين وضعت نظّارتي الجديدة هذا الصباح.", "stopped"),
    ("echo", MSA_EGY, "مش عارف حطيت نضارتي الجديدة فين الصبح", "passed"),
    ("echo", REPLY_SYR, "والله تأخرت الحافلة كتير هاد اليوم", "stopped"),
    ("echo", REPLY_SYR, "معليش، يمكن الطريق زحمة", "passed"),
    ("echo", REPLY_EGY, "هل شفت الفيلم الجديد في السيما؟", "stopped"),
    ("echo", REPLY_EGY, "آه شفته امبارح مع صحابي وعجبني", "passed"),
    ("echo", JOKE, "قول لي نكتة بالمصري", "stopped"),
    ("echo", JOKE, "مرة واحد بخيل وقع من الدور العاشر، قال لمراته وهو نازل ما تعمليش حسابي في الأكل.", "passed"),
    ("echo", "Explain a myth about cats. Reply in Moroccan Arabic.", "قول ليا شي خرافة على القطوط", "stopped"),
    ("echo", "Give me some advice in Egyptian Arabic", "قول الحق دايما ولو على نفسك.", "passed"),
    ("echo", WHY_SEA, "ليش مي البحر الميت مالحة هالقد؟", "stopped"),
    ("echo", WHY_SEA, "لِمَ مياه البحر الميت شديدة الملوحة؟", "stopped"),
    ("echo", WHY_SEA, "مي البحر الميت مالحة لأنو ما في إلها مخرج، فبتتبخر المي وبيضل الملح.", "passed"),
    ("echo", WHY_NILE, "ليه نهر النيل مهم لمصر", "stopped"),
    ("echo", WHY_NILE, "نهر النيل مهم لمصر عشان بيسقي الأرض وبيوفر مية الشرب للناس كلها.", "passed"),
    ("echo", "Write a question about the Nile in Egyptian Arabic", "إيه أطول فرع لنهر النيل؟", "passed"),
    ("echo", translation_prompt("msa", "egy", "شكرا لك"), "شكرا لك", "not computed"),
    ("echo", translation_prompt("sau", "msa", "كانت السلطة في يد الملك وحده"), "كانت السلطة في يد الملك وحده", "not computed"),
    # artefact
    ("artefact", EN_EGY, "{'type': 'text', 'text': 'هات الكراسي الزرقا للجنينة'}", "stopped"),
    ("artefact", EN_EGY, '"هات الكراسي الزرقا للجنينة."', "stopped"),
    ("artefact", EN_EGY, "```\nهات الكراسي الزرقا للجنينة\n```", "stopped"),
    ("artefact", EN_EGY, "Sure, here is the translation: هات الكراسي الزرقا للجنينة", "stopped"),
    ("artefact", EN_EGY, "الترجمة باللهجة المصرية هي:\nهات الكراسي الزرقا للجنينة", "stopped"),
    ("artefact", EN_EGY, "هات الكراسي الزرقا للجنينة.\nملاحظة: ممكن تقول الجنينة أو الحديقة.", "stopped"),
    ("artefact", EN_EGY, "هات الكراسي الزرقا للجنينة\nTranslation: هات الكراسي", "stopped"),
    ("artefact", EN_EGY, "هات الكراسي الزرقا للجنينة<|im_end|>", "stopped"),
    ("artefact", EN_EGY, "هات الكراسي already الزرقا للجنينة", "stopped"),
    ("artefact", EN_EGY, "هات الكراسي 蓝色 للجنينة", "stopped"),
    ("artefact", EN_EGY, "هات الكراسي الزرقا للجنينة\nأو\nجيب الكراسي", "stopped"),
    ("artefact", EN_EGY, "هات الكراسي الزرقا للجنينة، لو سمحت: كلها!", "passed"),
    ("artefact", translation_prompt("eng", "egy", "My iPhone is broken"), "الـ iPhone بتاعي باظ", "passed"),
    ("artefact", translation_prompt("eng", "egy", '"Go home," she said.'), '"روح البيت،" قالت.', "passed"),
    ("artefact", translation_prompt("eng", "egy", "This translation is bad"), "الترجمة دي وحشة", "passed"),
    ("artefact", REPLY_EGY, '"أيوه، شفته امبارح".', "stopped"),
    ("artefact", REPLY_EGY, "أيوه شفته، وصاحبي قال عليه \"تحفة\" كمان", "passed"),
    ("artefact", JOKE, "أكيد! إليك نكتة مصرية:\nمرة واحد نسي اسمه.", "stopped"),
    ("artefact", JOKE, "مرة واحد سأل صاحبه: رايح فين؟ قال له: مش رايح.", "passed"),
    ("artefact", "Give a tea recipe in Egyptian Arabic", "المكونات:\n- معلقة شاي\n- كوباية مية\n\nملاحظة: السكر حسب الذوق.", "passed"),
    ("artefact", "Write the answer as JSON. Use Egyptian Arabic.", '{"answer": "أيوه"}', "passed"),
    # repetition
    ("repetition", JOKE, "هه هه هه هه هه هه هه مرة واحد راح السوق", "stopped"),
    ("repetition", JOKE, "وبعدين راح البيت وبعدين راح البيت وبعدين راح البيت وبعدين راح البيت", "stopped"),
    ("repetition", JOKE, "مرة واحد راح البيت وقال لمراته أنا رجعت، قالت له رجعت منين؟", "passed"),
    # dialect
    ("dialect", MSA_SYR, "عايز تاكل إيه النهارده؟", "stopped"),
    ("dialect", MSA_SYR, "شو بدك تاكل اليوم؟", "passed"),
    ("dialect", MSA_MAR, "شو في مطعم رخيص هون؟", "stopped"),
    ("dialect", MSA_MAR, "فين كاين شي مطعم رخيص قريب من هنا؟", "passed"),
    ("dialect", MSA_SAU, "سأبقى في المنزل طوال الوقت", "stopped"),
    ("dialect", MSA_SAU, "وش بتسوي نهاية الأسبوع الجاي؟", "passed"),
    ("dialect", DA_MSA, "عايز أروح البيت عشان تعبان", "stopped"),
    ("dialect", DA_MSA, "أريد الذهاب إلى البيت لأنني متعب جدا", "passed"),
    ("dialect", REPLY_EGY, "سألت صاحبي عليه وقال لي كويس", "not computed"),
    ("dialect", "اشرح كيف يعمل القلب", "القلب عضلة", "not computed"),
    # length
    ("length", MSA_EGY, "مش عارف", "stopped"),
    ("length", MSA_EGY, "مش عارف حطيت نضارتي الجديدة فين الصبح", "passed"),
    ("length", MSA_EGY, "مش عارف حطيت نضارتي الجديدة فين الصبح، " * 4, "stopped"),
    ("length", translation_prompt("msa", "egy", "شكرا جزيلا"), "شكرا", "passed"),
    ("length", JOKE, "مرة واحد", "not computed"),
    # numbers
    ("numbers", translation_prompt("eng", "egy", "The train leaves at 10:45"), "القطر بيمشي ١٠:٤٥", "passed"),
    ("numbers", translation_prompt("eng", "egy", "The train leaves at 10:45"), "القطر بيمشي ١٠:٥٤", "stopped"),
    ("numbers", translation_prompt("eng", "mar", "I need 3 tickets"), "خاصني تلاتة ديال التيكيات", "passed"),
    ("numbers", translation_prompt("eng", "mar", "I need 3 tickets"), "خاصني شي تيكيات", "stopped"),
    ("numbers", translation_prompt("eng", "syr", "It has 40,000 people"), "فيها 40 ألف شخص", "passed"),
    ("numbers", translation_prompt("eng", "sau", "It was built in 2009"), "انبنى سنة 1430هـ", "passed"),
    ("numbers", translation_prompt("eng", "sau", "It was built in 1990"), "انبنى سنة 1430هـ", "stopped"),
    ("numbers", translation_prompt("eng", "egy", "Flight five oh one"), "رحلة 501", "passed"),
    ("numbers", translation_prompt("eng", "egy", "I waited a long time"), "استنيت 7 ساعات", "stopped"),
    ("numbers", translation_prompt("eng", "egy", "I have seven cats"), "عندي تسع قطط", "stopped"),
    ("numbers", translation_prompt("eng", "egy", "I have seven cats"), "عندي سبع قطط", "passed"),
    ("numbers", translation_prompt("eng", "egy", "I have seven cats"), "عندي قطط كتير", "not computed"),
    ("numbers", MSA_EGY, "مش عارف حطيت نضارتي فين", "not computed"),
    # names
    ("names", translation_prompt("eng", "egy", "We saw Bogdan, Fatima and Martin."), "شفنا الناس كلها هناك", "stopped"),
    ("names", translation_prompt("eng", "egy", "We saw Bogdan, Fatima and Martin."), "شفنا بوجدان وفاطمة ومارتن", "passed"),
    ("names", translation_prompt("eng", "egy", "We saw Fatima."), "شفنا ناس", "not computed"),
    # adequacy
    ("adequacy", translation_prompt("msa", "egy", "سافر والدي إلى مدينة الإسكندرية لزيارة أصدقائه القدامى في المستشفى"), "البنت بتحب تلعب كورة مع جيرانها كل يوم جمعة", "stopped"),
    ("adequacy", translation_prompt("msa", "egy", "سافر والدي إلى مدينة الإسكندرية لزيارة أصدقائه القدامى في المستشفى"), "أبويا سافر إسكندرية عشان يزور صحابه القدام في المستشفى", "passed"),
    ("adequacy", EN_EGY, "هات الكراسي الزرقا للجنينة", "not computed"),
    ("adequacy", JOKE, "إزيك يا باشا؟", "stopped"),
    ("adequacy", "Explain rain in Moroccan Arabic", "لا أستطيع مساعدتك في هذا", "stopped"),
    ("adequacy", "اشرح لي فوائد الزنجبيل", "الزنجبيل بيساعد على الهضم وبيدفي الجسم في الشتا", "not computed"),
    ("adequacy", REPLY_EGY, "أيوه شفته", "not computed"),
]  # fmt: skip


def verdict(gate, prompt, answer, evidence=None, settings=None, rejected=""):
    pair = Pair(parse_prompt(prompt), answer, rejected, **(evidence or {}))
    return GATES[gate](pair, settings or Gates())


@pytest.mark.parametrize(("gate", "prompt", "answer", "status"), CASES)
def test_gates(gate, prompt, answer, status):
    found = verdict(gate, prompt, answer)
    assert found.status == status, found.reason
    assert found.reason


def test_every_gate_has_a_case_of_each_outcome():
    seen = {(gate, status) for gate, _, _, status in CASES}
    for gate in GATES.keys() - {"truncated_rejected"}:
        assert {(gate, "stopped"), (gate, "passed")} <= seen, gate


# --- truncation -------------------------------------------------------------------------------

SENTENCE = "الزراعة في القرية كانت صعبة زمان لأن المية قليلة والأرض ناشفة والناس بتسافر كتير. "


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (SENTENCE * 3 + "ولما جت المكن الجديدة", "stopped"),
        (SENTENCE * 3 + "ولما جت المكن الجديدة الدنيا اتغيرت.", "passed"),
        ("1. زيت زيتون وملح وفلفل وكزبرة\n2. طماطم مقطعة وبصل وتوم وليمون\n3. خبز محمص مع السمنة\n"
         "4. جبنة بيضا مع النعنع والخيار\n5. شاي بالنعناع والسكر", "passed"),
        ("قلت له استنى", "not computed"),
    ],
)  # fmt: skip
def test_rejected_texts_that_are_cut_off(text, status):
    assert verdict("truncated_rejected", JOKE, "نكتة", rejected=text).status == status


def test_a_recorded_finish_goes_before_the_look_of_a_text():
    ended = {"rejected_finish": "stop"}
    cut = {"rejected_finish": "length"}
    text = SENTENCE * 3 + "ولما"
    assert is_cut_off(text)
    assert verdict("truncated_rejected", JOKE, "نكتة", ended, rejected=text).status == "passed"
    assert verdict("truncated_rejected", JOKE, "نكتة", cut, rejected="تمام.").status == "stopped"


# --- evidence ---------------------------------------------------------------------------------


def test_a_classifier_decides_where_words_do_not():
    text = "سألت صاحبي عليه وقال لي كويس"
    right = {"label": "egy", "probabilities": {"egy": 0.9, "syr": 0.1}}
    unsure = {"label": "syr", "probabilities": {"egy": 0.3, "syr": 0.7}}
    wrong = {"label": "syr", "probabilities": {"egy": 0.01, "syr": 0.99}}
    assert verdict("dialect", REPLY_EGY, text, right).status == "passed"
    assert verdict("dialect", REPLY_EGY, text, unsure).status == "passed"
    assert verdict("dialect", REPLY_EGY, text, wrong).status == "stopped"
    assert verdict("dialect", REPLY_EGY, text, {"label": "msa"}).status == "stopped"
    blind = {"label": "syr", "probabilities": {"syr": 1.0}}
    assert verdict("dialect", REPLY_EGY, text, blind).status == "not computed"


def test_references_and_round_trips_decide_on_adequacy():
    good, bad = "هات الكراسي الزرقا للجنينة لو سمحت", "أنا بحب القهوة من غير سكر خالص"
    reference = {"reference": "جيب الكراسي الزرقا للجنينة لو سمحت يا حبيبي"}
    assert verdict("adequacy", EN_EGY, good, reference).status == "passed"
    assert verdict("adequacy", EN_EGY, bad, reference).status == "stopped"
    own = "Bring the blue chairs to the garden."
    back = {
        "back_translation": "Please bring the blue chairs into the garden.",
        "own_round_trip": own,
    }
    astray = {"back_translation": "I like coffee without any sugar.", "own_round_trip": own}
    useless = {"back_translation": "I like coffee.", "own_round_trip": "I like tea, I like tea."}
    assert verdict("adequacy", EN_EGY, good, useless).status == "not computed"
    assert verdict("adequacy", EN_EGY, good, back).status == "passed"
    assert verdict("adequacy", EN_EGY, bad, astray).status == "stopped"


# --- parts ------------------------------------------------------------------------------------


def test_names_are_found_by_their_consonants():
    assert names_in("Yesterday Maria met Robert in Singapore. Then she left.") == [
        "Maria", "Robert", "Singapore",
    ]  # fmt: skip
    assert is_name_in("Singapore", "كنا في سنغافورة")
    assert is_name_in("Google", "شركة غوغل")
    assert not is_name_in("Robert", "كنا في سنغافورة")


def test_markers_name_who_uses_a_word():
    assert find_markers("عايز أشوفك دلوقتي") == {
        "عايز": frozenset({"egy"}),
        "دلوقتي": frozenset({"egy"}),
    }
    assert find_markers("هلأ جاي") | {} == {
        "هلأ": frozenset({"pse", "syr"}),
        "جاي": frozenset({"egy", "mar", "pse", "sau", "syr"}),
    }
    assert find_markers("سأذهب")["سأذهب"] == frozenset({"msa"})
    assert find_markers("سألني") == {}


def test_unwrapping_and_similarity():
    assert unwrapped("{'type': 'text', 'text': 'يلا بينا'}") == "يلا بينا"
    assert unwrapped("«يلا بينا».") == "يلا بينا"
    assert unwrapped('"أنا" و "أنت"') == '"أنا" و "أنت"'
    assert similarity("مِن هُنا!", "من هنا") == 1.0


def test_settings_name_what_they_do_not_know():
    settings = parse(Gates, {"echo": {"max_similarity": 0.9}})
    assert settings.echo.max_similarity == 0.9
    assert settings.length == Gates().length
    near = "والله تأخرت الحافلة كتير هاد اليوم"
    assert verdict("echo", REPLY_SYR, near, settings=settings).status == "passed"
    with pytest.raises(LahjaError, match="ekho: unknown; did you mean echo"):
        parse(Gates, {"ekho": {}})
    with pytest.raises(LahjaError, match=r"echo\.most: unknown"):
        parse(Gates, {"echo": {"most": 1}})
