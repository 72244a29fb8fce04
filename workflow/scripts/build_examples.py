"""Turn sentences into what fine-tuning learns from: translations, plain text, multiple choices."""

from pathlib import Path

from lahja.core.command import run


def main(kind: str, table: Path, settings: dict, output: list[Path]) -> None:
    """Write EXAMPLES of a dataset's kind.

    Translation requests are made of PARALLEL, text and classification of SENTENCES. For
    classification a second output takes the LABELLED_SENTENCES that a classifier is tested on.
    """
    from lahja.core.tables import (
        EXAMPLES,
        LABELLED_SENTENCES,
        PARALLEL,
        SENTENCES,
        read_table,
        write_table,
    )
    from lahja.prompts.classification import classifier_data
    from lahja.training.example_data import text_data, translation_data

    rows = read_table(table, PARALLEL if kind == "translation" else SENTENCES)
    if kind == "classification":
        examples, held_out = classifier_data(rows, **settings)
        write_table(output[1], held_out, LABELLED_SENTENCES)
    else:
        build = translation_data if kind == "translation" else text_data
        examples = build(rows, **settings)
    write_table(output[0], examples, EXAMPLES)


if __name__ == "__main__":
    run(main)
