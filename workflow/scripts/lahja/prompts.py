"""Build the prompts that the generators answer (paper, section 2, steps 1 and 2).

Each sampled sentence is put into one of its dialect's templates of the fitting kind; training
sentences with an MSA side give MSA-to-dialect translation prompts besides.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from lahja.data.corpus_place import corpus_path
from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.readers import PROMPT_READERS, Prompt
from lahja.seeding import shuffled, unit_draw
from lahja.tables import PROMPTS
from lahja.translation import translation_prompt

SLOT = "{}"


def templates_by_kind(templates: list[str], kinds: list[str], dialect: str) -> dict[str, list[str]]:
    """Sort a dialect's templates by kind; `kinds` names the kind of each, by its place.

    Raises `LahjaError` where the two lists differ in length or a template has no single slot.
    """
    if len(templates) != len(kinds):
        raise LahjaError(
            f"prompts.template_kinds: {len(kinds)} kinds for {len(templates)} templates of "
            f"{dialect}; expected one each"
        )
    sorted_out: dict[str, list[str]] = {}
    for number, (template, kind) in enumerate(zip(templates, kinds, strict=True), start=1):
        if template.count(SLOT) != 1:
            raise LahjaError(f"template {number} of {dialect}: expected one {SLOT} in {template!r}")
        sorted_out.setdefault(kind, []).append(template)
    return sorted_out


def template_prompts(
    samples: pd.DataFrame, templates: dict[str, list[str]], seed: int
) -> pd.DataFrame:
    """Put each sample into a template of its kind, drawn by the sample's id."""
    rows = []
    for sample in samples.itertuples():
        if sample.kind not in templates:
            raise LahjaError(
                f"sampling.kinds.{sample.kind}: no template of {sample.variety} has this kind; "
                f"expected one of {', '.join(templates)}"
            )
        choices = templates[sample.kind]
        draw = unit_draw(seed, "template", sample.sentence_id)
        text = choices[int(draw * len(choices))].replace(SLOT, sample.text)
        rows.append(
            _row(sample.variety, sample.kind, sample.variety, sample.text, text)
            | {"sentence_id": sample.sentence_id}
        )
    return pd.DataFrame(rows, columns=PROMPTS.names)


def translation_prompts(
    parallel: pd.DataFrame, dialect: str, count: int, seed: int
) -> pd.DataFrame:
    """Ask for the dialect of up to `count` MSA sentences out of the training data.

    The corpus's own dialect sentence is kept as `reference`. One prompt per group, so that
    city variants of a sentence are asked for once.
    """
    own = parallel[(parallel["variety"] == dialect) & (parallel["split"] == "train")]
    own = own[own["msa"].notna() & (own["msa_origin"] == "corpus")]
    chosen = shuffled(own, seed, "pair_id").drop_duplicates("group_id").head(count)
    rows = [
        _row(dialect, "translation", "msa", pair.msa, translation_prompt("msa", dialect, pair.msa))
        | {"reference": pair.text, "sentence_id": pair.pair_id}
        for pair in chosen.itertuples()
    ]
    return pd.DataFrame(rows, columns=PROMPTS.names)


def read_ready_prompts(folder: Path, corpus: dict[str, Any]) -> list[Prompt]:
    """Return the ready prompts of a corpus, given by its config entry and its folder."""
    reader = PROMPT_READERS.get(corpus["reader"])
    if reader is None:
        names = " ".join(PROMPT_READERS)
        raise LahjaError(
            f"{folder}: reader {corpus['reader']!r} reads no prompts, expected {names}"
        )
    found = reader(corpus_path(folder, corpus), corpus["options"])
    return [prompt for prompt in found if isinstance(prompt, Prompt)]


def ready_prompts(texts: list[str], dialect: str, kind: str, count: int, seed: int) -> pd.DataFrame:
    """Take up to `count` prompts as they stand (the recorded ones of AL-QASIDA, say)."""
    rows = pd.DataFrame([_row(dialect, kind, None, None, text) for text in texts])
    if rows.empty:
        return pd.DataFrame(columns=PROMPTS.names)
    return shuffled(rows, seed, "prompt_id").head(count)[PROMPTS.names]


def join_prompts(*tables: pd.DataFrame) -> pd.DataFrame:
    """Put the prompts of a dialect together, equal texts once."""
    filled = [table for table in tables if not table.empty]
    return pd.concat(filled, ignore_index=True).drop_duplicates("prompt_id", ignore_index=True)


def _row(
    dialect: str, kind: str, source_variety: str | None, source: str | None, prompt: str
) -> dict[str, Any]:
    return {
        "prompt_id": digest_of_text(f"{dialect}\n{prompt}")[:16],
        "dialect": dialect,
        "kind": kind,
        "source_variety": source_variety,
        "source": source,
        "reference": None,
        "sentence_id": None,
        "prompt": prompt,
    }
