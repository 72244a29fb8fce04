"""Examples that small models are pretrained on, which stand in for an LLM.

Where few of them answer in the dialect asked for and the others in MSA, the model behaves as real
LLMs do (paper, section 1); where all do, as stronger ones.
"""

from itertools import permutations

import pandas as pd

from lahja.core.seeding import shuffled, unit_draw
from lahja.core.tables import EXAMPLES
from lahja.core.varieties import is_dialect
from lahja.prompts.generation import SLOT
from lahja.prompts.wordings import translation_prompt


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
