"""Choose one of a policy's samples to each prompt, and count what is left."""

from pathlib import Path

from lahja.core.command import run


def main(
    kind: str,
    prompts: list[Path],
    samples: list[Path],
    validation: Path,
    parallel: Path,
    settings: dict,
    examples: Path,
    funnel_counts: Path,
    aldi: Path | None = None,
    country: Path | None = None,
    language: Path | None = None,
) -> None:
    """Write EXAMPLES and FUNNEL of the dialects' prompts that are not held out for validation.

    The kind `best` takes the highest reward, `mbr` the highest gain. The scorers' folders give the
    ADI2, where it counts; PARALLEL the translations of what validation asks about. Settings: those
    of `ChoiceSettings`, batch and precision of the scorers.
    """
    import pandas as pd

    from lahja.core.config.base import parse
    from lahja.core.settings import take
    from lahja.core.tables import (
        EVALUATION_PROMPTS,
        EXAMPLES,
        FUNNEL,
        GENERATIONS,
        PARALLEL,
        PROMPTS,
        read_table,
        write_table,
    )
    from lahja.preferences.directions import held_out_keys, training_sentences
    from lahja.preferences.pairs import of_dialects
    from lahja.preferences.ranking import (
        ChoiceSettings,
        examples_by_reward,
        with_gains,
        with_rewards,
    )
    from lahja.scoring.judges import Judges

    how = take(settings, "batch", "precision")
    options = parse(ChoiceSettings, settings)
    asked, drawn = (
        of_dialects(pd.concat([read_table(path, schema) for path in tables]), options.dialects)
        for tables, schema in ((prompts, PROMPTS), (samples, GENERATIONS))
    )
    drawn = drawn.reset_index(drop=True)
    sentences = training_sentences(read_table(parallel, PARALLEL))
    keys = held_out_keys(sentences, read_table(validation, EVALUATION_PROMPTS))
    judges = Judges(aldi, country, language, **how) if options.dialect_weight else None
    with_values = {"best": with_rewards, "mbr": with_gains}[kind]
    found = with_values(asked, drawn, judges, options.dialect_weight)
    chosen, counts = examples_by_reward(asked, found, options, keys)
    write_table(examples, chosen, EXAMPLES)
    write_table(funnel_counts, counts, FUNNEL)


if __name__ == "__main__":
    run(main)
