"""Form preference pairs, and the validation set of Table 1, from labelled candidates.

For one prompt a response in the wanted dialect is preferred to one in another variety:
(prompt, input, R_wanted) > (prompt, input, R_other) (paper, section 2, step 4). The dialect
label alone decides; that is the paper's method, and the baseline here.
"""

import pandas as pd

from lahja.errors import LahjaError
from lahja.files import digest_of_text
from lahja.seeding import shuffled, unit_draw
from lahja.tables import EVALUATION_PROMPTS, PAIRS, empty_table


def usable(candidates: pd.DataFrame) -> pd.DataFrame:
    """Return the candidates that have a text and a label."""
    texts = candidates["response"].map(lambda text: bool(text and text.strip()))
    return candidates[texts & candidates["label"].notna()]


def is_wanted(candidates: pd.DataFrame) -> pd.Series:
    """Return which candidates bear the label of the dialect that was asked for."""
    return candidates["label"] == candidates["dialect"]


def form_pairs(
    prompts: pd.DataFrame, candidates: pd.DataFrame, pairs_per_prompt: int, seed: int
) -> pd.DataFrame:
    """Return preference pairs: per prompt up to `pairs_per_prompt`, no response twice on a side.

    Raises `LahjaError` naming the dialect and its number of candidates where not one of them
    bears the wanted label.
    """
    candidates = usable(candidates)
    _check_some_wanted(candidates)
    by_id = prompts.set_index("prompt_id")
    rows = []
    for prompt_id, own in candidates.groupby("prompt_id", sort=False):
        if prompt_id in by_id.index:
            rows.extend(_pairs_of_prompt(by_id.loc[prompt_id], own, pairs_per_prompt, seed))
    return pd.DataFrame(rows) if rows else empty_table(PAIRS)


def _pairs_of_prompt(
    prompt: pd.Series, candidates: pd.DataFrame, limit: int, seed: int
) -> list[dict[str, str]]:
    mixed = _in_drawn_order(candidates.drop_duplicates("response"), prompt.name, seed)
    chosen = mixed[is_wanted(mixed)].head(limit)
    rejected = mixed[~is_wanted(mixed)].head(limit)
    return [
        {
            "pair_id": digest_of_text(f"{prompt.name}\n{good.response}\n{bad.response}")[:16],
            "prompt_id": prompt.name,
            "dialect": prompt["dialect"],
            "kind": prompt["kind"],
            "prompt": prompt["prompt"],
            **_side("chosen", good),
            **_side("rejected", bad),
        }
        for good, bad in zip(chosen.itertuples(), rejected.itertuples(), strict=False)
    ]


def _side(name: str, candidate: object) -> dict[str, str]:
    return {
        name: candidate.response,
        f"{name}_label": candidate.label,
        f"{name}_generator": candidate.generator,
        f"{name}_origin": candidate.origin,
    }


def _in_drawn_order(candidates: pd.DataFrame, prompt_id: str, seed: int) -> pd.DataFrame:
    keys = candidates["generator"] + "\x1f" + candidates["origin"]
    draws = keys.map(lambda key: unit_draw(seed, str(prompt_id), key))
    return candidates.iloc[draws.argsort(kind="stable")]


def _check_some_wanted(candidates: pd.DataFrame) -> None:
    for dialect, own in candidates.groupby("dialect"):
        if not is_wanted(own).any():
            raise LahjaError(
                f"preferences.classifier: labels none of {len(own)} candidates as {dialect}; "
                "expected at least one to prefer"
            )


def form_validation(
    prompts: pd.DataFrame, candidates: pd.DataFrame, generator: str, per_dialect: int, seed: int
) -> pd.DataFrame:
    """Return the validation set: prompts whose answer by one generator is in the wanted dialect.

    That answer is the gold (paper, section 3, model selection; ~50 per dialect). Raises
    `LahjaError` naming the dialect where the generator has no such answer.
    """
    own = usable(candidates[candidates["generator"] == generator])
    own = own[own["origin"] == "generated"]
    gold = own[is_wanted(own)].drop_duplicates("prompt_id")
    rows = gold[["prompt_id", "response"]].merge(prompts, on="prompt_id")
    for dialect in prompts["dialect"].unique():
        if not (rows["dialect"] == dialect).any():
            n = (own["dialect"] == dialect).sum()
            raise LahjaError(
                f"preferences.gold_generator: none of {n} answers of {generator} is labelled "
                f"{dialect}; expected up to {per_dialect} for validation"
            )
    chosen = shuffled(rows, seed, "prompt_id").groupby("dialect").head(per_dialect)
    return chosen.assign(
        task="validation",
        corpus=chosen["kind"],
        target_variety=chosen["dialect"],
        reference=chosen["response"],
    )[EVALUATION_PROMPTS.names]


def funnel(prompts: pd.DataFrame, candidates: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Count, per dialect and kind of prompt, what is left after each step."""
    rows = usable(candidates).merge(prompts[["prompt_id", "kind"]], on="prompt_id")
    generated, translated = (rows[rows["origin"] == o] for o in ("generated", "translated"))
    steps = {
        "prompts": prompts,
        "responses": generated,
        "in the wanted dialect": generated[is_wanted(generated)],
        "translated": translated,
        "in the wanted dialect after translation": translated[is_wanted(translated)],
        "pairs": pairs,
    }
    counts = [
        {"dialect": dialect, "kind": kind, "step": step, "count": count}
        for step, table in steps.items()
        for (dialect, kind), count in table.groupby(["dialect", "kind"]).size().items()
    ]
    return pd.DataFrame(counts)
