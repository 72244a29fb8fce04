"""Let the 18-country model, the paper's NADI baseline, name the variety of sentences."""

from pathlib import Path

from lahja.command import run


def main(
    country: Path, sentences: Path, settings: dict, output: Path, threads: int | None = None
) -> None:
    """Write PREDICTIONS on LABELLED_SENTENCES; a country of none of our dialects is "other"."""
    from lahja.classification import country_predictions
    from lahja.scorers.country import CountryScorer
    from lahja.scorers.sequence import ScorerSettings
    from lahja.settings import parse_settings
    from lahja.tables import LABELLED_SENTENCES, PREDICTIONS, read_table, write_table
    from lahja.varieties import DIALECTS

    scorer = CountryScorer(country, parse_settings(ScorerSettings, settings), threads)
    rows = read_table(sentences, LABELLED_SENTENCES)
    found = scorer.score([*rows["text"]]).tolist()
    write_table(output, country_predictions(rows, found, DIALECTS), PREDICTIONS)


if __name__ == "__main__":
    run(main)
