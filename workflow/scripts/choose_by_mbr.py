"""Choose, of a model's samples, the answer that they agree on and that is most dialectal."""

from pathlib import Path

from lahja.core.command import run


def main(
    prompts: list[Path],
    samples: Path,
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    output: Path,
) -> None:
    """Write RESPONSES. Settings: dialect_weight; batch and precision of the scorers."""
    import pandas as pd

    from lahja.core.tables import (
        EVALUATION_PROMPTS,
        GENERATIONS,
        RESPONSES,
        read_table,
        write_table,
    )
    from lahja.evaluation.mbr import choose_responses
    from lahja.scoring.judges import Judges

    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    drawn = read_table(samples, GENERATIONS)
    said = drawn.assign(response=drawn["response"].fillna(""))
    weight = settings.pop("dialect_weight")
    scored = said.join(Judges(aldi, country, language, **settings).score(said["response"]))
    chosen = choose_responses(asked, drawn, scored, weight)
    write_table(output, chosen, RESPONSES)


if __name__ == "__main__":
    run(main)
