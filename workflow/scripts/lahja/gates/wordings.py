"""How prompts name varieties and tasks, in English and in Arabic of any dialect.

All patterns are of `comparison_key`s: small letters, no punctuation, one form of alef, yeh and
teh marbuta.
"""

import re

OTHER = "other"
"""A language or a dialect that is none of lahja's."""

_ENGLISH_ADJECTIVES = {
    "egy": "egyptian|cairene",
    "mar": "moroccan|morrocan",
    "pse": "palestinian",
    "sau": "saudi|najdi|hijazi",
    "syr": "syrian",
    OTHER: "algerian|tunisian|libyan|sudanese|jordanian|lebanese|iraqi|kuwaiti|emirati|qatari"
    "|bahraini|omani|yemeni",
}
_COUNTRIES = {
    "egy": "egypt|cairo",
    "mar": "morocco",
    "pse": "palestine",
    "sau": "saudi arabia|saudi",
    "syr": "syria|damascus",
    OTHER: "algeria|tunisia|libya|sudan|jordan|lebanon|iraq|kuwait|the uae|qatar|bahrain|oman"
    "|yemen",
}
# Of an Arabic variety's name the part behind the article.
_ARABIC_ADJECTIVES = {
    "egy": "مصري|مصريه|مصراوي|قاهريه",
    "mar": "مغربي|مغربيه",
    "pse": "فلسطيني|فلسطينيه",
    "sau": "سعودي|سعوديه|نجدي|نجديه|حجازي|حجازيه",
    "syr": "سوري|سوريه",
    OTHER: "جزائري|جزائريه|تونسي|تونسيه|ليبي|ليبيه|سوداني|سودانيه|اردني|اردنيه|لبناني|لبنانيه"
    "|عراقي|عراقيه|كويتي|كويتيه|خليجي|خليجيه|يمني|يمنيه|شامي|شاميه",
}
_ENGLISH_IN_ARABIC = r"(?:انجليزي|انجليزيه|انكليزي|انكليزيه|نجليزيه|نكليزيه|نجليزي|نكليزي|نگليزيه)"
_OTHER_IN_ARABIC = r"(?:فرنسي|فرنسيه|اسباني|اسبانيه|الماني|المانيه|تركي|تركيه|عبري|عبريه)"
# "in the … of", "the Arabic …": the words that make an adjective the name of a variety.
_KIND_OF_SPEECH = r"(?:لهجه|لهجات|عربيه|عربي|عاميه|دارجه|لغه|كلام|لسان)"
_ARTICLE = r"(?:(?:و|ف)?(?:ب|ل|ف|ك)?(?:ال|ل)?)"
_WORD = r"(?<!\w){}(?!\w)"


def _compiled() -> list[tuple[str, re.Pattern[str]]]:
    """Return a pattern per way of naming a variety, the longer names first."""
    found = [
        ("msa", r"(?:modern )?standard arabic|msa|fusha|classical arabic"),
        ("msa", rf"(?:{_ARTICLE}{_KIND_OF_SPEECH} )?(?:{_ARTICLE})(?:فصحي|فصيحه)"),
        ("mar", r"(?:moroccan )?darija"),
        ("mar", r"(?:ب|ل|ف)(?:ال)?(?:دارجه|داريجه)(?: (?:ال)?مغربيه)?"),
    ]
    for code, names in _ENGLISH_ADJECTIVES.items():
        speech = r"(?:(?:colloquial |spoken |vernacular )?(?:arabic|dialect|vernacular))"
        found.append((code, rf"(?:{names}) {speech}(?: dialect)?"))
        found.append((code, rf"(?<=in )(?:{names})(?= *$)"))
    for code, names in _COUNTRIES.items():
        found.append((code, rf"(?:arabic )?dialect (?:from|of|in|spoken in) (?:{names})"))
    for code, names in _ARABIC_ADJECTIVES.items():
        found.append(
            (code, rf"{_ARTICLE}{_KIND_OF_SPEECH}(?: {_ARTICLE}عاميه)? {_ARTICLE}(?:{names})")
        )
        # Joined to "in" or "into", an adjective alone is enough: بالمصري, للسوري.
        found.append((code, rf"(?:بال|لل)(?:{names})"))
    found += [
        ("eng", r"english"),
        ("eng", rf"{_ARTICLE}(?:لغه )?{_ARTICLE}{_ENGLISH_IN_ARABIC}"),
        (OTHER, r"(?<=in |to )(?:french|spanish|german|turkish|hebrew|chinese|russian|italian)"),
        (OTHER, rf"(?:بال|لل)(?:لغه )?(?:ال)?{_OTHER_IN_ARABIC}"),
    ]
    return [(code, re.compile(_WORD.format(f"(?:{pattern})"))) for code, pattern in found]


VARIETY_NAMES = _compiled()

TRANSLATE = re.compile(r"(?<!\w)(?:translat\w*|[اتني]?ترجم\w*|بترجم\w*)(?!\w)")
ANSWER = re.compile(
    r"(?:respond|reply) to (?:the|this) (?:following )?(?:input|message|sentence|text)"
    r"|(?<!\w)(?:رد|ردي|ردلي|جاوب|جاوبي|اجب) (?:علي|عل|ع)(?!\w)"
)
REPHRASE = re.compile(
    r"(?<!\w)(?:rephrase|paraphrase|reword|rewrite"
    r"|(?:عيد|اعد|عاود|رجاع) (?:صياغه|صيغ|كتابه|كتب|كتوب)"
    r"|بطريقتك|بالفاظك|باسلوبك)(?!\w)"
)
ONE_SENTENCE = re.compile(r"(?:in )?(?:exactly )?one sentence|(?:ب|ف)?جمله (?:واحده|وحده)")
# Said before a variety, these make it what is translated from; or into.
SOURCE_BEFORE = re.compile(r"(?:from|out of|من)(?: the| this| ال)?$")
TARGET_BEFORE = re.compile(r"(?:to|into|الي|ال|ل)(?: the)?$")
# "(following) input in X to …"
INPUT_BEFORE = re.compile(r"(?:input|text|sentence)(?: is)? in(?: the)?$")
ENGLISH_ASKED = re.compile(r"(?:in|into|to|use|using|with)$")

# Lines that released prompts add: a greeting per dialect, under a heading.
EXAMPLES_HEADING = re.compile(r"^\s*here (?:is|are)\b.*\bexamples?\b.*\bdialects?\b.*:\s*$", re.I)
EXAMPLE_LINE = re.compile(
    r"^\s*(?:morocco|egypt|palestine|syria|saudi arabia|saudi|msa|modern standard arabic)\s*:", re.I
)

# Two or three words each of AL-QASIDA's template instructions that tell whose they are.
TEMPLATE_WORDINGS = {
    "egy": ("عيد صياغه دا", "بالفاظك", "رد جذاب", "بالسطر ده", "الحته دي", "حد قلك كدا",
            "دي عشان تبقي", "عشان تبقي مناسبه", "اللي الجمله دي", "علي الكلام ده",
            "بيبتدي كده", "الجمله دي"),
    "mar": ("هدشي", "دياولك", "قاد واحد الجواب", "بهاد السطر", "هاد المقطع", "شناهوما", "شي حد",
            "باش تكون", "اش من جمهور", "جواب ديالك", "هاد الموضوع", "شي موضوع لي",
            "فالمتحان"),
    "pse": ("هاي الجمله بطريقتك", "بطريقتك وحافظ علي", "بيضمن هاي", "بهاي الجمله", "هالنص ليصير",
            "شو هي نتائج", "عيد صياغه هاي", "للناس الحاضرين", "اعطيني مبرر",
            "علي هالموضوع", "بصيغه مقال"),
    "sau": ("باسلوبك الخاص", "وش اثار", "تصير مناسبه اكثر", "وشي الشريحه", "علي هالنقاش",
            "سؤال ممكن ينحط في اختبار", "هالفقره عشان", "قصه تبدا بهالجمله",
            "رد ابداعي يتضمن"),
    "syr": ("رجاع", "هالجمله كعنصر", "هلجمله", "بهالسطر", "هالقسم بقصه", "شو الاثار يلي",
            "عمين بيتوجه",
            "علي نفس النسق", "النسق يلي", "متوقع بشكل مقاله", "برر جوابك"),
}  # fmt: skip
