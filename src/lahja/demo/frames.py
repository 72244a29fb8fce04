"""The demo's hand-written sentence frames, filled from the lexicons."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from lahja.core.files import read_json, read_yaml
from lahja.core.seeding import unit_draw

# What a frame holds: a sentence, the same in other words, an answer to it, a question about it.
KINDS = ("text", "paraphrase", "reply", "question")
# What prompts ask for.
ANSWER_KINDS = ("paraphrase", "story", "summary", "reply", "question")
# The dialects in which `resources/demo` is written, besides MSA and English.
DIALECTS = ("egy", "mar", "pse", "sau", "syr")
VARIETIES = (*DIALECTS, "msa", "eng")
TRAIN, DEVELOPMENT, TEST, HELD_OUT = PARTS = ("train", "development", "test", "held-out")
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
        fillings = _fillings(frame, source.lexicons, settings.fillings_per_frame, rng)
        for number, filling in enumerate(fillings):
            part = {0: DEVELOPMENT, 1: TEST}.get(number, TRAIN)
            part = HELD_OUT if frame.get("held_out") else part
            texts = {kind: _filled(frame[kind], filling) for kind in KINDS}
            scenes.append(Scene(f"{frame['id']}-{number}", part, texts))
    return scenes


def _fillings(
    frame: dict[str, Any], lexicons: dict[str, list[Texts]], count: int, rng: Random
) -> Iterator[dict[str, Texts]]:
    """Yield up to `count` different maps of slot to entry."""
    slots = dict.fromkeys(slot for kind in KINDS for slot in slots_of(frame[kind]["eng"]))
    leading = dict.fromkeys(FORM_OF.get(slot, slot) for slot in slots)
    sizes = {slot: len(lexicons[lexicon_of(slot)]) for slot in leading}
    seen = set()
    # Few combinations may be left to find, so the search is bounded.
    for _ in range(20 * min(count, prod(sizes.values()))):
        if len(seen) == count:
            return
        numbers = {slot: rng.randrange(size) for slot, size in sizes.items()}
        choice = tuple(numbers.values())
        # `day` and `day_2` are two days.
        seconds = numbers.keys() - lexicons.keys()
        repeats = (numbers[slot] == numbers.get(lexicon_of(slot)) for slot in seconds)
        if choice not in seen and not any(repeats):
            seen.add(choice)
            yield {s: lexicons[lexicon_of(s)][numbers[FORM_OF.get(s, s)]] for s in slots}


def _filled(texts: Texts, filling: dict[str, Texts]) -> Texts:
    filled = {}
    for variety, text in texts.items():
        words = {slot: entry[variety] for slot, entry in filling.items()}
        filled[variety] = text.format_map(words)
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
