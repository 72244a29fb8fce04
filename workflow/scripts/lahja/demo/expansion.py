"""Fill frames from the lexicons, and give every sentence one place in the demo's corpora."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from random import Random

from lahja.demo.source import KINDS, Frame, Lexicon, Source, Texts, lexicon_of
from lahja.seeding import unit_draw

TRAIN, DEVELOPMENT, TEST, HELD_OUT = "train", "development", "test", "held-out"


@dataclass(frozen=True)
class Settings:
    """How much is made of the hand-written frames."""

    seed: int = 0
    fillings_per_frame: int = 26
    development_fillings: int = 1
    """Fillings per training frame for MADAR's dev split."""
    test_fillings: int = 1
    """Fillings per training frame for MADAR's test split."""
    parallel_share: float = 0.7
    """Share of the training sentences that MADAR's train split holds."""
    monolingual_share: float = 0.16
    """Share of them that NADI's files hold; the rest goes to DODa and Dial2MSA."""
    covered_share: float = 0.7
    """Share of MADAR's train split that Jerusalem, Riyadh and Damascus hold."""
    flores_lines: int = 120
    evaluation_prompts: int = 60
    """Ready prompts per dialect and task."""
    instructions_per_dialect_and_kind: int = 120
    aldi_rows: int = 3000


@dataclass(frozen=True)
class Scene:
    """A frame with its slots filled: one sentence of each kind about one happening."""

    name: str
    frame: str
    domain: str
    part: str
    texts: dict[str, Texts]


@dataclass(frozen=True)
class Parallel:
    """One sentence in all seven varieties."""

    name: str
    part: str
    texts: Texts


def expand(source: Source, settings: Settings) -> list[Scene]:
    """Fill every frame with different words, each filling in one part of the data."""
    scenes = []
    for frame in source.frames:
        random = Random(f"{settings.seed}:{frame.name}")
        for number, filling in enumerate(_fillings(frame, source.lexicons, settings, random)):
            part = HELD_OUT if frame.is_held_out else _part(number, settings)
            texts = {kind: _filled(frame.texts[kind], filling) for kind in KINDS}
            scenes.append(Scene(f"{frame.name}-{number}", frame.name, frame.domain, part, texts))
    return scenes


def _part(number: int, settings: Settings) -> str:
    if number < settings.development_fillings:
        return DEVELOPMENT
    if number < settings.development_fillings + settings.test_fillings:
        return TEST
    return TRAIN


def _fillings(
    frame: Frame, lexicons: dict[str, Lexicon], settings: Settings, random: Random
) -> Iterator[dict[str, Texts]]:
    """Yield up to `fillings_per_frame` different maps of slot to entry."""
    slots = {slot: lexicons[lexicon_of(slot)] for slot in frame.slots}
    leading = list(dict.fromkeys(lex.follows or slot for slot, lex in slots.items()))
    sizes = {slot: len(lexicons[lexicon_of(slot)].entries) for slot in leading}
    seen = set()
    # Few combinations may be left to find, so the search is bounded.
    for _ in range(20 * min(settings.fillings_per_frame, prod(sizes.values()))):
        if len(seen) == settings.fillings_per_frame:
            return
        numbers = {slot: random.randrange(size) for slot, size in sizes.items()}
        choice = tuple(numbers.values())
        if choice in seen or _repeats(numbers):
            continue
        seen.add(choice)
        yield {slot: lex.entries[numbers[lex.follows or slot]] for slot, lex in slots.items()}


def _repeats(numbers: dict[str, int]) -> bool:
    # `day` and `day_2` are two days.
    return any(
        number == numbers.get(lexicon_of(slot))
        for slot, number in numbers.items()
        if lexicon_of(slot) != slot
    )


def _filled(texts: Texts, filling: dict[str, Texts]) -> Texts:
    filled = {
        variety: text.format_map({slot: entry[variety] for slot, entry in filling.items()})
        for variety, text in texts.items()
    }
    filled["eng"] = filled["eng"][:1].upper() + filled["eng"][1:]
    return filled


def distinct_sentences(scenes: Iterable[Scene]) -> list[Parallel]:
    """Return the different sentences of all scenes, each in one part.

    A sentence of the development, test or held-out part is left out where any of its varieties
    occurs in the training part.
    """
    order = (TRAIN, DEVELOPMENT, TEST, HELD_OUT)
    seen: set[tuple[str, ...]] = set()
    trained: set[tuple[str, str]] = set()
    sentences = []
    for scene in sorted(scenes, key=lambda scene: order.index(scene.part)):
        for kind, texts in scene.texts.items():
            key = tuple(texts.values())
            if key in seen or (scene.part != TRAIN and not trained.isdisjoint(texts.items())):
                continue
            seen.add(key)
            if scene.part == TRAIN:
                trained.update(texts.items())
            sentences.append(Parallel(f"{scene.name}-{kind}", scene.part, texts))
    return sentences


def shuffled_sentences(sentences: Iterable[Parallel], seed: int, *names: str) -> list[Parallel]:
    """Return sentences in an order that the seed and their names fix."""
    return sorted(sentences, key=lambda s: unit_draw(seed, *names, s.name))
