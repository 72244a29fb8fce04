"""Write the demo's corpora, in the layouts of the real ones, from frames written by hand."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, cycle, islice, product
from math import prod
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from lahja.core.files import atomic_path, read_json, read_yaml, write_json, write_jsonl
from lahja.core.seeding import unit_draw
from lahja.core.varieties import get_variety
from lahja.prompts.generation import SLOT, templates_by_kind
from lahja.prompts.wordings import translation_prompt

# What a frame holds: a sentence, the same in other words, an answer to it, a question about it.
KINDS = ("text", "paraphrase", "reply", "question")
# What prompts ask for.
ANSWER_KINDS = ("paraphrase", "story", "summary", "reply", "question")
# The dialects in which `resources/demo` is written, besides MSA and English.
DIALECTS = ("egy", "mar", "pse", "sau", "syr")
VARIETIES = (*DIALECTS, "msa", "eng")
# Parts of the sentences, under the names of MADAR's splits.
TRAIN, DEVELOPMENT, TEST, HELD_OUT = PARTS = (
    "corpus-6-train", "corpus-6-dev", "corpus-6-test-corpus-26-test", "held-out",
)  # fmt: skip
# Lexicons whose entries are other forms of another's: a frame with both names one city.
FORM_OF = {"to_city": "city"}
# One sentence or word in every variety, by the variety's code.
Texts = dict[str, str]


class Source(NamedTuple):
    """Everything that is written by hand for the demo (`resources/demo/README.md`)."""

    frames: list[dict[str, Any]]
    lexicons: dict[str, list[Texts]]
    continuations: list[Texts]
    templates: dict[str, list[str]]
    template_kinds: list[str]
    requests: list[dict[str, str]]


@dataclass(frozen=True)
class Settings:
    """How much is made of the hand-written frames."""

    seed: int = 0
    fillings_per_frame: int = 26
    flores_lines: int = 120
    # Ready prompts per dialect and task.
    evaluation_prompts: int = 60
    instructions_per_dialect_and_kind: int = 120
    aldi_rows: int = 3000


class Scene(NamedTuple):
    """A frame with its slots filled: one sentence of each kind about one happening."""

    name: str
    part: str
    texts: dict[str, Texts]


class Parallel(NamedTuple):
    """One sentence in all seven varieties."""

    name: str
    part: str
    texts: Texts


def build_demo(folder: Path, settings: Settings, output: Path) -> None:
    """Expand the hand-written sources into corpora below `output`, which appears when complete."""
    source = load_source(folder)
    scenes = expand(source, settings)
    sentences = distinct_sentences(scenes)
    # A training sentence stands in one corpus only.
    corpora: dict[str, list[Parallel]] = {"madar": [], "nadi": [], "dial2msa": [], "flores": []}
    for sentence in sentences:
        draw = unit_draw(settings.seed, "corpus", sentence.name)
        drawn = "madar" if draw < 0.7 else "nadi" if draw < 0.86 else "dial2msa"
        corpus = {TRAIN: drawn, HELD_OUT: "flores"}.get(sentence.part, "madar")
        corpora[corpus].append(sentence)
    with atomic_path(output) as draft:
        _write_madar(corpora["madar"], settings.seed, draft / "MADAR")
        _write_nadi(corpora["nadi"], settings.seed, draft / "NADI")
        _write_dial2msa(corpora["dial2msa"], settings.seed, draft / "Dial2MSA-Verified")
        _write_flores(corpora["flores"], settings, draft / "flores200_dataset/devtest")
        train = [sentence for sentence in sentences if sentence.part == TRAIN]
        _write(draft / "aldi/aldi.tsv", _labels(train, settings), ("sentence", "ALDi"))
        templates = draft / "al-qasida/prompt_templates/json/dial8.json"
        write_json(templates, read_json(folder / "templates.json"))
        for dialect in DIALECTS:
            asked = evaluation_prompts(source, scenes, settings, dialect)
            for task, rows in zip(("mono", "xling"), asked, strict=True):
                path = draft / f"al-qasida/{task}/{dialect}.csv"
                _write(path, [row.values() for row in rows], rows[0])
        write_jsonl(draft / "instructions.jsonl", instructions(source, scenes, settings))


def load_source(folder: Path) -> Source:
    """Read `resources/demo`, whose form `tests/unit/test_demo.py` checks."""
    return Source(
        [frame for path in sorted(folder.glob("frames/*.yaml")) for frame in read_yaml(path)],
        {path.stem: read_yaml(path) for path in folder.glob("lexicon/*.yaml")},
        read_yaml(folder / "continuations.yaml"),
        {dialect: own["all"] for dialect, own in read_json(folder / "templates.json").items()},
        read_json(folder / "template_kinds.json"),
        read_yaml(folder / "requests.yaml"),
    )


def slots_of(text: str) -> list[str]:
    """Return the slot names of a text, in its order."""
    return re.findall(r"\{(\w+)\}", text)


def lexicon_of(slot: str) -> str:
    """Return the lexicon that fills a slot: `city` for both `city` and `city_2`."""
    return re.sub(r"_\d$", "", slot)


def expand(source: Source, settings: Settings) -> list[Scene]:
    """Fill every frame with different words: one filling each for development and test."""
    scenes = []
    for frame in source.frames:
        rng = Random(f"{settings.seed}:{frame['id']}")
        count = settings.fillings_per_frame
        fillings = islice(_fillings(frame, source.lexicons, count, rng), count)
        for number, filling in enumerate(fillings):
            part = {0: DEVELOPMENT, 1: TEST}.get(number, TRAIN)
            part = HELD_OUT if frame.get("held_out") else part
            texts = {kind: _filled(frame[kind], filling) for kind in KINDS}
            scenes.append(Scene(f"{frame['id']}-{number}", part, texts))
    return scenes


def _fillings(
    frame: dict[str, Any], lexicons: dict[str, list[Texts]], count: int, rng: Random
) -> Iterator[dict[str, Texts]]:
    """Yield different maps of slot to entry; how far they are looked for depends on the count."""
    slots = dict.fromkeys(slot for kind in KINDS for slot in slots_of(frame[kind]["eng"]))
    leading = dict.fromkeys(FORM_OF.get(slot, slot) for slot in slots)
    sizes = {slot: len(lexicons[lexicon_of(slot)]) for slot in leading}
    seen = set()
    # Few combinations may be left to find, so the search is bounded.
    for _ in range(20 * min(count, prod(sizes.values()))):
        numbers = {slot: rng.randrange(size) for slot, size in sizes.items()}
        choice = tuple(numbers.values())
        # `day` and `day_2` are two days.
        seconds = numbers.keys() - lexicons.keys()
        repeats = (numbers[slot] == numbers.get(lexicon_of(slot)) for slot in seconds)
        if choice not in seen and not any(repeats):
            seen.add(choice)
            yield {s: lexicons[lexicon_of(s)][numbers[FORM_OF.get(s, s)]] for s in slots}


def _filled(texts: Texts, filling: dict[str, Texts]) -> Texts:
    filled = {
        variety: text.format_map({slot: entry[variety] for slot, entry in filling.items()})
        for variety, text in texts.items()
    }
    return filled | {"eng": filled["eng"][:1].upper() + filled["eng"][1:]}


def distinct_sentences(scenes: Iterable[Scene]) -> list[Parallel]:
    """Return the different sentences of all scenes, each in one part, the training part first.

    A sentence of another part is left out where any of its varieties occurs in training.
    """
    seen, trained, sentences = set(), set(), []
    for scene in sorted(scenes, key=lambda scene: PARTS.index(scene.part)):
        for kind, texts in scene.texts.items():
            key, is_trained = tuple(texts.values()), scene.part == TRAIN
            if key not in seen and (is_trained or trained.isdisjoint(texts.items())):
                seen.add(key)
                trained.update(texts.items() if is_trained else ())
                sentences.append(Parallel(f"{scene.name}-{kind}", scene.part, texts))
    return sentences


def shuffled_sentences(sentences: Iterable[Parallel], seed: int, *names: str) -> list[Parallel]:
    """Return sentences in an order that the seed and their names fix."""
    return sorted(sentences, key=lambda s: unit_draw(seed, *names, s.name))


def instructions(source: Source, scenes: list[Scene], settings: Settings) -> Iterator[dict]:
    """Yield instruction examples on training scenes, evenly many for each dialect and kind.

    Each asks for a dialect, half of them in that dialect and half in English (translations: out
    of English and out of MSA); `responses` holds the right answer in MSA, the dialect and English.
    """
    train = [scene for scene in scenes if scene.part == TRAIN]
    count = min(settings.instructions_per_dialect_and_kind, len(train))
    for dialect, kind in product(DIALECTS, (*ANSWER_KINDS, "translation")):
        rng = Random(f"{settings.seed}:instructions:{dialect}:{kind}")
        for number, scene in enumerate(rng.sample(train, count)):
            given, answer = _task(scene, kind, source.continuations, rng)
            yield {
                "id": f"{dialect}-{kind}-{number}",
                "kind": kind,
                "dialect": dialect,
                "prompt": _request(source, given, dialect, kind, number % 2, rng),
                "responses": {code: answer[code] for code in ("msa", dialect, "eng")},
            }


def _task(scene: Scene, kind: str, continuations: list[Texts], rng: Random) -> tuple[Texts, Texts]:
    """Return what a prompt gives and the right answer to it, in every variety."""
    if kind == "translation":
        chosen = rng.choice([*scene.texts.values()])
        return chosen, chosen
    given = _given(scene, kind, continuations, rng)
    if kind == "story":
        return given, _joined(given, rng.choice(continuations))
    return given, scene.texts["paraphrase" if kind == "summary" else kind]


def _given(scene: Scene, kind: str, continuations: list[Texts], rng: Random) -> Texts:
    more = rng.sample(continuations, rng.choice((1, 2))) if kind == "summary" else []
    return _joined(scene.texts["text"], *more)


def _joined(*texts: Texts) -> Texts:
    return {code: " ".join(text[code] for text in texts) for code in VARIETIES}


def _request(source: Source, given: Texts, dialect: str, kind: str, form: int, rng: Random) -> str:
    if kind == "translation":
        variety = ("eng", "msa")[form]
        return translation_prompt(variety, dialect, given[variety])
    if form == 0:
        templates = templates_by_kind(source.templates[dialect], source.template_kinds, dialect)
        return rng.choice(templates[kind]).replace(SLOT, given[dialect])
    request = rng.choice([request for request in source.requests if request["kind"] == kind])
    return request["text"].format(language=get_variety(dialect).name, text=given["eng"])


def evaluation_prompts(
    source: Source, scenes: list[Scene], settings: Settings, dialect: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return rows of AL-QASIDA's ready prompts on held-out scenes: monolingual, cross-lingual."""
    # Scenes that differ in their answers only would ask the same twice.
    by_text = {s.texts["text"]["eng"]: s for s in scenes if s.part == HELD_OUT}
    rng = Random(f"{settings.seed}:evaluation:{dialect}")
    chosen = rng.sample([*by_text.values()], min(settings.evaluation_prompts, len(by_text)))
    monolingual, crosslingual = [], []
    language = get_variety(dialect).name
    templates = zip(source.templates[dialect], source.template_kinds, strict=True)
    asked = zip(chosen, cycle(templates), cycle(source.requests), strict=False)
    for number, (scene, (template, kind), request) in enumerate(asked):
        given = _given(scene, kind, source.continuations, rng)
        row = {"": number, "prompt": template.replace(SLOT, given[dialect])}
        monolingual.append(row | {"language": language, "source": "DEMO"})
        given = _given(scene, request["kind"], source.continuations, rng)
        row = {"prompt": request["text"].format(language=language, text=given["eng"])}
        row |= {key: request[key] for key in ("location", "phrasing")}
        crosslingual.append(row | {"language": "ar", "source": "DEMO"})
    return monolingual, crosslingual


def _write(path: Path, rows: Iterable[Iterable[object]], header: Iterable[str] = ()) -> None:
    """Write rows, quoted in a CSV file and with bare tabs in others."""
    plain = {"delimiter": "\t", "quoting": csv.QUOTE_NONE, "quotechar": None}
    form = {} if path.suffix == ".csv" else plain
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", **form).writerows([header, *rows] if header else rows)


def _write_madar(sentences: list[Parallel], seed: int, folder: Path) -> None:
    rng = Random(seed)
    numbers = accumulate(rng.choice((1, 1, 2, 5)) for _ in sentences)
    numbered = [*zip(numbers, shuffled_sentences(sentences, seed, "madar"), strict=True)]
    for variety in VARIETIES:
        city = get_variety(variety).madar_cities[0]
        code = "EN" if variety == "eng" else city[:3].upper()
        rows = [
            (number, sentence.part, code, sentence.texts[variety])
            for number, sentence in numbered
            # As in MADAR, where only Cairo and Rabat hold all of the training split.
            if variety not in ("pse", "sau", "syr")
            or sentence.part != TRAIN
            or unit_draw(seed, variety, sentence.name) < 0.7
        ]
        file = folder / f"MADAR.corpus.{city}.tsv"
        _write(file, rows, ("sentID.BTEC", "split", "lang", "sent"))


def _write_flores(sentences: list[Parallel], settings: Settings, folder: Path) -> None:
    # Every column is free of repeats, for a repeated line would count twice in the scores.
    seen, chosen = set(), []
    for sentence in shuffled_sentences(sentences, settings.seed, "flores"):
        if seen.isdisjoint(sentence.texts.items()):
            seen.update(sentence.texts.items())
            chosen.append(sentence)
    for variety in VARIETIES:
        rows = [[sentence.texts[variety]] for sentence in chosen[: settings.flores_lines]]
        _write(folder / f"{get_variety(variety).flores}.devtest", rows)


def _write_nadi(sentences: list[Parallel], seed: int, folder: Path) -> None:
    posts = []
    for variety in DIALECTS:
        for sentence in sentences:
            rng = Random(f"{seed}:{variety}:{sentence.name}")
            text = sentence.texts[variety]
            # With the tokens that NADI puts for mentions, links and numbers.
            if rng.random() < 0.2:
                text = "USER " + re.sub(r"\d+", "NUM", text.removesuffix(".")) + " URL"
            # No country posts everything.
            if rng.random() < 0.7:
                posts.append((rng.random(), text, get_variety(variety).country))
    rows = [(f"demo_train_{n}", *post[1:]) for n, post in enumerate(sorted(posts), start=1)]
    _write(folder / "NADI2023_TWT.tsv", rows, ("#1_id", "#2_content", "#3_country_label"))
    msa = dict.fromkeys((sentence.texts["msa"],) for sentence in sentences)
    _write(folder / "subtask_3_mono_MSA.txt", msa)


def _write_dial2msa(sentences: list[Parallel], seed: int, folder: Path) -> None:
    rows: dict[str, list[tuple[object, ...]]] = {"train": [], "dev": []}
    for number, sentence in enumerate(sentences, start=401):
        tweet = sentence.texts["egy"]
        split = "dev" if unit_draw(seed, "dial2msa", sentence.name) < 0.1 else "train"
        row = ("1.0", number, sentence.texts["msa"], tweet, tweet.removesuffix("."))
        rows[split].append(row)
    header = ("egytomsa:confidence", "id", "msa", "tweet", "cleanedtweet2")
    for split, own in rows.items():
        _write(folder / split / f"egy_{split}.csv", own, header)


def dialect_share(sentence: str, msa: str) -> float:
    """Return the share of a sentence's words that its MSA counterpart does not have."""
    words, standard = (re.findall(r"\w+", text) for text in (sentence, msa))
    return sum(word not in standard for word in words) / len(words)


def _labels(train: list[Parallel], settings: Settings) -> Iterable[tuple[str, float]]:
    """Return training sentences, two of seven in MSA, with their dialectness in [0, 1]."""
    labels: dict[str, float] = {}
    for turn in map(str, range(len(DIALECTS))):
        for sentence in shuffled_sentences(train, settings.seed, "aldi", turn):
            rng = Random(f"{settings.seed}:aldi:{turn}:{sentence.name}")
            text = sentence.texts[rng.choice((*DIALECTS, "msa", "msa"))]
            labels[text] = round(dialect_share(text, sentence.texts["msa"]), 4)
    return islice(labels.items(), settings.aldi_rows)
