"""How often answers degenerate: the wrong language, a loop, an echo, a wrong number.

Preference training can raise a dialect score by answers that are no answers. The gates that keep
such texts from being preferred (`lahja.gates`) count them here in what the trained models say.
"""

import numpy as np
import pandas as pd

from lahja.data.text import comparison_key
from lahja.gates.asked import TRANSLATE, Asked, parse_prompt
from lahja.gates.echo import judge_echo
from lahja.gates.language import judge_language
from lahja.gates.numbers import judge_numbers
from lahja.gates.repeats import judge_repetition
from lahja.gates.settings import GateSettings
from lahja.gates.verdict import STOPPED, Judged
from lahja.translation import translation_prompt
from lahja.varieties import NADI_COUNTRIES, get_variety

FAULTS = ("wrong_language", "repetition", "echo", "number_error")
LABEL_ACCURACY = "label_accuracy"
_GATES = {
    "wrong_language": judge_language,
    "repetition": judge_repetition,
    "echo": judge_echo,
    "number_error": judge_numbers,
}


def find_faults(answers: pd.DataFrame) -> pd.DataFrame:
    """Return FAULTS of each answer: 1 where the gate of that kind stops it, else 0.

    `answers` has task, source_variety, target_variety, source and response, and `prompt` where it
    is known. An answer without words is in the wrong language. Where a gate cannot tell (no digits,
    say) there is no fault; NaN where the kind does not apply: numbers in what is no translation,
    everything where neither prompt nor source is known.
    """
    settings = GateSettings()
    asked: dict[tuple[str | None, ...], Asked | None] = {}
    rows = []
    prompts = answers.get("prompt", pd.Series(None, index=answers.index, dtype=object))
    columns = ["task", "source_variety", "target_variety", "source", "response"]
    for values, prompt in zip(answers[columns].itertuples(index=False), prompts, strict=True):
        key = (values.task, values.source_variety, values.target_variety, values.source, prompt)
        if key not in asked:
            asked[key] = _asked(*key)
        rows.append(_faults(asked[key], values.response or "", settings))
    return pd.DataFrame(rows, columns=FAULTS, index=answers.index, dtype=float)


def _asked(
    task: str, source_variety: str | None, target: str, source: str | None, prompt: str | None
) -> Asked | None:
    if task.endswith("translation") and source and source_variety:
        return parse_prompt(translation_prompt(source_variety, target, source), target)
    text = prompt if isinstance(prompt, str) else source
    return parse_prompt(text, target) if isinstance(text, str) else None


def _faults(asked: Asked | None, answer: str, settings: GateSettings) -> list[float]:
    if asked is None:
        return [np.nan] * len(FAULTS)
    pair = Judged(asked, answer, "")
    found = {name: float(judge(pair, settings).status == STOPPED) for name, judge in _GATES.items()}
    if not comparison_key(answer):
        found["wrong_language"] = 1.0
    if asked.kind != TRANSLATE:
        found["number_error"] = np.nan
    return [found[name] for name in FAULTS]


def label_accuracy(scored: pd.DataFrame, targets: pd.Series) -> pd.Series:
    """Return 1 where the likeliest of NADI's countries is the one asked for, else 0.

    0 where no Arabic was found, as with ADI2; NaN where English or MSA was asked for, or where the
    countries' probabilities are not known. `scored` has is_arabic and countries.
    """
    countries = scored.get("countries", pd.Series(None, index=scored.index, dtype=object))
    values = [
        _is_right(own, target, is_arabic)
        for own, target, is_arabic in zip(countries, targets, scored["is_arabic"], strict=True)
    ]
    return pd.Series(values, index=scored.index, dtype=float)


def _is_right(countries: np.ndarray | None, target: str, is_arabic: object) -> float:
    if not get_variety(target).is_dialect or not isinstance(countries, (list, np.ndarray)):
        return np.nan
    likeliest = NADI_COUNTRIES[int(np.argmax(countries))]
    return float(bool(is_arabic) and likeliest == get_variety(target).country)
