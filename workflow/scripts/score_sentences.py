"""Score every response of one model: ADI2, ADI2 macro, ALDi, chrF, chrF++ and spBLEU."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.metrics.sentences import score_sentences
from lahja.metrics.translation import load_spbleu
from lahja.tables import EVALUATION_PROMPTS, SCORED, SENTENCE_SCORES, read_table, write_table


def main(prompts: list[Path], scored: Path, settings: dict, output: Path) -> None:
    """Join the evaluation prompts with a model's scored responses and write sentence scores.

    Settings: spbleu_model (path of the SentencePiece file, or null), spbleu_download.
    """
    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts], ignore_index=True)
    model = settings.get("spbleu_model")
    spbleu = load_spbleu(Path(model) if model else None, settings.get("spbleu_download", False))
    write_table(output, score_sentences(asked, read_table(scored, SCORED), spbleu), SENTENCE_SCORES)


if __name__ == "__main__":
    run(main)
