"""Build preference pairs, by label or by reward, or choose samples, and count what is left."""

from pathlib import Path

from lahja.core.command import run


def main(
    kind: str,
    prompts: list[Path],
    candidates: list[Path],
    validation: Path,
    settings: dict,
    output: Path,
    funnel_counts: Path,
    parallel: Path | None = None,
    aldi: Path | None = None,
    country: Path | None = None,
    language: Path | None = None,
) -> None:
    """Write a dataset and FUNNEL of the dialects' prompts that are not held out for validation.

    The kind `preferences` gives PAIRS, the others EXAMPLES: `best` takes the highest reward, `mbr`
    the highest gain. But for pairs by label, the candidates are a model's samples (GENERATIONS),
    the scorers' folders give the ADI2, where it counts, and PARALLEL the translations of what
    validation asks about. Settings: those of `PairSettings` or `ChoiceSettings`, batch and
    precision of the scorers.
    """
    import pandas as pd

    from lahja.core import tables
    from lahja.core.config.base import parse
    from lahja.core.settings import take
    from lahja.core.tables import read_table, write_table
    from lahja.preferences import ranking
    from lahja.preferences.directions import held_out_keys, training_sentences
    from lahja.preferences.pairs import PairSettings, of_dialects, pairs_by_label
    from lahja.scoring.judges import Judges

    is_pairs, how = kind == "preferences", take(settings, "batch", "precision")
    options = parse(PairSettings if is_pairs else ranking.ChoiceSettings, settings)
    by_label = is_pairs and options.select == "label"
    schema = tables.CANDIDATES if by_label else tables.GENERATIONS
    asked, found = (
        of_dialects(pd.concat([read_table(path, schema) for path in paths]), options.dialects)
        for paths, schema in ((prompts, tables.PROMPTS), (candidates, schema))
    )
    found = found.reset_index(drop=True)
    held_out = read_table(validation, tables.EVALUATION_PROMPTS)
    if by_label:
        free = asked[~asked["prompt_id"].isin(held_out["prompt_id"])]
        made, counts = pairs_by_label(free, found, options)
    else:
        judges = Judges(aldi, country, language, **how) if options.dialect_weight else None
        with_values = ranking.with_gains if kind == "mbr" else ranking.with_rewards
        found = with_values(asked, found, judges, options.dialect_weight)
        keys = held_out_keys(training_sentences(read_table(parallel, tables.PARALLEL)), held_out)
        choose = ranking.pairs_by_reward if is_pairs else ranking.examples_by_reward
        made, counts = choose(asked, found, options, keys)
    write_table(output, made, tables.PAIRS if is_pairs else tables.EXAMPLES)
    write_table(funnel_counts, counts, tables.FUNNEL)


if __name__ == "__main__":
    run(main)
