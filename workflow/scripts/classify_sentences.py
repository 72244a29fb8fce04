"""Let a language model name the variety of held-out sentences."""

from pathlib import Path

from lahja.command import run


def main(
    root: Path,
    sentences: Path,
    settings: dict,
    output: Path,
    adapter: Path | None = None,
    threads: int | None = None,
) -> None:
    """Write PREDICTIONS on LABELLED_SENTENCES; without an adapter it is the zero-shot base."""
    from lahja.classification import predictions
    from lahja.labelling import parse_labeller
    from lahja.tables import LABELLED_SENTENCES, PREDICTIONS, read_table, write_table

    rows = read_table(sentences, LABELLED_SENTENCES)
    options, found = parse_labeller(root, adapter, settings, threads).label([*rows["text"]])
    write_table(output, predictions(rows, options, found), PREDICTIONS)


if __name__ == "__main__":
    run(main)
