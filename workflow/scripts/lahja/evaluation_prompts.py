"""Build the prompts that every model is evaluated on.

Translation between each dialect and English or MSA, in both directions (paper, section 3), and
AL-QASIDA's ready prompts: monolingual (in the dialect) and cross-lingual (in English).
"""

import pandas as pd

from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.readers import Prompt
from lahja.seeding import shuffled
from lahja.tables import EVALUATION_PROMPTS
from lahja.translation import translation_prompt

OTHER_SIDES = ("eng", "msa")


def translation_directions(dialects: list[str]) -> list[tuple[str, str]]:
    """Return the (source, target) varieties of AL-QASIDA's four directions for each dialect."""
    return [
        direction
        for dialect in dialects
        for other in OTHER_SIDES
        for direction in ((other, dialect), (dialect, other))
    ]


def evaluation_sentences(corpus: pd.DataFrame, role: str) -> pd.DataFrame:
    """Return the rows of a CORPUS table that models may be evaluated on.

    All of a corpus whose role is evaluation; of another the rows that its own split keeps for
    evaluation. Raises `LahjaError` naming the corpus where it keeps none.
    """
    if role == "evaluation":
        return corpus
    kept = corpus[corpus["split"] == "evaluation"]
    if kept.empty:
        name = corpus["corpus"].iloc[0] if len(corpus) else "the corpus"
        raise LahjaError(f"evaluation.translation: {name} keeps no sentences for evaluation")
    return kept


def translation_tasks(
    corpus: pd.DataFrame, dialects: list[str], per_direction: int | None
) -> pd.DataFrame:
    """Ask for each sentence of an evaluation corpus in every direction.

    The same groups, the first ones of the corpus, are used in all directions, so that results
    pair up. Raises `LahjaError` naming a variety that the corpus lacks.
    """
    sides = corpus.drop_duplicates(["group_id", "variety"]).pivot(
        index="group_id", columns="variety", values="text"
    )
    needed = [*dialects, *OTHER_SIDES]
    missing = [code for code in needed if code not in sides.columns]
    if missing:
        name = corpus["corpus"].iloc[0] if len(corpus) else "the evaluation corpus"
        raise LahjaError(f"evaluation.translation: {name} has no sentence in {', '.join(missing)}")
    order = corpus["group_id"].drop_duplicates()
    sides = sides.loc[order].dropna(subset=needed).head(per_direction or len(order))
    name = corpus["corpus"].iloc[0]
    rows = [
        _row("translation", name, source, target, text, reference,
             translation_prompt(source, target, text))
        for source, target in translation_directions(dialects)
        for text, reference in zip(sides[source], sides[target], strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows).drop_duplicates("prompt_id", ignore_index=True)


def validation_translation(
    parallel: pd.DataFrame, dialects: list[str], per_direction: int, seed: int
) -> pd.DataFrame:
    """Ask for sentences of the validation split in every direction, NLLB's sides left out.

    Raises `LahjaError` where a direction has none.
    """
    held_out = shuffled(parallel[parallel["split"] == "validation"], seed, "pair_id")
    rows = []
    for source, target in translation_directions(dialects):
        dialect, other = (target, source) if source in OTHER_SIDES else (source, target)
        is_usable = (held_out["variety"] == dialect) & (held_out[f"{other}_origin"] == "corpus")
        chosen = held_out[is_usable].drop_duplicates(["text", other]).head(per_direction)
        if chosen.empty:
            raise LahjaError(
                f"evaluation.validation_translation: no pair of {dialect} and {other} in the "
                "validation split"
            )
        sides = {dialect: chosen["text"], other: chosen[other]}
        rows += [
            _row("validation_translation", corpus, source, target, text, reference,
                 translation_prompt(source, target, text))
            for corpus, text, reference in zip(
                chosen["corpus"], sides[source], sides[target], strict=True
            )
        ]  # fmt: skip
    return pd.DataFrame(rows).drop_duplicates("prompt_id", ignore_index=True)


def ready_tasks(prompts: list[Prompt], per_dialect: int | None) -> pd.DataFrame:
    """Take ready prompts as tasks, up to `per_dialect` of each source, task and dialect."""
    rows = [
        _row(prompt.task, prompt.source, None, prompt.variety, None, None, prompt.text)
        for prompt in prompts
    ]
    if not rows:
        return pd.DataFrame(columns=EVALUATION_PROMPTS.names)
    table = pd.DataFrame(rows).drop_duplicates("prompt_id")
    slices = table.groupby(["task", "corpus", "target_variety"], sort=False)
    return slices.head(per_dialect or len(table))


def _row(
    task: str,
    corpus: str,
    source_variety: str | None,
    target_variety: str,
    source: str | None,
    reference: str | None,
    prompt: str,
) -> dict[str, str | None]:
    return {
        "prompt_id": digest_of_text(f"{task}\n{target_variety}\n{prompt}")[:16],
        "task": task,
        "corpus": corpus,
        "source_variety": source_variety,
        "target_variety": target_variety,
        "source": source,
        "reference": reference,
        "prompt": prompt,
    }
