"""On-line reinforcement by reference and dialect: which prompts are answered, and their rewards.

    reward(y) = chrF++(y, reference) / 100 + λ · ADI2(y) - penalty · (gates that stop y)

with λ only where a dialect is asked for, as `ranking` has it.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lahja.core.config.base import parse
from lahja.core.config.evaluation import Gates
from lahja.core.config.training import GrpoSettings
from lahja.core.files import digest_of_folder
from lahja.core.tables import EVALUATION_PROMPTS, PARALLEL, PROMPTS, read_table
from lahja.core.varieties import get_variety
from lahja.corpora.text import comparison_key
from lahja.preferences.directions import held_out_keys, target_of, training_sentences
from lahja.preferences.gates import GATES
from lahja.preferences.gates.verdict import STOPPED, Pair
from lahja.preferences.pairs import intents_of, of_dialects
from lahja.preferences.ranking import with_rewards
from lahja.scoring.judges import Judges
from lahja.training.adapters import AdapterRun
from lahja.training.grpo import Reward, train_grpo

# A fault whatever chrF++ and ADI2 are: copies and repetitions have letters of the reference.
PENALISED = ("language", "echo", "repetition")


def train_by_reward(
    run: AdapterRun, parallel: Path, validation: Path, scorers: dict[str, Path], precision: str,
    limits: dict[str, Any], dialects: Collection[str] | None = None,
) -> None:  # fmt: skip
    """Train an adapter on-line by the reward of its answers, and write the model folder.

    The run's data are PROMPTS, of which those of `dialects` are answered (None is all), without
    what the validation set asks about. `scorers` are the folders of the three that select, and
    `limits` those of the gates.
    """
    sentences = training_sentences(read_table(parallel, PARALLEL))
    held_out = held_out_keys(sentences, read_table(validation, EVALUATION_PROMPTS))
    prompts = of_dialects(read_table(run.data, PROMPTS), dialects)
    prompts = without_held_out(prompts, held_out)
    settings, gates = parse(GrpoSettings, run.settings), parse(Gates, limits)
    reward = reward_of_answers(prompts, Judges(**scorers, precision=precision), settings, gates)
    files = {name: digest_of_folder(folder) for name, folder in scorers.items()}
    train_grpo(run, prompts, reward, scorers=files, precision=precision, limits=limits)


def without_held_out(prompts: pd.DataFrame, held_out: Collection[str]) -> pd.DataFrame:
    """Return the PROMPTS of which neither side has a comparison key in `held_out`."""
    keys = prompts[["source", "reference"]].map(comparison_key)
    return prompts[~keys.isin(held_out).any(axis=1)]


def reward_of_answers(
    prompts: pd.DataFrame, judges: Judges, settings: GrpoSettings, limits: Gates
) -> Reward:
    """Return the reward of answers to PROMPTS, with its parts: chrF++, ADI2, and what gates stop.

    ADI2 is missing where no dialect is asked for; a gate's part is 1 where it stops the answer.
    """
    intents, dialects = intents_of(prompts), prompts.set_index("prompt_id")["dialect"]
    weight = settings.dialect_weight

    def reward(prompt_ids: Sequence[str], answers: Sequence[str]) -> pd.DataFrame:
        """Return the reward of each answer, and its parts."""
        told = {"prompt_id": prompt_ids, "response": answers}
        samples = pd.DataFrame(told | {"dialect": [dialects[name] for name in prompt_ids]})
        found = with_rewards(prompts, samples, judges, weight)
        targets = map(target_of, found["kind"], found["dialect"])
        is_dialect = [get_variety(code).is_dialect for code in targets]
        parts = {
            "chrf": 100 * (found["reward"] - weight * found["adi2"]),
            "adi2": found["adi2"].where(is_dialect),
        }
        pairs = [Pair(intents[name], y, y) for name, y in zip(prompt_ids, answers, strict=True)]
        for gate in PENALISED:
            parts[gate] = [float(GATES[gate](pair, limits).status == STOPPED) for pair in pairs]
        table = pd.DataFrame(parts)
        penalties = settings.penalty * table[[*PENALISED]].sum(axis=1)
        return table.assign(reward=found["reward"] - penalties)

    return reward
