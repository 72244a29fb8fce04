"""Form the preference pairs of a dataset from the candidates that the gates let through."""

from pathlib import Path

import pandas as pd

from lahja.command import run
from lahja.gates.gating import GATES
from lahja.gates.settings import parse_gate_settings
from lahja.pairs import form_pairs, funnel
from lahja.preferences.gated import gate_candidates, with_counts
from lahja.tables import (
    CANDIDATES,
    EVALUATION_PROMPTS,
    FUNNEL,
    PAIRS,
    PROMPTS,
    read_table,
    write_table,
)


def main(
    prompts: list[Path],
    candidates: list[Path],
    validation: Path,
    settings: dict,
    pairs: Path,
    funnel_counts: Path,
) -> None:
    """Write pairs of all prompts that are not set aside for validation."""
    asked = pd.concat([read_table(path, PROMPTS) for path in prompts], ignore_index=True)
    answers = pd.concat([read_table(path, CANDIDATES) for path in candidates], ignore_index=True)
    set_aside = read_table(validation, EVALUATION_PROMPTS)["prompt_id"]
    free = asked[~asked["prompt_id"].isin(set_aside)]
    gates = tuple(settings.get("gates") or GATES)
    gated = gate_candidates(free, answers, parse_gate_settings(settings["limits"]), gates)
    kept = settings["pairs_per_prompt"], settings["seed"]
    formed = form_pairs(free, gated.candidates, *kept)
    write_table(pairs, formed, PAIRS)
    write_table(funnel_counts, with_counts(funnel(free, answers, formed), gated.counts), FUNNEL)


if __name__ == "__main__":
    run(main)
