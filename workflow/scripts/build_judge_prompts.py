"""Write what an LLM is asked that rates the models' responses."""

from pathlib import Path

import pandas as pd

from lahja.core.command import run
from lahja.core.tables import EVALUATION_PROMPTS, PROMPTS, RESPONSES, read_table, write_table
from lahja.evaluation.llm_judge import judge_prompts


def main(prompts: list[Path], responses: list[Path], output: Path) -> None:
    """Write PROMPTS: a question about each of the RESPONSES, whose files are named by model."""
    asked = pd.concat([read_table(path, EVALUATION_PROMPTS) for path in prompts])
    answered = {path.stem: read_table(path, RESPONSES) for path in responses}
    write_table(output, judge_prompts(asked, answered), PROMPTS)


if __name__ == "__main__":
    run(main)
