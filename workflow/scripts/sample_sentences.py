"""Sample each dialect's sentences for prompts, by dialectness and length."""

from pathlib import Path

from lahja.core.command import run


def main(
    sentences: Path,
    model: Path,
    settings: dict,
    samples: Path,
    dialectness: Path,
) -> None:
    """Write SAMPLES of all dialects, and the DIALECTNESS of the sentences that were scored.

    Settings: what `sample_sentences` takes, and those of `ScorerSettings`.
    """
    from lahja.core.settings import take_settings
    from lahja.core.tables import DIALECTNESS, SAMPLES, SENTENCES, scan_tables, write_frame
    from lahja.corpora.sampling import sample_sentences
    from lahja.scoring.judges import AldiScorer, ScorerSettings

    scoring = take_settings(ScorerSettings, settings)
    scorer = AldiScorer(model, scoring)
    table = scan_tables([sentences], SENTENCES)
    chosen, scored = sample_sentences(table, scorer.score, **settings)
    write_frame(dialectness, scored, DIALECTNESS)
    write_frame(samples, chosen, SAMPLES)


if __name__ == "__main__":
    run(main)
