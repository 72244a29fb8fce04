"""Choose, of a model's samples, the answer that they agree on and that is most dialectal."""

from pathlib import Path

from lahja.core.command import run
from lahja.core.settings import take


def main(
    prompts: list[Path],
    samples: Path,
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    output: Path,
) -> None:
    """Write RESPONSES. Settings: dialect_weight; batch and precision of the scorers.

    And probability_weight, where samples are WEIGHED_GENERATIONS.
    """
    import pandas as pd

    from lahja.core.tables import (
        EVALUATION_PROMPTS,
        GENERATIONS,
        RESPONSES,
        WEIGHED_GENERATIONS,
        read_table,
        write_table,
    )
    from lahja.evaluation.mbr import choose_responses
    from lahja.scoring.judges import Judges

    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    weights = take(settings, "dialect_weight", "probability_weight")
    is_weighed = "probability_weight" in weights
    drawn = read_table(samples, WEIGHED_GENERATIONS if is_weighed else GENERATIONS)
    said = drawn.assign(response=drawn["response"].fillna(""))
    scored = said.join(Judges(aldi, country, language, **settings).score(said["response"]))
    chosen = choose_responses(asked, drawn, scored, **weights)
    write_table(output, chosen, RESPONSES)


if __name__ == "__main__":
    run(main)
