"""The dialect classifier: a multiple-choice question to a language model (paper, section 3).

The paper gives the question's beginning, "Which of the following dialects (a) Egyptian (b)
Palestinian … is most applicable …"; the rest of the wording is ours. Options stand in the paper's
order as far as it goes, lettered from (a) on; the answer is one letter.
"""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple

import pandas as pd

from lahja.core.errors import LahjaError
from lahja.core.seeding import shuffled
from lahja.core.tables import EXAMPLES, LABELLED_SENTENCES, PREDICTIONS
from lahja.core.varieties import NADI_COUNTRIES, VARIETIES, get_variety, variety_of_country

# The paper's first two first.
_ORDER = ("egy", "pse", "mar", "sau", "syr", "msa")
OTHER = "other"


class Question(NamedTuple):
    """The multiple-choice question, its options fixed."""

    options: tuple[str, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """The letter of each option."""
        return tuple(ascii_lowercase[: len(self.options)])

    def prompt(self, text: str) -> str:
        """Return the question about one sentence, which follows its fixed line."""
        lettered = zip(self.letters, self.options, strict=True)
        choices = " ".join(f"({letter}) {get_variety(code).label}" for letter, code in lettered)
        return (
            f"Which of the following dialects {choices} is most applicable to the sentence "
            f"below? Answer with the letter only.\n{text}"
        )

    def answer(self, variety: str) -> str:
        """Return the right letter."""
        return self.letters[self.options.index(variety)]


def make_question(varieties: Sequence[str] | None) -> Question:
    """Return the question with the given varieties as options; None are all of Arabic.

    They stand in the paper's order; further ones follow in the order of `VARIETIES`.
    """
    if varieties is None:
        varieties = [code for code, variety in VARIETIES.items() if variety.is_arabic]
    wanted = {get_variety(code).code for code in varieties}
    return Question(tuple(code for code in dict.fromkeys([*_ORDER, *VARIETIES]) if code in wanted))


def classifier_data(
    sentences: pd.DataFrame,
    varieties: Sequence[str],
    per_variety: int,
    test_per_variety: int,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return EXAMPLES to train on and LABELLED_SENTENCES to test on, so many of each variety.

    Training takes the split "train" only, the test the split "test" only. A variety that either
    of them lacks raises `LahjaError`.
    """
    question, drawn = make_question(varieties), {}
    for split, count in (("train", per_variety), ("test", test_per_variety)):
        own = sentences[(sentences["split"] == split) & sentences["variety"].isin(question.options)]
        drawn[split] = shuffled(own, seed, "sentence_id").groupby("variety").head(count)
        for code in question.options:
            if code not in set(own["variety"]):
                raise LahjaError(
                    f"variety {code}: no sentences of split {split!r} for the classifier"
                )
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
