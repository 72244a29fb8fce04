"""The dialect classifier: a multiple-choice question to a language model (paper, section 3).

The paper gives the question's beginning, "Which of the following dialects (a) Egyptian (b)
Palestinian … is most applicable …"; the rest of this wording, `letters`, is ours. The wording
`countries` is that of the authors' released data, where a country's name is the answer.
"""

from collections.abc import Sequence
from functools import cache
from string import ascii_lowercase
from typing import NamedTuple

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.files import read_yaml
from lahja.core.seeding import shuffled
from lahja.core.tables import EXAMPLES, LABELLED_SENTENCES, PREDICTIONS
from lahja.core.varieties import (
    FOLDER,
    NADI_COUNTRIES,
    OTHER,
    VARIETIES,
    get_variety,
    variety_of_country,
)


@cache
def _wording(name: str) -> dict[str, str]:
    # Not by `wordings`: what pretrains a small model would depend on how corpora are read.
    return read_yaml(FOLDER.parent / "words.yaml")["questions"][name]


class Question(NamedTuple):
    """The multiple-choice question, its options fixed."""

    options: tuple[str, ...]
    wording: str = "letters"

    @property
    def answers(self) -> tuple[str, ...]:
        """The answer that each option is given by."""
        if self.wording == "letters":
            return tuple(ascii_lowercase[: len(self.options)])
        return tuple(map(_country_name, self.options))

    def prompt(self, text: str) -> str:
        """Return the question about one sentence, which follows its fixed line."""
        if self.wording == "letters":
            names = [get_variety(code).label for code in self.options]
        else:
            # The seventh class is an answer that the question does not offer.
            names = [_country_name(code) for code in self.options if code != OTHER]
        choices = [f"({a}) {name}" for a, name in zip(ascii_lowercase, names, strict=False)]
        if self.wording == "countries" and len(choices) > 1:
            choices.insert(-1, "and")
        return f"{_wording(self.wording)['text'].format(' '.join(choices))}\n{text}"

    def answer(self, variety: str) -> str:
        """Return the right answer."""
        return self.answers[self.options.index(variety)]


def _country_name(code: str) -> str:
    variety = get_variety(code)
    return OTHER.upper() if code == OTHER else variety.country_name or variety.name


def make_question(varieties: Sequence[str] | None, wording: str = "letters") -> Question:
    """Return the question with the given varieties as options; None are all of Arabic.

    They stand in the order of the wording; further ones follow in the order of `VARIETIES`.
    """
    if varieties is None:
        varieties = [code for code, variety in VARIETIES.items() if variety.is_arabic]
    wanted = {get_variety(code).code for code in varieties}
    first = _wording(wording)["options"].split()
    ordered = dict.fromkeys([*first, *VARIETIES, OTHER])
    return Question(tuple(code for code in ordered if code in wanted), wording)


def classifier_data(
    sentences: pd.DataFrame,
    varieties: Sequence[str],
    per_variety: int,
    test_per_variety: int,
    seed: int,
    wording: str = "letters",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return EXAMPLES to train on and LABELLED_SENTENCES to test on, so many of each variety.

    Training takes the split "train" only, the test the split "test" only. A variety that either
    of them lacks raises `LahjaError`.
    """
    question, drawn = make_question(varieties, wording), {}
    for split, count in (("train", per_variety), ("test", test_per_variety)):
        own = sentences[(sentences["split"] == split) & sentences["variety"].isin(question.options)]
        drawn[split] = shuffled(own, seed, "sentence_id").groupby("variety").head(count)
        if missing := [code for code in question.options if code not in set(own["variety"])]:
            told = f"no sentences of split {split!r} for the classifier"
            raise LahjaError(f"variety {missing[0]}: {told}")
    train = drawn["train"].reset_index(drop=True)
    examples = train.assign(
        example_id=train["sentence_id"] + ":dialect",
        kind="classification",
        prompt=train["text"].map(question.prompt),
        completion=train["variety"].map(question.answer),
    )
    return examples[EXAMPLES.names], drawn["test"][LABELLED_SENTENCES.names]


def predictions(
    sentences: pd.DataFrame, options: tuple[str, ...], probabilities: list[list[float]]
) -> pd.DataFrame:
    """Return PREDICTIONS: of each sentence the likeliest option, and all their probabilities."""
    rows = sentences[["sentence_id", "variety"]].reset_index(drop=True)
    rows["predicted"] = [options[row.index(max(row))] for row in probabilities]
    rows["options"] = [list(options)] * len(rows)
    rows["probabilities"] = probabilities
    return rows[PREDICTIONS.names]


def country_predictions(
    sentences: pd.DataFrame, countries: list[list[float]], dialects: Sequence[str]
) -> pd.DataFrame:
    """Return PREDICTIONS of an 18-country model, the NADI baseline (paper, Figure 3).

    The prediction is the likeliest of all countries; one whose dialect is none of `dialects` is
    "other", whose probability is what is left of those of the dialects.
    """
    options = (*dialects, OTHER)
    codes = [getattr(variety_of_country(name), "code", OTHER) for name in NADI_COUNTRIES]
    codes = [code if code in dialects else OTHER for code in codes]
    probabilities = [
        [sum(p for p, code in zip(row, codes, strict=True) if code == option) for option in options]
        for row in countries
    ]
    predicted = [codes[row.index(max(row))] for row in countries]
    return predictions(sentences, options, probabilities).assign(predicted=predicted)
