"""What the three scorers say of one model's responses."""

import numpy as np
import pandas as pd

from lahja.errors import LahjaError
from lahja.scorers.aldi import AldiScorer
from lahja.scorers.country import CountryScorer
from lahja.scorers.language import LanguageIdentifier, is_arabic
from lahja.tables import SCORED


def score_responses(
    prompts: pd.DataFrame,
    responses: pd.DataFrame,
    aldi: AldiScorer,
    country: CountryScorer,
    language: LanguageIdentifier,
) -> pd.DataFrame:
    """Return SCORED, a row for each prompt in the prompts' order.

    A response without text scores 0 and has no language. A prompt without a response raises
    `LahjaError`.
    """
    rows = prompts[["prompt_id"]].merge(responses, on="prompt_id", how="left", indicator=True)
    unanswered = rows["prompt_id"][rows["_merge"] != "both"]
    if not unanswered.empty:
        raise LahjaError(f"prompt {unanswered.iloc[0]} has no response to score")
    texts = [text if isinstance(text, str) else None for text in rows["response"]]
    # Equal texts, of which greedy models give many, are scored once.
    distinct = list(dict.fromkeys(texts))
    place = {text: number for number, text in enumerate(distinct)}
    order = np.array([place[text] for text in texts], dtype=int)
    codes = language.identify(distinct)
    rows["response"] = texts
    rows["model"] = rows["generator"]
    rows["language"] = [codes[number] for number in order]
    rows["is_arabic"] = [is_arabic(code) for code in rows["language"]]
    rows["aldi"] = aldi.score(distinct)[order]
    rows["countries"] = country.score(distinct)[order].tolist()
    return rows[SCORED.names]


def score_samples(
    samples: pd.DataFrame,
    number: str,
    aldi: AldiScorer,
    country: CountryScorer,
    language: LanguageIdentifier,
) -> pd.DataFrame:
    """Return SCORED of several answers to each prompt, a row for each in their order.

    `number` is the column that tells the answers of one prompt apart.
    """
    names = samples["prompt_id"] + ":" + samples[number].astype(str)
    single = samples.assign(prompt_id=names)
    return score_responses(single, single, aldi, country, language)
