"""ADI2 and ADI2 macro, the dialect fidelity scores of AL-QASIDA (Robinson et al. 2025).

Both join how dialectal a text is (ALDi) with how surely it is of the wanted country, or of
any country in the wanted region. A text that is not Arabic scores 0, not "missing", so that an
answer in the wrong language costs what an answer in MSA costs.
"""

import re

import numpy as np
import pandas as pd

from lahja.core.varieties import NADI_COUNTRIES, NADI_REGIONS, get_variety

# AL-QASIDA's cross-lingual task judges the language of lines with at least so many words.
_MIN_WORDS_OF_A_LINE = 5


def adi2(p_country: float, aldi: float) -> float:
    """Return ADI2 = P(wanted country) x ALDi, in [0, 1]; the macro score takes P(region)."""
    return p_country * aldi


def country_probability(countries: np.ndarray, variety: str) -> float:
    """Return P(the variety's country) from the NADI classifier's probabilities.

    `countries` has one for each of NADI_COUNTRIES, in order. English and MSA have no country: 0.
    """
    wanted = get_variety(variety).country
    return float(np.asarray(countries)[[name == wanted for name in NADI_COUNTRIES]].sum())


def macro_probability(countries: np.ndarray, variety: str) -> float:
    """Return the summed probability of the variety's macro-region; English and MSA have none: 0."""
    wanted = get_variety(variety).region
    is_there = [NADI_REGIONS[name] == wanted for name in NADI_COUNTRIES]
    return float(np.asarray(countries)[is_there].sum())


def has_enough_words(text: str) -> bool:
    """Whether any line has five words or more, AL-QASIDA's cross-lingual `too_few_tokens`.

    A word holds a letter or a digit: the dashes and bars of a table do not count.
    """
    return any(
        sum(bool(re.search(r"\w", word)) for word in line.split()) >= _MIN_WORDS_OF_A_LINE
        for line in text.split("\n")
    )


def score_dialectness(scored: pd.DataFrame, targets: pd.Series, tasks: pd.Series) -> pd.DataFrame:
    """Return aldi, p_country, p_region, adi2, adi2_macro and too_few_tokens of each response.

    `scored` has the columns of SCORED, `targets` the variety asked for in each row and `tasks`
    its task. AL-QASIDA's zero rules: all five are 0 where the language identifier found no
    Arabic, the text is empty, or no line of a cross-lingual answer has enough words; all but aldi
    are 0 where the target is English or MSA. Means leave out the rows with too_few_tokens.
    """
    too_few = (tasks == "crosslingual") & ~scored["response"].map(has_enough_words).astype(bool)
    arabic = scored["is_arabic"].astype(bool) & scored["response"].str.strip().astype(bool)
    arabic &= ~too_few
    result = pd.DataFrame({"aldi": scored["aldi"].astype(float)})
    result["p_country"] = [*map(country_probability, scored["countries"], targets)]
    result["p_region"] = [*map(macro_probability, scored["countries"], targets)]
    result = result.where(arabic, 0.0)
    result["adi2"] = adi2(result["p_country"], result["aldi"])
    result["adi2_macro"] = adi2(result["p_region"], result["aldi"])
    result["too_few_tokens"] = too_few
    return result
