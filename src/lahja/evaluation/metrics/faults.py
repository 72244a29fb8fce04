"""How often answers degenerate: the wrong language, repetition, an echo, a wrong number.

Preference training can raise a dialect score by answers that are no answers. The gates that keep
such texts from being preferred (`lahja.preferences.gates`) count them here in what the trained
models say.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from lahja.core.config.evaluation import Gates
from lahja.core.varieties import NADI_COUNTRIES, get_variety, is_dialect
from lahja.corpora.text import comparison_key
from lahja.preferences.gates.adequacy import judge_echo, judge_numbers
from lahja.preferences.gates.form import judge_repetition
from lahja.preferences.gates.language import judge_language
from lahja.preferences.gates.verdict import STOPPED, Pair
from lahja.prompts.intent import TRANSLATE, PromptIntent, parse_prompt, translation_intent

LABEL_ACCURACY = "label_accuracy"
_GATES = {
    "wrong_language": judge_language,
    "repetition": judge_repetition,
    "echo": judge_echo,
    "number_error": judge_numbers,
}
FAULTS = tuple(_GATES)


def find_faults(answers: pd.DataFrame) -> pd.DataFrame:
    """Return FAULTS of each answer: 1 where the gate of that kind stops it, else 0.

    `answers` has task, source_variety, target_variety, source and response, and `prompt` where it
    is known. An answer without words is in the wrong language. Where a gate cannot tell (no digits,
    say) there is no fault; NaN where the kind does not apply: numbers in what is no translation,
    everything where neither prompt nor source is known.
    """
    settings = Gates()
    intent = lru_cache(maxsize=None)(_intent)
    prompts = answers.get("prompt", pd.Series(None, index=answers.index, dtype=object))
    keys = answers[["task", "source_variety", "target_variety", "source"]].assign(prompt=prompts)
    rows = [
        _faults(intent(*key), answer or "", settings)
        for key, answer in zip(keys.to_numpy(object).tolist(), answers["response"], strict=True)
    ]
    return pd.DataFrame(rows, columns=FAULTS, index=answers.index, dtype=float)


def _intent(
    task: str, source_variety: str | None, target: str, source: str | None, prompt: str | None
) -> PromptIntent | None:
    if task.endswith("translation") and source and source_variety:
        return translation_intent(source_variety, target, source)
    text = prompt if isinstance(prompt, str) else source
    return parse_prompt(text, target) if isinstance(text, str) else None


def _faults(intent: PromptIntent | None, answer: str, settings: Gates) -> list[float]:
    if intent is None:
        return [np.nan] * len(FAULTS)
    pair = Pair(intent, answer, "")
    found = {name: float(judge(pair, settings).status == STOPPED) for name, judge in _GATES.items()}
    if not comparison_key(answer):
        found["wrong_language"] = 1.0
    if intent.kind != TRANSLATE:
        found["number_error"] = np.nan
    return [*found.values()]


def label_accuracy(scored: pd.DataFrame, targets: pd.Series) -> pd.Series:
    """Return 1 where the likeliest of NADI's countries is the one asked for, else 0.

    0 where no Arabic was found, as with ADI2; NaN where English or MSA was asked for, or where the
    countries' probabilities are not known. `scored` has is_arabic and countries.
    """
    countries = scored.get("countries", pd.Series(None, index=scored.index, dtype=object))
    is_known = targets.map(is_dialect) & countries.notna()
    likeliest = countries[is_known].map(lambda own: NADI_COUNTRIES[int(np.argmax(own))])
    is_right = likeliest == targets[is_known].map(lambda code: get_variety(code).country)
    return (is_right & scored["is_arabic"][is_known]).astype(float).reindex(scored.index)
