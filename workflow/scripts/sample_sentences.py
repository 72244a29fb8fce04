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

    Settings: what `sample_sentences` takes, batch and precision of the scorer.
    """
    from lahja.core.settings import take
    from lahja.core.tables import DIALECTNESS, SAMPLES, SENTENCES, scan_tables, write_frame
    from lahja.corpora.sampling import sample_sentences
    from lahja.scoring.judges import AldiScorer

    scorer = AldiScorer(model, **take(settings, "batch", "precision"))
    table = scan_tables([sentences], SENTENCES)
    chosen, scored = sample_sentences(table, scorer.score, **settings)
    write_frame(dialectness, scored, DIALECTNESS)
    write_frame(samples, chosen, SAMPLES)


if __name__ == "__main__":
    run(main)
