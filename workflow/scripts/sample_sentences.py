"""Sample a dialect's sentences for prompts, by dialectness and length."""

from pathlib import Path

from lahja.command import run
from lahja.sampling import read_kinds, sample_sentences
from lahja.tables import DIALECTNESS, SAMPLES, SENTENCES, read_table, write_table


def main(sentences: Path, dialectness: Path, dialect: str, settings: dict, output: Path) -> None:
    """Join the sentences with their dialectness and write the samples of one dialect."""
    table = read_table(sentences, SENTENCES).drop(columns="aldi")
    scored = table.merge(read_table(dialectness, DIALECTNESS), on="sentence_id")
    samples = sample_sentences(
        scored,
        dialect,
        read_kinds(settings["kinds"]),
        settings["total"],
        settings["aldi_threshold"],
        settings["seed"],
    )
    write_table(output, samples, SAMPLES)


if __name__ == "__main__":
    run(main)
