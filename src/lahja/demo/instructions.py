"""Requests and their answers: what the demo's corpora ask, and what small models are pretrained on.

A small model stands in for an LLM. Where few of its examples answer in the dialect asked for and
the others in MSA, it behaves as real LLMs do (paper, section 1); where all do, as stronger ones.
"""

from collections.abc import Iterator
from itertools import cycle, permutations, product
from random import Random
from typing import Any

import pandas as pd

from lahja.core.seeding import shuffled, unit_draw
from lahja.core.tables import EXAMPLES
from lahja.core.varieties import get_variety, is_dialect
from lahja.demo import frames
from lahja.demo.frames import DIALECTS, Scene, Settings, Source, Texts
from lahja.prompts.generation import SLOT, templates_by_kind
from lahja.prompts.wordings import translation_prompt


def instructions(
    source: Source, scenes: list[Scene], settings: Settings
) -> Iterator[dict[str, Any]]:
    """Yield instruction examples on training scenes, evenly many for each dialect and kind.

    Each asks for a dialect, half of them in that dialect and half in English (translations: out
    of English and out of MSA); `responses` holds the right answer in MSA, the dialect and English.
    """
    train = [scene for scene in scenes if scene.part == frames.TRAIN]
    count = min(settings.instructions_per_dialect_and_kind, len(train))
    for dialect, kind in product(DIALECTS, (*frames.ANSWER_KINDS, "translation")):
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
        chosen = rng.choice(list(scene.texts.values()))
        return chosen, chosen
    given = _given(scene, kind, continuations, rng)
    if kind == "story":
        return given, _joined(given, rng.choice(continuations))
    return given, scene.texts["paraphrase" if kind == "summary" else kind]


def _given(scene: Scene, kind: str, continuations: list[Texts], rng: Random) -> Texts:
    text = scene.texts["text"]
    if kind != "summary":
        return text
    return _joined(text, *rng.sample(continuations, rng.choice((1, 2))))


def _joined(*texts: Texts) -> Texts:
    return {code: " ".join(text[code] for text in texts) for code in frames.VARIETIES}


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
    by_text = {s.texts["text"]["eng"]: s for s in scenes if s.part == frames.HELD_OUT}
    rng = Random(f"{settings.seed}:evaluation:{dialect}")
    chosen = rng.sample([*by_text.values()], min(settings.evaluation_prompts, len(by_text)))
    monolingual, crosslingual = [], []
    language = get_variety(dialect).name
    templates = [*zip(source.templates[dialect], source.template_kinds, strict=True)]
    asked = zip(chosen, cycle(templates), cycle(source.requests), strict=False)
    for number, (scene, (template, kind), request) in enumerate(asked):
        given = _given(scene, kind, source.continuations, rng)
        prompt = template.replace(SLOT, given[dialect])
        row = {"": number, "prompt": prompt, "language": language, "source": "DEMO"}
        monolingual.append(row)
        given = _given(scene, request["kind"], source.continuations, rng)
        row = {"prompt": request["text"].format(language=language, text=given["eng"])}
        row |= {key: request[key] for key in ("location", "phrasing")}
        crosslingual.append(row | {"language": "ar", "source": "DEMO"})
    return monolingual, crosslingual


def _answer_in(requested: str, key: str, asked_share: float, seed: int) -> str:
    """Return the variety that a request is answered in: as asked, or MSA in place of a dialect."""
    is_as_asked = not is_dialect(requested) or unit_draw(seed, "answer", key) < asked_share
    return requested if is_as_asked else "msa"


def translation_examples(parallel: pd.DataFrame, asked_share: float, seed: int) -> pd.DataFrame:
    """Turn training pairs into translation requests in every direction that both sides allow."""
    rows = []
    for pair in parallel[parallel["split"] == "train"].itertuples():
        sides = {"msa": pair.msa, "eng": pair.eng, pair.variety: pair.text}
        sides = {variety: text for variety, text in sides.items() if text}
        for source, target in permutations(sides, 2):
            name = f"{pair.pair_id}:{source}-{target}"
            answer_in = _answer_in(target, name, asked_share, seed)
            if answer := sides.get(answer_in):
                kind = "-".join("da" if is_dialect(code) else code for code in (source, target))
                prompt = translation_prompt(source, target, sides[source])
                rows.append((name, kind, answer_in, prompt, answer))
    return pd.DataFrame(rows, columns=EXAMPLES.names)


def recorded_examples(instructions: pd.DataFrame, asked_share: float, seed: int) -> pd.DataFrame:
    """Turn rows (id, kind, dialect, prompt, responses by variety) into examples."""
    rows = []
    for row in instructions.itertuples():
        answer_in = _answer_in(row.dialect, row.id, asked_share, seed)
        if answer := row.responses.get(answer_in):
            rows.append((row.id, row.kind, answer_in, row.prompt, answer))
    return pd.DataFrame(rows, columns=EXAMPLES.names)


def template_examples(
    parallel: pd.DataFrame,
    templates: dict[str, dict[str, list[str]]],
    asked_share: float,
    seed: int,
) -> pd.DataFrame:
    """Answer template prompts with the sentence itself, in the variety to answer in.

    For corpora that hold no answers; it at least stays on the subject. `templates` is by dialect
    and kind.
    """
    train = parallel[(parallel["split"] == "train") & parallel["msa"].notna()]
    rows = []
    for pair in train[train["variety"].isin(templates)].itertuples():
        kinds = sorted(templates[pair.variety].items())
        choices = [(kind, template) for kind, own in kinds for template in own]
        kind, template = choices[int(unit_draw(seed, "kind", pair.pair_id) * len(choices))]
        answer_in = _answer_in(pair.variety, pair.pair_id, asked_share, seed)
        answer = pair.msa if answer_in == "msa" else pair.text
        prompt = template.replace(SLOT, pair.text)
        rows.append((f"{pair.pair_id}:{kind}", kind, answer_in, prompt, answer))
    return pd.DataFrame(rows, columns=EXAMPLES.names)


def plain_examples(sentences: pd.DataFrame, count: int | None, seed: int) -> pd.DataFrame:
    """Give sentences without a prompt, so that a model reads every variety, evenly many of each."""
    train = shuffled(sentences[sentences["split"] == "train"], seed, "sentence_id")
    if count is not None:
        train = train.groupby("variety").head(count // max(1, train["variety"].nunique()))
    columns = {"sentence_id": "example_id", "text": "completion"}
    return train.rename(columns=columns).assign(kind="plain", prompt=None)[EXAMPLES.names]


def limit_examples(examples: pd.DataFrame, count: int | None, seed: int) -> pd.DataFrame:
    """Keep up to `count` examples, as many of each kind of request as that allows."""
    if count is None or len(examples) <= count:
        return examples
    mixed = shuffled(examples, seed, "example_id")
    place = mixed.groupby("kind").cumcount()
    return mixed.iloc[place.argsort(kind="stable")].head(count)
