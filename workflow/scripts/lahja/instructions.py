"""Write the instruction data that small models are pretrained on.

A small model stands in for an LLM. One that answers in `msa` behaves as real LLMs do when they
are asked for dialect (paper, section 1): it answers in MSA, but for a small share. One that
answers as `asked` stands in for the stronger API models.
"""

from dataclasses import dataclass

import pandas as pd

from lahja.prompts import SLOT
from lahja.seeding import shuffled, unit_draw
from lahja.tables import EXAMPLES
from lahja.translation import translation_prompt


@dataclass(frozen=True)
class Manner:
    """How a small model answers a request for dialect."""

    answer_in: str
    """`msa` or `asked`."""
    asked_share: float
    """Share of the requests answered in the dialect asked for although `answer_in` is `msa`."""

    def variety(self, asked: str, key: str, seed: int) -> str:
        """Return the variety that the request `key` for a dialect is answered in."""
        if self.answer_in == "asked" or unit_draw(seed, "answer", key) < self.asked_share:
            return asked
        return "msa"


def translation_examples(parallel: pd.DataFrame, manner: Manner, seed: int) -> pd.DataFrame:
    """Turn training pairs into translation requests in every direction that both sides allow."""
    train = parallel[parallel["split"] == "train"]
    rows = []
    for pair in train.itertuples():
        sides = {"msa": pair.msa, "eng": pair.eng, pair.variety: pair.text}
        sides = {variety: text for variety, text in sides.items() if text}
        for source in sides:
            for target in sides:
                if source != target:
                    rows.append(_translation(pair, sides, source, target, manner, seed))
    return pd.DataFrame([row for row in rows if row], columns=EXAMPLES.names)


def _translation(
    pair: object, sides: dict[str, str], source: str, target: str, manner: Manner, seed: int
) -> dict[str, str] | None:
    name = f"{pair.pair_id}:{source}-{target}"
    is_dialect = target not in ("msa", "eng")
    answer_in = manner.variety(target, name, seed) if is_dialect else target
    if answer_in not in sides:
        return None
    prompt = translation_prompt(source, target, sides[source])
    kind = "-".join(v if v in ("msa", "eng") else "da" for v in (source, target))
    return _row(name, kind, answer_in, prompt, sides[answer_in])


def recorded_examples(instructions: pd.DataFrame, manner: Manner, seed: int) -> pd.DataFrame:
    """Turn rows (id, kind, dialect, prompt, responses by variety) into examples."""
    rows = []
    for row in instructions.itertuples():
        answer_in = manner.variety(row.dialect, row.id, seed)
        if answer := row.responses.get(answer_in):
            rows.append(_row(row.id, row.kind, answer_in, row.prompt, answer))
    return pd.DataFrame(rows, columns=EXAMPLES.names)


def template_examples(
    parallel: pd.DataFrame, templates: dict[str, dict[str, list[str]]], manner: Manner, seed: int
) -> pd.DataFrame:
    """Answer template prompts with the sentence itself, said in the variety to answer in.

    For corpora that hold no answers: the right one to a paraphrase, and for the other kinds
    a stand-in that at least stays on the subject. `templates` is by dialect and kind.
    """
    train = parallel[(parallel["split"] == "train") & parallel["msa"].notna()]
    rows = []
    for pair in train[train["variety"].isin(templates)].itertuples():
        kinds = sorted(templates[pair.variety].items())
        choices = [(kind, template) for kind, own in kinds for template in own]
        kind, template = choices[int(unit_draw(seed, "kind", pair.pair_id) * len(choices))]
        answer_in = manner.variety(pair.variety, pair.pair_id, seed)
        answer = pair.msa if answer_in == "msa" else pair.text
        rows.append(
            _row(
                f"{pair.pair_id}:{kind}", kind, answer_in, template.replace(SLOT, pair.text), answer
            )
        )
    return pd.DataFrame(rows, columns=EXAMPLES.names)


def plain_examples(sentences: pd.DataFrame, count: int | None, seed: int) -> pd.DataFrame:
    """Give sentences without a prompt, so that a model reads every variety, evenly many of each."""
    train = shuffled(sentences[sentences["split"] == "train"], seed, "sentence_id")
    if count is not None:
        train = train.groupby("variety").head(count // max(1, train["variety"].nunique()))
    rows = [
        _row(row.sentence_id, "plain", row.variety, None, row.text) for row in train.itertuples()
    ]
    return pd.DataFrame(rows, columns=EXAMPLES.names)


def limit_examples(examples: pd.DataFrame, count: int | None, seed: int) -> pd.DataFrame:
    """Keep up to `count` examples, as many of each kind as that allows.

    Kinds are kinds of request. The variety of the answer plays no part: evening it out would
    undo the manner, and a base would answer in dialect after all.
    """
    if count is None or len(examples) <= count:
        return examples
    mixed = shuffled(examples, seed, "example_id")
    place = mixed.groupby("kind").cumcount()
    return mixed.iloc[place.argsort(kind="stable")].head(count)


def _row(
    example_id: str, kind: str, variety: str, prompt: str | None, completion: str
) -> dict[str, str | None]:
    return {
        "example_id": example_id,
        "kind": kind,
        "variety": variety,
        "prompt": prompt,
        "completion": completion,
    }
