"""Let the scorers judge the models' responses."""

from pathlib import Path
from typing import TYPE_CHECKING

from lahja.core.command import run

if TYPE_CHECKING:
    import pandas as pd


def main(
    prompts: list[Path],
    responses: list[Path],
    aldi: Path,
    country: Path,
    language: Path,
    settings: dict,
    output: list[Path],
) -> None:
    """Write SCORED of each table of RESPONSES: dialectness, country and language.

    Every model has answered all PROMPTS; a text that several gave is scored once.
    """
    import pandas as pd

    from lahja.core.tables import EVALUATION_PROMPTS, RESPONSES, SCORED, read_table, write_table
    from lahja.scoring.judges import Judges, score_responses

    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    answered = {path.stem: read_table(path, RESPONSES) for path in responses}
    scored = score_responses(
        pd.concat([_of_model(name, asked) for name in answered]),
        pd.concat([_of_model(name, table) for name, table in answered.items()]),
        Judges(aldi, country, language, **settings),
    )
    for number, path in enumerate(output):
        own = scored.iloc[number * len(asked) :][: len(asked)]
        write_table(path, own.assign(prompt_id=[*asked["prompt_id"]]), SCORED)


def _of_model(name: str, rows: "pd.DataFrame") -> "pd.DataFrame":
    return rows.assign(prompt_id=f"{name}:" + rows["prompt_id"])


if __name__ == "__main__":
    run(main)
