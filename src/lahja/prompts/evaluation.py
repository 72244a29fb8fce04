"""Build the prompts that every model is evaluated on.

Translation between each dialect and English or MSA, in both directions (paper, section 3), and
AL-QASIDA's ready prompts: monolingual (in the dialect) and cross-lingual (in English).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_text
from lahja.core.seeding import shuffled
from lahja.core.tables import EVALUATION_PROMPTS
from lahja.corpora.ingest import texts_of_prompt
from lahja.corpora.readers import Prompt
from lahja.corpora.text import comparison_key
from lahja.prompts.intent import parse_prompt
from lahja.prompts.wordings import translation_prompt

OTHER_SIDES = ("eng", "msa")
# AL-QASIDA shuffles a corpus's sentences by pandas with this seed, and takes so many.
_SEED, _PER_DIRECTION = sum(b"mena"), 200


def translation_directions(dialects: list[str]) -> list[tuple[str, str]]:
    """Return the (source, target) varieties of AL-QASIDA's four directions for each dialect."""
    pairs = [(other, dialect) for dialect in dialects for other in OTHER_SIDES]
    return [direction for pair in pairs for direction in (pair, pair[::-1])]


def evaluation_sentences(corpus: pd.DataFrame, role: str) -> pd.DataFrame:
    """Return the rows of a CORPUS table that models may be evaluated on.

    All of a corpus whose role is evaluation; of another the rows that its own split keeps for
    evaluation. Raises `LahjaError` naming the corpus where it keeps none.
    """
    kept = corpus if role == "evaluation" else corpus[corpus["split"] == "evaluation"]
    if kept.empty and role != "evaluation":
        name = corpus["corpus"].iloc[0]
        raise LahjaError(f"evaluation.translation: {name} keeps no sentences for evaluation")
    return kept


def translation_tasks(
    corpora: Sequence[pd.DataFrame],
    dialects: list[str],
    per_direction: int | None,
    protocol: str = "lahja",
) -> pd.DataFrame:
    """Ask for each sentence of the evaluation corpora in every direction of their dialects.

    A corpus is used for the dialects that it holds. Its same groups are used in all directions, so
    that results pair up: the first ones, or by the protocol "al-qasida" those that it draws. Raises
    `LahjaError` naming a dialect that no corpus holds, or what a corpus lacks.
    """
    held = set().union(*(corpus["variety"] for corpus in corpora))
    if corpora and (missing := [code for code in dialects if code not in held]):
        raise LahjaError(f"evaluation.translation: no corpus has sentences in {', '.join(missing)}")
    tasks = [pd.DataFrame()]
    for corpus in corpora:
        name, texts = corpus["corpus"].iloc[0], corpus.drop_duplicates(["group_id", "variety"])
        sides = texts.pivot(index="group_id", columns="variety", values="text")
        if missing := ", ".join(code for code in OTHER_SIDES if code not in sides):
            raise LahjaError(f"evaluation.translation: {name} has no sentence in {missing}")
        own = [code for code in dialects if code in sides]
        sides = sides.loc[corpus["group_id"].unique()].dropna(subset=[*own, *OTHER_SIDES])
        n = per_direction or len(sides)
        if protocol == "al-qasida":
            sides, n = sides.sample(frac=1, random_state=_SEED), per_direction or _PER_DIRECTION
        chosen = sides.head(n).assign(corpus=name)
        tasks += [_translations(chosen, "translation", *way) for way in translation_directions(own)]
    return pd.concat(tasks, ignore_index=True)


def few_shot_examples(
    asked: pd.DataFrame,
    parallel: pd.DataFrame | None,
    recorded: Mapping[str, Mapping[str, list[tuple[str, str]]]],
    settings: Mapping[str, Any],
) -> pd.DataFrame:
    """Return examples for prompts, EVALUATION_PROMPTS whose references are the answers.

    Of translation they are training pairs of PARALLEL, of other tasks the first of `recorded`
    (`readers.read_few_shot`); none has a text that `asked`, EVALUATION_PROMPTS too, is about. The
    settings are dialects, seed and the number of each task. Raises `LahjaError` for too few.
    """
    columns = [asked[name].dropna() for name in ("source", "reference", "prompt")]
    keys = {comparison_key(text) for text in pd.concat(columns)}
    tables = [asked.head(0)]
    if number := settings["translation"]:
        sides = parallel[["text", "msa", "eng"]].map(comparison_key, na_action="ignore")
        is_other = (parallel["split"] != "train") | sides.isin(keys).any(axis=1)
        pairs = parallel[~parallel["group_id"].isin(parallel.loc[is_other, "group_id"])]
        one_each = pairs.drop_duplicates(["variety", "group_id"])
        how = (settings["dialects"], number, settings["seed"], "train", number)
        drawn = drawn_translations("few_shot.translation", one_each, *how)
        tables.append(drawn.assign(task="translation"))
    for task, by_dialect in recorded.items():
        for code in asked.loc[asked["task"] == task, "target_variety"].unique():
            shots = [
                shot
                for shot in by_dialect.get(code, ())
                if keys.isdisjoint(map(comparison_key, texts_of_prompt(shot[0])))
            ]
            if len(shots) < (number := settings[task]):
                told = f"{len(shots)} examples in {code} of texts that are not evaluated"
                raise LahjaError(f"evaluation.few_shot.{task}: {told}, expected {number}")
            told = (task, None, None, code, None)
            tables.append(_with_ids((*told, answer, ask) for ask, answer in shots[:number]))
    return pd.concat(tables, ignore_index=True)


def drawn_translations(
    task: str, parallel: pd.DataFrame, dialects: list[str], number: int, seed: int,
    split: str = "validation", least: int = 1,
) -> pd.DataFrame:  # fmt: skip
    """Ask for so many pairs of a split of PARALLEL in every direction, NLLB's sides left out.

    Raises `LahjaError` naming the task where a direction has fewer than `least`.
    """
    pairs = shuffled(parallel[parallel["split"] == split], seed, "pair_id")
    tasks = []
    for source, target in translation_directions(dialects):
        dialect, other = (target, source) if source in OTHER_SIDES else (source, target)
        is_usable = (pairs["variety"] == dialect) & (pairs[f"{other}_origin"] == "corpus")
        chosen = pairs[is_usable].drop_duplicates(["text", other]).head(number)
        if len(chosen) < least:
            told = f"{len(chosen)} usable pairs of {dialect} and {other}, expected {least} or more"
            raise LahjaError(f"evaluation.{task}: {told}")
        sides = chosen.rename(columns={"text": dialect})
        tasks.append(_translations(sides, task, source, target))
    return pd.concat(tasks, ignore_index=True)


def _translations(sides: pd.DataFrame, task: str, source: str, target: str) -> pd.DataFrame:
    """Return EVALUATION_PROMPTS of sentences, whose columns are named by their varieties."""
    return _with_ids(
        (task, corpus, source, target, text, reference, translation_prompt(source, target, text))
        for corpus, text, reference in zip(
            sides["corpus"], sides[source], sides[target], strict=True
        )
    )


def ready_tasks(prompts: list[Prompt], per_dialect: int | None) -> pd.DataFrame:
    """Take ready prompts as tasks, up to `per_dialect` of each source, task and dialect."""
    rows = [(p.task, p.source, None, p.variety, None, None, p.text) for p in prompts]
    table = _with_ids(rows).drop_duplicates("prompt_id")
    slices = table.groupby(["task", "corpus", "target_variety"], sort=False)
    return slices.head(per_dialect or len(table))


def gold_tasks(prompts: list[Prompt], corpus: str, per_dialect: int, seed: int) -> pd.DataFrame:
    """Return EVALUATION_PROMPTS of the task "validation": ready prompts with their gold answers.

    Up to so many of each dialect; what each asks for, and of which text, its wording tells.
    """
    rows = []
    for prompt in prompts:
        asked = parse_prompt(prompt.text, prompt.variety)
        told = (asked.source_variety, asked.variety, asked.payload, prompt.answer, prompt.text)
        rows.append(("validation", corpus, *told))
    table = _with_ids(rows).assign(dialect=[prompt.variety for prompt in prompts])
    drawn = shuffled(table, seed, "prompt_id")
    chosen = drawn.drop_duplicates("prompt_id").groupby("dialect", sort=False).head(per_dialect)
    return chosen[EVALUATION_PROMPTS.names]


def _with_ids(rows: Iterable[tuple[str | None, ...]]) -> pd.DataFrame:
    """Return EVALUATION_PROMPTS of rows that have all but an id, the digest of what is asked."""
    named = [(digest_of_text(f"{row[0]}\n{row[3]}\n{row[-1]}")[:16], *row) for row in rows]
    return pd.DataFrame(named, columns=EVALUATION_PROMPTS.names, dtype=object)
