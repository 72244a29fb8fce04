"""Say of every Arabic sentence how dialectal it is."""

from pathlib import Path

from lahja.command import run


def main(
    sentences: Path, model: Path, settings: dict, output: Path, threads: int | None = None
) -> None:
    """Write the DIALECTNESS of the SENTENCES that are not English."""
    from lahja.scorers.aldi import AldiScorer
    from lahja.scorers.sequence import ScorerSettings
    from lahja.settings import parse_settings
    from lahja.tables import DIALECTNESS, SENTENCES, read_table, write_table
    from lahja.varieties import get_variety

    scorer = AldiScorer(model, parse_settings(ScorerSettings, settings), threads)
    rows = read_table(sentences, SENTENCES)
    rows = rows[[get_variety(code).is_arabic for code in rows["variety"]]]
    scored = rows[["sentence_id"]].assign(aldi=scorer.score([*rows["text"]]))
    write_table(output, scored, DIALECTNESS)


if __name__ == "__main__":
    run(main)
