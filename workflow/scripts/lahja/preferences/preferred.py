"""A prompt with the answer that is to be preferred, before one is found to reject."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from lahja.files import digest_of_text
from lahja.gates.asked import Asked, parse_prompt
from lahja.pairs import is_wanted
from lahja.preferences.gated import Gated
from lahja.preferences.sentences import Sentence
from lahja.seeding import shuffled, unit_draw
from lahja.translation import translation_prompt
from lahja.translation_data import DIRECTIONS

FREE = "free"
MSA_TO_DIALECT = "msa-da"
REFERENCE = "reference"
ALL_DIRECTIONS = (*DIRECTIONS, FREE)
_TRANSLATION = "translation"


@dataclass(frozen=True)
class Answer:
    """One side of a pair: its text, its variety, and where it is from."""

    text: str
    label: str
    generator: str
    """Generator, or corpus, that the text is from or was made of."""
    origin: str


@dataclass(frozen=True)
class Preferred:
    """A prompt, the answer to choose, and what negatives can be made of."""

    prompt_id: str
    dialect: str
    kind: str
    """Kind of the prompt in the PAIRS table."""
    direction: str
    prompt: str
    asked: Asked
    chosen: Answer
    sentence: Sentence | None = None
    """What a translation prompt is about."""
    wrong: tuple[Answer, ...] = ()
    """Answers of models to this prompt in another variety than was asked for."""
    inadequate: tuple[Answer, ...] = ()
    """Answers of models in the variety asked for that say something else."""


@dataclass(frozen=True)
class Supply:
    """Prompts of one dialect and direction with their answers to prefer, made when asked for."""

    counts: Counter[str]
    """How many there are, by kind of prompt."""
    prompts: Iterable[Preferred]


def directed(prompts: pd.DataFrame) -> pd.DataFrame:
    """Return PROMPTS whose translation prompts bear their direction as kind."""
    is_translation = prompts["kind"] == _TRANSLATION
    return prompts.assign(kind=prompts["kind"].mask(is_translation, MSA_TO_DIALECT))


def from_candidates(
    prompts: pd.DataFrame,
    gated: Gated,
    sentence_of: dict[str, Sentence],
    pairs_per_prompt: int,
    seed: int,
    with_references: bool,
) -> list[Preferred]:
    """Return the generators' prompts with answers of theirs in the wanted dialect, in drawn order.

    `gated` holds the answers that the gates let through, and those that are inadequate;
    `sentence_of` holds sentences by the prompts' `sentence_id`. With references, a translation
    prompt whose answers are all wrong has its reference preferred to them.
    """
    by_prompt, inadequate_by_prompt = (
        dict(iter(table.groupby("prompt_id", sort=False)))
        for table in (gated.candidates, gated.inadequate)
    )
    none = gated.candidates.head(0)
    found: list[Preferred] = []
    for prompt in shuffled(prompts, seed, "prompt_id").itertuples():
        own = by_prompt.get(prompt.prompt_id, none).drop_duplicates("response")
        inadequate = inadequate_by_prompt.get(prompt.prompt_id, none).drop_duplicates("response")
        keys = own["generator"] + "\x1f" + own["origin"]
        draws = keys.map(lambda key, name=prompt.prompt_id: unit_draw(seed, name, key))
        own = own.iloc[draws.argsort(kind="stable")]
        right, wrong = (tuple(_answers(own[side])) for side in (is_wanted(own), ~is_wanted(own)))
        sentence = None
        if prompt.kind in (_TRANSLATION, MSA_TO_DIALECT):
            sentence = sentence_of.get(prompt.sentence_id)
            if with_references and not right and prompt.reference and sentence:
                corpus = sentence.corpus
                right = (Answer(prompt.reference, prompt.dialect, corpus, REFERENCE),)
        rejectable = (wrong, tuple(_answers(inadequate)))
        found.extend(
            _preferred(prompt, side, sentence, *rejectable) for side in right[:pairs_per_prompt]
        )
    return found


def from_references(
    sentences: Iterable[Sentence], dialect: str, direction: str, seed: int
) -> Supply:
    """Return a prompt to translate each sentence that has both sides, its reference preferred.

    In drawn order; of several texts of a sentence in the dialect one is drawn.
    """
    codes = {"da": dialect, "msa": "msa", "eng": "eng"}
    source, target = (codes[side] for side in direction.split("-"))
    having = [s for s in sentences if source in s.sides and target in s.sides]
    having.sort(key=lambda s: unit_draw(seed, direction, dialect, s.group_id))
    prompts = (_on_reference(s, dialect, direction, source, target, seed) for s in having)
    return Supply(Counter({direction: len(having)}), prompts)


def _on_reference(
    sentence: Sentence, dialect: str, direction: str, source: str, target: str, seed: int
) -> Preferred:
    names = (direction, dialect, sentence.group_id)
    asked_for = _drawn(sentence.sides[source], seed, *names, "source")
    text = _drawn(sentence.sides[target], seed, *names, "target")
    prompt = translation_prompt(source, target, asked_for)
    return Preferred(
        prompt_id=digest_of_text(f"{dialect}\n{prompt}")[:16],
        dialect=dialect,
        kind=direction,
        direction=direction,
        prompt=prompt,
        asked=parse_prompt(prompt, dialect),
        chosen=Answer(text, target, sentence.corpus, REFERENCE),
        sentence=sentence,
    )


def _preferred(
    prompt: object,
    chosen: Answer,
    sentence: Sentence | None,
    wrong: tuple[Answer, ...],
    inadequate: tuple[Answer, ...],
) -> Preferred:
    is_translation = prompt.kind in (_TRANSLATION, MSA_TO_DIALECT)
    return Preferred(
        prompt_id=prompt.prompt_id,
        dialect=prompt.dialect,
        kind=prompt.kind,
        direction=MSA_TO_DIALECT if is_translation else FREE,
        prompt=prompt.prompt,
        asked=parse_prompt(prompt.prompt, prompt.dialect),
        chosen=chosen,
        sentence=sentence,
        wrong=wrong,
        inadequate=inadequate,
    )


def _answers(candidates: pd.DataFrame) -> Iterator[Answer]:
    for row in candidates.itertuples():
        yield Answer(row.response, row.label, row.generator, row.origin)


def _drawn(texts: tuple[str, ...], seed: int, *names: str) -> str:
    return texts[int(unit_draw(seed, *names) * len(texts))]
