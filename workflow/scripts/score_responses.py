"""Let the scorers judge one model's responses."""

from pathlib import Path

from lahja.command import run


def main(
    prompts: list[Path],
    responses: Path,
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    output: Path,
    threads: int | None = None,
) -> None:
    """Write SCORED: dialectness, country and language of the RESPONSES to the PROMPTS."""
    import pandas as pd

    from lahja.scorers.aldi import AldiScorer
    from lahja.scorers.country import CountryScorer
    from lahja.scorers.language import LanguageIdentifier
    from lahja.scorers.responses import score_responses
    from lahja.scorers.sequence import ScorerSettings
    from lahja.settings import parse_settings
    from lahja.tables import EVALUATION_PROMPTS, RESPONSES, SCORED, read_table, write_table

    options = parse_settings(ScorerSettings, settings)
    scored = score_responses(
        pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts]),
        read_table(responses, RESPONSES),
        AldiScorer(aldi, options, threads),
        CountryScorer(country, options, threads),
        LanguageIdentifier(language),
    )
    write_table(output, scored, SCORED)


if __name__ == "__main__":
    run(main)
