"""Form the preference pairs of a dataset: gated, in its directions, with its negatives."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.preferences.forming import PairData, PairSettings, form_dataset
from lahja.settings import parse_settings
from lahja.tables import (
    CANDIDATES,
    EVALUATION_PROMPTS,
    FUNNEL,
    PAIRS,
    PARALLEL,
    PROMPTS,
    read_table,
    write_table,
)


def main(
    prompts: list[Path],
    candidates: list[Path],
    validation: Path,
    parallel: Path,
    settings: dict,
    pairs: Path,
    funnel_counts: Path,
) -> None:
    """Write pairs of all prompts that are not set aside for validation."""
    asked = pd.concat([read_table(path, PROMPTS) for path in prompts], ignore_index=True)
    answers = pd.concat([read_table(path, CANDIDATES) for path in candidates], ignore_index=True)
    set_aside = read_table(validation, EVALUATION_PROMPTS)["prompt_id"]
    free = asked[~asked["prompt_id"].isin(set_aside)]
    data = PairData(asked, free, answers, read_table(parallel, PARALLEL))
    formed, counts = form_dataset(data, parse_settings(PairSettings, settings))
    write_table(pairs, formed, PAIRS)
    write_table(funnel_counts, counts, FUNNEL)


if __name__ == "__main__":
    run(main)
