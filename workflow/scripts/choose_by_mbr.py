"""Choose, of a model's samples, the answer that they agree on and that is most dialectal."""

from pathlib import Path

from lahja.command import run


def main(
    prompts: list[Path],
    samples: Path,
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    output: Path,
    threads: int | None = None,
) -> None:
    """Write RESPONSES. Settings: dialect_weight, batch (of the scorers)."""
    import pandas as pd

    from lahja.mbr import choose_responses
    from lahja.scorers.aldi import AldiScorer
    from lahja.scorers.country import CountryScorer
    from lahja.scorers.language import LanguageIdentifier
    from lahja.scorers.responses import score_samples
    from lahja.scorers.sequence import ScorerSettings
    from lahja.tables import (
        EVALUATION_PROMPTS,
        RESPONSES,
        SAMPLED_RESPONSES,
        read_table,
        write_table,
    )

    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    drawn = read_table(samples, SAMPLED_RESPONSES)
    options = ScorerSettings(batch=settings["batch"])
    judges = (
        AldiScorer(aldi, options, threads),
        CountryScorer(country, options, threads),
        LanguageIdentifier(language),
    )
    scored = score_samples(drawn, "sample", *judges)
    chosen = choose_responses(asked, drawn, scored, settings["dialect_weight"])
    write_table(output, chosen, RESPONSES)


if __name__ == "__main__":
    run(main)
