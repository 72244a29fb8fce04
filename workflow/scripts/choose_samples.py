"""Choose the best of a policy's samples to each prompt, and count what is left."""

from pathlib import Path

from lahja.core.command import run


def main(
    prompts: Path,
    samples: Path,
    validation: Path,
    parallel: Path,
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    examples: Path,
    funnel_counts: Path,
) -> None:
    """Write EXAMPLES and FUNNEL of the dialects' prompts that are not held out for validation.

    The scorers' folders give the ADI2, PARALLEL the translations of what validation asks about.
    Settings: those of `ChoiceSettings`, batch and precision of the scorers.
    """
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
    from lahja.preferences.ranking import ChoiceSettings, examples_by_reward, with_rewards
    from lahja.scoring.judges import Judges

    judges = Judges(aldi, country, language, **take(settings, "batch", "precision"))
    options = parse(ChoiceSettings, settings)
    asked = of_dialects(read_table(prompts, PROMPTS), options.dialects)
    drawn = of_dialects(read_table(samples, GENERATIONS), options.dialects)
    sentences = training_sentences(read_table(parallel, PARALLEL))
    keys = held_out_keys(sentences, read_table(validation, EVALUATION_PROMPTS))
    found = with_rewards(asked, drawn, judges, options.dialect_weight)
    chosen, counts = examples_by_reward(asked, found, options, keys)
    write_table(examples, chosen, EXAMPLES)
    write_table(funnel_counts, counts, FUNNEL)


if __name__ == "__main__":
    run(main)
