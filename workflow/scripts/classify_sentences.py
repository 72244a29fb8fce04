"""Let language models, and the country model, name the variety of held-out sentences."""

from pathlib import Path

from lahja.core.command import run


def main(
    roots: list[Path],
    models: list[Path],
    country: Path,
    sentences: Path,
    settings: dict,
    scoring: dict,
    output: list[Path],
) -> None:
    """Write PREDICTIONS on LABELLED_SENTENCES of each model, and last of the country model.

    A model is an adapter to its root, or the root itself, which is asked without training. A
    country of none of the dialects is "other". Scoring: how the scorer runs, and dialects.
    """
    from lahja.core.tables import LABELLED_SENTENCES, PREDICTIONS, read_table, write_table
    from lahja.models.option_logits import Labeller
    from lahja.prompts.classification import country_predictions, predictions
    from lahja.scoring.judges import CountryScorer

    rows = read_table(sentences, LABELLED_SENTENCES)
    texts = [*rows["text"]]
    for root, model, path in zip(roots, models, output, strict=False):
        adapter = None if model == root else model
        options, found = Labeller(root, adapter, **settings).label(texts)
        write_table(path, predictions(rows, options, found), PREDICTIONS)
    dialects = scoring.pop("dialects")
    scorer = CountryScorer(country, **scoring)
    found = scorer.score(texts).tolist()
    write_table(output[-1], country_predictions(rows, found, dialects), PREDICTIONS)


if __name__ == "__main__":
    run(main)
