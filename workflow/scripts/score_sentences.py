"""Score every response of all models: ADI2, ADI2 macro, ALDi, chrF, chrF++ and spBLEU."""

from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.tables import EVALUATION_PROMPTS, SCORED, SENTENCE_SCORES, read_table, write_table
from lahja.evaluation.routes import routed_scores
from lahja.evaluation.sentence_scores import score_sentences
from lahja.scoring.translation import load_spbleu


def main(prompts: list[Path], scored: list[Path], settings: dict, output: Path) -> None:
    """Join the evaluation prompts with each model's scored responses and write sentence scores.

    A route has copies of the scores of the model that validation chooses for each dialect.
    Settings: spbleu_model (path of the SentencePiece file, or null), spbleu_download, routes (of
    each its models and dialect_weight).
    """
    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts], ignore_index=True)
    model = settings.get("spbleu_model")
    spbleu = load_spbleu(Path(model) if model else None, settings.get("spbleu_download", False))
    tables = [score_sentences(asked, read_table(path, SCORED), spbleu) for path in scored]
    found = {table["model"].iloc[0]: table for table in tables}
    for name, route in settings.get("routes", {}).items():
        own = {model: found[model] for model in route["models"]}
        tables.append(routed_scores(name, own, route["dialect_weight"]))
    write_table(output, pd.concat(tables, ignore_index=True), SENTENCE_SCORES)


if __name__ == "__main__":
    run(main)
