"""Turn labelled sentences into multiple-choice examples, and hold a test set out."""

from pathlib import Path

from lahja.core.command import run


def main(sentences: Path, settings: dict, train: Path, test: Path) -> None:
    """Write EXAMPLES to train on, and LABELLED_SENTENCES to test on."""
    from lahja.core.tables import EXAMPLES, LABELLED_SENTENCES, SENTENCES, read_table, write_table
    from lahja.prompts.classification import classifier_data

    examples, held_out = classifier_data(read_table(sentences, SENTENCES), **settings)
    write_table(train, examples, EXAMPLES)
    write_table(test, held_out, LABELLED_SENTENCES)


if __name__ == "__main__":
    run(main)
