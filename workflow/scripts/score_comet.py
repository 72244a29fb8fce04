"""Score all models' translations by COMET."""

from pathlib import Path

from lahja.core.command import run


def main(prompts: Path, responses: list[Path], model: Path, settings: dict, output: Path) -> None:
    """Write COMET_SCORES of RESPONSES, whose files are named by model. Settings: batch.

    MODEL is the folder of a COMET checkpoint. Runs with an interpreter that has unbabel-comet.
    """
    from lahja.core.tables import (
        COMET_SCORES,
        EVALUATION_PROMPTS,
        RESPONSES,
        read_table,
        write_table,
    )
    from lahja.evaluation.comet import score_comet
    from lahja.scoring.signature import scorer_identity

    asked = read_table(prompts, EVALUATION_PROMPTS)
    answered = {path.stem: read_table(path, RESPONSES) for path in responses}
    found = score_comet(asked, answered, model, scorer_identity(model), settings["batch"])
    write_table(output, found, COMET_SCORES)


if __name__ == "__main__":
    run(main)
