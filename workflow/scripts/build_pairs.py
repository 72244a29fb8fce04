"""Build the preference pairs of a dataset, by label or by reward, and count what is left."""

from pathlib import Path

from lahja.core.command import run


def main(
    prompts: Path,
    candidates: list[Path],
    validation: Path,
    settings: dict,
    pairs: Path,
    funnel_counts: Path,
    parallel: Path | None = None,
    aldi: Path | None = None,
    country: Path | None = None,
    language: Path | None = None,
) -> None:
    """Write PAIRS and FUNNEL of the dialects' prompts that are not held out for validation.

    By reward the candidates are a model's samples (GENERATIONS), the scorers' folders give the
    ADI2, and PARALLEL the translations of what validation asks about. Settings: those of
    `PairSettings`, batch and precision of the scorers.
    """
    import pandas as pd

    from lahja.core.config.base import parse
    from lahja.core.settings import take
    from lahja.core.tables import (
        CANDIDATES,
        EVALUATION_PROMPTS,
        FUNNEL,
        GENERATIONS,
        PAIRS,
        PARALLEL,
        PROMPTS,
        read_table,
        write_table,
    )
    from lahja.preferences.directions import held_out_keys, training_sentences
    from lahja.preferences.pairs import PairSettings, of_dialects, pairs_by_label
    from lahja.preferences.ranking import pairs_by_reward, with_rewards
    from lahja.scoring.judges import Judges

    how = take(settings, "batch", "precision")
    options = parse(PairSettings, settings)
    held_out = read_table(validation, EVALUATION_PROMPTS)
    asked = of_dialects(read_table(prompts, PROMPTS), options.dialects)
    schema = GENERATIONS if options.select == "reward" else CANDIDATES
    found = pd.concat([read_table(path, schema) for path in candidates], ignore_index=True)
    found = of_dialects(found, options.dialects)
    if options.select == "reward":
        judges = Judges(aldi, country, language, **how) if options.dialect_weight else None
        found = with_rewards(asked, found, judges, options.dialect_weight)
        sentences = training_sentences(read_table(parallel, PARALLEL))
        keys = held_out_keys(sentences, held_out)
        formed, counts = pairs_by_reward(asked, found, options, keys)
    else:
        free = asked[~asked["prompt_id"].isin(held_out["prompt_id"])]
        formed, counts = pairs_by_label(free, found, options)
    write_table(pairs, formed, PAIRS)
    write_table(funnel_counts, counts, FUNNEL)


if __name__ == "__main__":
    run(main)
