"""The dialect classifier: a multiple-choice question to a language model (paper, section 3).

The paper gives the question's beginning, "Which of the following dialects (a) Egyptian (b)
Palestinian … is most applicable …"; the rest of the wording is ours. Options stand in the order
of `OPTIONS` (the paper's first two first), lettered from (a) on; the answer is one letter.
"""

from dataclasses import dataclass
from string import ascii_lowercase

import pandas as pd

from lahja.errors import LahjaError
from lahja.seeding import shuffled
from lahja.tables import CANDIDATES, EXAMPLES, LABELLED_SENTENCES, PREDICTIONS
from lahja.varieties import NADI_COUNTRIES, VARIETIES, get_variety, variety_of_country

OPTIONS = ("egy", "pse", "mar", "sau", "syr", "msa")
OTHER = "other"


@dataclass(frozen=True)
class ClassifierData:
    """How many sentences of each variety the classifier learns from and is tested on."""

    varieties: tuple[str, ...] = OPTIONS
    per_variety: int = 50_000
    test_per_variety: int = 200
    seed: int = 0


@dataclass(frozen=True)
class Question:
    """The multiple-choice question, its options fixed."""

    options: tuple[str, ...] = OPTIONS

    @property
    def letters(self) -> tuple[str, ...]:
        """The letter of each option."""
        return tuple(ascii_lowercase[: len(self.options)])

    @property
    def instruction(self) -> str:
        """The question's fixed line, which the sentence follows."""
        choices = " ".join(
            f"({letter}) {get_variety(code).label}"
            for letter, code in zip(self.letters, self.options, strict=True)
        )
        return (
            f"Which of the following dialects {choices} is most applicable to the sentence "
            "below? Answer with the letter only."
        )

    def prompt(self, text: str) -> str:
        """Return the question about one sentence."""
        return f"{self.instruction}\n{text}"

    def answer(self, variety: str) -> str:
        """Return the right letter."""
        return self.letters[self.options.index(variety)]


def make_question(varieties: tuple[str, ...] | list[str]) -> Question:
    """Return the question with the given varieties as options, in the order of `OPTIONS`.

    Varieties that `OPTIONS` does not list follow in the order of `VARIETIES`.
    """
    for code in varieties:
        get_variety(code)
    order = [*OPTIONS, *(code for code in VARIETIES if code not in OPTIONS)]
    return Question(tuple(code for code in order if code in varieties))


def classifier_data(
    sentences: pd.DataFrame, settings: ClassifierData
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return EXAMPLES to train on and LABELLED_SENTENCES to test on.

    Training takes the split "train" only, the test the split "test" only. A variety that either
    of them lacks raises `LahjaError`.
    """
    question = make_question(settings.varieties)
    train = _draw(sentences, "train", question, settings.per_variety, settings.seed)
    test = _draw(sentences, "test", question, settings.test_per_variety, settings.seed)
    examples = pd.DataFrame(
        [
            {
                "example_id": f"{row.sentence_id}:dialect",
                "kind": "classification",
                "variety": row.variety,
                "prompt": question.prompt(row.text),
                "completion": question.answer(row.variety),
            }
            for row in train.itertuples()
        ],
        columns=EXAMPLES.names,
    )
    return examples, test[LABELLED_SENTENCES.names]


def predictions(
    sentences: pd.DataFrame, options: tuple[str, ...], probabilities: list[list[float]]
) -> pd.DataFrame:
    """Return PREDICTIONS: of each sentence the likeliest option, and all their probabilities."""
    rows = sentences[["sentence_id", "variety"]].reset_index(drop=True)
    rows["predicted"] = [options[_argmax(row)] for row in probabilities]
    rows["options"] = [list(options)] * len(rows)
    rows["probabilities"] = probabilities
    return rows[PREDICTIONS.names]


def country_predictions(
    sentences: pd.DataFrame, countries: list[list[float]], dialects: tuple[str, ...]
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
    frame = predictions(sentences, options, probabilities)
    frame["predicted"] = [codes[_argmax(row)] for row in countries]
    return frame


def candidates(
    responses: pd.DataFrame,
    dialect: str,
    origin: str,
    options: tuple[str, ...],
    probabilities: list[list[float]],
) -> pd.DataFrame:
    """Return CANDIDATES: responses with the classifier's label and how sure it is."""
    rows = responses.reset_index(drop=True)
    rows["dialect"], rows["origin"] = dialect, origin
    rows["label"] = [options[_argmax(row)] for row in probabilities]
    rows["probability"] = [max(row) for row in probabilities]
    rows["options"] = [list(options)] * len(rows)
    rows["probabilities"] = probabilities
    return rows[CANDIDATES.names]


def labellable(responses: pd.DataFrame, prompts: pd.DataFrame, dialect: str) -> pd.DataFrame:
    """Return the responses to a dialect's prompts that hold any text."""
    ids = set(prompts["prompt_id"][prompts["dialect"] == dialect])
    said = responses["response"].map(lambda text: isinstance(text, str) and bool(text.strip()))
    return responses[responses["prompt_id"].isin(ids) & said]


def _draw(
    sentences: pd.DataFrame, split: str, question: Question, count: int, seed: int
) -> pd.DataFrame:
    wanted = sentences[(sentences["split"] == split) & sentences["variety"].isin(question.options)]
    drawn = shuffled(wanted, seed, "sentence_id").groupby("variety").head(count)
    for code in question.options:
        if code not in set(drawn["variety"]):
            raise LahjaError(f"variety {code}: no sentences of split {split!r} for the classifier")
    return drawn


def _argmax(row: list[float]) -> int:
    return max(range(len(row)), key=row.__getitem__)
