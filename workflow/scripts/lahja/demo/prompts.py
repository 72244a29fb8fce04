"""Write what the demo asks: instruction examples with their answers, and evaluation prompts."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from lahja.demo.corpora import write_rows
from lahja.demo.expansion import HELD_OUT, TRAIN, Scene, Settings
from lahja.demo.source import ANSWER_KINDS, Request, Source, Texts
from lahja.prompts import SLOT, templates_by_kind
from lahja.translation import translation_prompt
from lahja.varieties import DIALECTS, VARIETIES


def instructions(
    source: Source, scenes: list[Scene], settings: Settings
) -> Iterator[dict[str, Any]]:
    """Yield instruction examples on training scenes, evenly many for each dialect and kind.

    Each asks for a dialect, half of them in that dialect and half in English (translations: out
    of English and out of MSA); `responses` holds the right answer in MSA, the dialect and English.
    """
    train = [scene for scene in scenes if scene.part == TRAIN]
    for dialect in DIALECTS:
        for kind in (*ANSWER_KINDS, "translation"):
            random = Random(f"{settings.seed}:instructions:{dialect}:{kind}")
            count = min(settings.instructions_per_dialect_and_kind, len(train))
            for number, scene in enumerate(random.sample(train, count)):
                row = _instruction(source, scene, dialect, kind, number % 2 == 0, random)
                yield {"id": f"{dialect}-{kind}-{number}", "group": scene.name} | row


def _instruction(
    source: Source, scene: Scene, dialect: str, kind: str, is_first_form: bool, random: Random
) -> dict[str, Any]:
    given, answer = _task(scene, kind, source.continuations, random)
    if kind == "translation":
        form, variety = "translation", "eng" if is_first_form else "msa"
        prompt = translation_prompt(variety, dialect, given[variety])
    elif is_first_form:
        form, variety = "monolingual", dialect
        templates = templates_by_kind(source.templates[dialect], source.template_kinds, dialect)
        prompt = random.choice(templates[kind]).replace(SLOT, given[dialect])
    else:
        form, variety = "crosslingual", "eng"
        requests = [request for request in source.requests if request.kind == kind]
        prompt = _asked(random.choice(requests).text, dialect, given["eng"])
    return {
        "kind": kind,
        "dialect": dialect,
        "form": form,
        "source_variety": variety,
        "prompt": prompt,
        "responses": {code: answer[code] for code in ("msa", dialect, "eng")},
    }


def _task(
    scene: Scene, kind: str, continuations: list[Texts], random: Random
) -> tuple[Texts, Texts]:
    """Return what a prompt gives and the right answer to it, in every variety."""
    text = scene.texts["text"]
    if kind == "translation":
        chosen = random.choice(list(scene.texts.values()))
        return chosen, chosen
    if kind == "story":
        return text, _joined(text, random.choice(continuations))
    if kind == "summary":
        return _lengthened(text, continuations, random), scene.texts["paraphrase"]
    return text, scene.texts[kind]


def _lengthened(text: Texts, continuations: list[Texts], random: Random) -> Texts:
    return _joined(text, *random.sample(continuations, random.choice((1, 2))))


def _joined(*texts: Texts) -> Texts:
    return {code: " ".join(text[code] for text in texts) for code in VARIETIES}


def _asked(request: str, dialect: str, text: str) -> str:
    return request.format(language=VARIETIES[dialect].name, text=text)


def write_evaluation(
    source: Source, scenes: list[Scene], settings: Settings, folder: Path
) -> dict[str, int]:
    """Write ready prompts on held-out scenes as AL-QASIDA's, `mono` and `xling` per dialect."""
    # Scenes that differ in their answers only would ask the same twice.
    by_text = {s.texts["text"]["eng"]: s for s in scenes if s.part == HELD_OUT}
    held_out = list(by_text.values())
    counts = {"al-qasida/mono": 0, "al-qasida/xling": 0}
    for dialect in DIALECTS:
        random = Random(f"{settings.seed}:evaluation:{dialect}")
        chosen = random.sample(held_out, min(settings.evaluation_prompts, len(held_out)))
        rows = [
            (number, *row)
            for number, row in enumerate(_monolingual(source, chosen, dialect, random))
        ]
        header = ("", "prompt", "language", "source")
        counts["al-qasida/mono"] += write_rows(folder / "mono" / f"{dialect}.csv", header, rows)
        header = ("prompt", "location", "phrasing", "language", "source")
        rows = list(_crosslingual(source, chosen, dialect, random))
        counts["al-qasida/xling"] += write_rows(folder / "xling" / f"{dialect}.csv", header, rows)
    return counts


def _monolingual(
    source: Source, scenes: list[Scene], dialect: str, random: Random
) -> Iterator[tuple[str, str, str]]:
    for number, scene in enumerate(scenes):
        place = number % len(source.template_kinds)
        given = _given(scene, source.template_kinds[place], source, random)
        prompt = source.templates[dialect][place].replace(SLOT, given[dialect])
        yield prompt, VARIETIES[dialect].name, "DEMO"


def _crosslingual(
    source: Source, scenes: list[Scene], dialect: str, random: Random
) -> Iterator[tuple[str, str, str, str, str]]:
    for number, scene in enumerate(scenes):
        request: Request = source.requests[number % len(source.requests)]
        given = _given(scene, request.kind, source, random)
        prompt = _asked(request.text, dialect, given["eng"])
        yield prompt, request.location, request.phrasing, "ar", "DEMO"


def _given(scene: Scene, kind: str, source: Source, random: Random) -> Texts:
    text = scene.texts["text"]
    return _lengthened(text, source.continuations, random) if kind == "summary" else text
