"""Build the prompts that the generators answer (paper, section 2, steps 1 and 2).

Each sampled sentence is put into one of its dialect's templates of the fitting kind; training
sentences with an MSA side give MSA-to-dialect translation prompts besides.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import digest_of_text
from lahja.core.seeding import shuffled, unit_draw
from lahja.core.tables import PROMPTS
from lahja.core.varieties import get_variety
from lahja.corpora.readers import Prompt
from lahja.prompts.wordings import translation_prompt

SLOT, COUNTRY = "{}", "<country>"
TRANSLATION = "translation"


def templates_by_kind(templates: list[str], kinds: list[str], dialect: str) -> dict[str, list[str]]:
    """Sort a dialect's templates by kind; `kinds` names the kind of each, by its place.

    Raises `LahjaError` where the two lists differ in length.
    """
    if len(templates) != len(kinds):
        raise LahjaError(
            f"prompts.template_kinds: {len(kinds)} kinds for {len(templates)} templates of "
            f"{dialect}; expected one each"
        )
    return pd.Series(templates, dtype=object).groupby(kinds, sort=False).agg(list).to_dict()


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
        choices, name = templates[sample.kind], sample.sentence_id
        template = choices[int(unit_draw(seed, "template", name) * len(choices))]
        prompt = template.replace(SLOT, sample.text)
        rows.append((sample.variety, sample.kind, sample.variety, sample.text, None, name, prompt))
    return with_ids(rows)


def msa_prompts(
    parallel: pd.DataFrame, dialect: str, count: int, seed: int,
    templates: Mapping[str, str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Ask for the dialect of up to `count` MSA sentences out of the training data.

    The corpus's own dialect sentence is kept as `reference`. One sentence per group, so that
    city variants of a sentence are asked for once. Each is put into every one of the templates
    (`prompts.msa_templates`), of which those of another kind than `translation` want no
    translation and have no reference.
    """
    own = parallel[(parallel["variety"] == dialect) & (parallel["split"] == "train")]
    own = own[own["msa"].notna() & (own["msa_origin"] == "corpus")]
    chosen = shuffled(own, seed, "pair_id").drop_duplicates("group_id").head(count)
    templates = templates or {TRANSLATION: translation_prompt("msa", dialect, SLOT)}
    rows = []
    for pair, (kind, template) in product(chosen.itertuples(), templates.items()):
        prompt = template.replace(COUNTRY, get_variety(dialect).country_name)
        source, reference = ("msa", pair.text) if kind == TRANSLATION else (None, None)
        prompt = prompt.replace(SLOT, pair.msa)
        rows.append((dialect, kind, source, pair.msa, reference, pair.pair_id, prompt))
    return with_ids(rows)


def dialect_prompts(
    dialect: str,
    samples: pd.DataFrame,
    parallel: pd.DataFrame,
    templates: list[str],
    ready: list[Prompt],
    settings: dict[str, Any],
) -> pd.DataFrame:
    """Return the PROMPTS of one dialect: its samples in templates, translations, ready ones.

    Settings: `template_kinds`, `translation_per_dialect`, `recorded_per_dialect`, `seed`, and
    `msa_templates` where they are not lahja's own. Of prompts of one text the first is kept.
    """
    seed, count = settings["seed"], settings["translation_per_dialect"]
    by_kind = templates_by_kind(templates, settings["template_kinds"], dialect)
    texts = [prompt.text for prompt in ready if prompt.variety == dialect]
    recorded = with_ids((dialect, "recorded", *[None] * 4, text) for text in texts)
    tables = [
        template_prompts(samples[samples["variety"] == dialect], by_kind, seed),
        msa_prompts(parallel, dialect, count, seed, settings.get("msa_templates")),
        shuffled(recorded, seed, "prompt_id").head(settings["recorded_per_dialect"]),
    ]
    filled = [table for table in tables if not table.empty]
    return pd.concat(filled, ignore_index=True).drop_duplicates("prompt_id", ignore_index=True)


def with_ids(rows: Iterable[tuple[str | None, ...]]) -> pd.DataFrame:
    """Return PROMPTS of rows that have all but an id, the digest of dialect and prompt."""
    ids = ((digest_of_text(f"{row[0]}\n{row[-1]}")[:16], *row) for row in rows)
    return pd.DataFrame(ids, columns=PROMPTS.names)
