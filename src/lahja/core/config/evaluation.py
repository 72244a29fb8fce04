"""How answers and pairs are judged: the sections preferences, evaluation, study."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from lahja.core.config.base import (
    Chrf,
    Commit,
    Count,
    Departures,
    Interpreter,
    NameOrNames,
    Names,
    Natural,
    NotNegative,
    Nucleus,
    OneOrMore,
    OrAbsent,
    Plain,
    Positive,
    Section,
    Share,
    fault,
)
from lahja.core.config.generation import AnyDecoding

GateName = Literal[
    "language", "echo", "adequacy", "artefact", "repetition", "dialect", "length", "numbers",
    "names", "truncated_rejected",
]  # fmt: skip
Task = Literal["monolingual", "crosslingual", "translation"]


class LanguageGate(Section):
    """Right language and script."""

    max_foreign_letters: Share = 0.5  #: Maximum share of letters of the other script.


class DialectGate(Section):
    """Right variety, by a classifier and by marker words."""

    #: Probability of the wanted variety below which a text that is labelled otherwise is stopped.
    min_probability: Share = 0.05
    #: By how many its marker words of other varieties must outnumber its own to stop a text.
    min_margin: Count = 1


class EchoGate(Section):
    """Not the prompt over again."""

    #: Share of characters in the prompt's order from which an answer repeats the prompt.
    max_similarity: Share = 0.65
    #: Likewise where a question is answered by nothing but a question.
    max_similarity_of_questions: Share = 0.5
    #: Likewise for a translation that stays in the language of its source.
    max_similarity_in_other_language: Share = 0.45
    #: Length up to which a sentence can be the request again, in words per word of the request.
    max_restatement: NotNegative = 2.0


class RepetitionGate(Section):
    """No degenerate repetition."""

    max_repeated: Share = 0.3  #: Share of word trigrams that may repeat earlier ones.


class LengthGate(Section):
    """A translation about as long as its source, in letters, as languages lead to expect."""

    min_ratio: NotNegative = 0.65  #: Share of the expected length that is long enough.
    max_ratio: NotNegative = 1.6  #: Multiple of the expected length that is not too long.
    slack: Natural = 6  #: Letters that do not count (twice as many where it is too long).


class NamesGate(Section):
    """Names kept in translations between English and Arabic."""

    min_names: Count = 3  #: Names from which a translation that has none of them is stopped.


class AdequacyGate(Section):
    """The meaning kept."""

    #: chrF++ against the reference; less is asked of references under 8 words.
    min_reference_chrf: Chrf = 15.0
    #: chrF++ of the translation back against the source; less is asked of sources under 8 words.
    min_round_trip_chrf: Chrf = 15.0
    #: chrF++ of the translator's own way there and back, below which its word does not count.
    min_own_round_trip_chrf: Chrf = 40.0
    #: Minimum share of the source's character trigrams that a translation between varieties of
    #: Arabic has; in full from 12 words on, nothing up to 6.
    min_shared_with_source: Share = 0.1
    min_words: Natural = 6  #: Minimum words of an explanation, a story or a joke.


class TruncationGate(Section):
    """Rejected texts not merely cut off."""

    min_words: Natural = 25  #: Words from which a text's end tells whether it was cut off.


class Gates(Section):
    """Limits of the gates, for datasets that have `gates` and for `lahja audit --settings`."""

    language: LanguageGate = {}
    dialect: DialectGate = {}
    echo: EchoGate = {}
    repetition: RepetitionGate = {}
    length: LengthGate = {}
    names: NamesGate = {}
    adequacy: AdequacyGate = {}
    truncation: TruncationGate = {}


class Preferences(Section):
    classifier: str = "dialect-classifier"  #: Model that labels the responses.
    translator: str = "llama-T"  #: Model that translates a mismatch into the wanted dialect.
    gold_generator: str = "gpt-4o"  #: Generator of the validation set's gold responses.
    #: Corpus (reader `amiya-gold`, role `prompts`) of validation prompts with gold answers, such as
    #: the authors released; without it, prompts of the pairs and the gold generator's responses.
    gold_corpus: OrAbsent[str] = None
    validation_per_dialect: Natural = 50  #: Prompts per dialect set aside for validation (Table 1).
    batch: Count = 16  #: Responses labelled per batch.
    gates: Gates = {}


class Mbr(Section):
    """How models with `decoding: mbr` answer: of several samples the one most like the others."""

    samples: Annotated[int, Field(ge=2)] = 16  #: Samples of each prompt.
    temperature: Positive = 0.7  #: Temperature that they are drawn at.
    top_p: Nucleus = 0.95  #: Nucleus that they are drawn from.
    #: What an ADI2 of 1 (by `scorers.selecting_*`) counts against a chrF++ of 100; 0 is plain MBR.
    dialect_weight: NotNegative = 0.3
    #: How much more the votes of samples count that the model finds more probable: by the
    #: exponential of this times the mean log-probability of their tokens; 0 or null counts all
    #: alike.
    probability_weight: OrAbsent[NotNegative] = None


class MbrSettings(Mbr, AnyDecoding, Departures):
    """Departures of one model from `evaluation.mbr`, and from `decoding`."""


class FewShot(Section):
    """How many examples go before a prompt of each task, as turns of user and assistant."""

    #: Training pairs of the prompt's direction and dialect, drawn; in `validation_translation` too.
    translation: Natural = 0
    monolingual: Natural = 0  #: The first in `corpus` of the prompt's dialect.
    crosslingual: Natural = 0  #: Likewise.
    corpus: str | None = None  #: Corpus (reader `al-qasida-few-shot`) of questions with answers.

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if (self.monolingual or self.crosslingual) and not self.corpus:
            raise fault("corpus", "expected the corpus of monolingual and crosslingual examples")
        return self


class Comet(Section):
    """COMET as a second opinion of translations; it trains and selects nothing."""

    #: Repository on the Hugging Face hub (`Unbabel/wmt22-comet-da`), or a local folder (`./x`,
    #: `/x`, `~/x`), with `hparams.yaml` and `checkpoints/model.ckpt`, which is a pickle.
    checkpoint: Plain
    revision: Commit | None = None  #: Commit of the repository; without one, the lock file's.
    #: Interpreter that has unbabel-comet; null builds one in `results/environments`.
    python: Interpreter | None = None
    batch: Count = 16  #: Translations per batch.


class Human(Section):
    """Rating sheets for human evaluation, one per dialect."""

    #: Tasks that are rated, in the sheet's order; of translations those into the dialect alone.
    tasks: Annotated[list[Task], Field(min_length=1)] = [*get_args(Task)]
    per_task: Count = 20  #: Prompts per dialect and task; every model's response to each is rated.
    models: Names = []  #: Models whose responses are rated; empty is all that are evaluated.


class Evaluation(Section):
    """What is evaluated, and on what."""

    #: What lets the models answer, `transformers` or `vllm`.
    backend: Literal["transformers", "vllm"] = "transformers"
    zero_shot: Names = []  #: Models that answer the classifier's test without training (Figure 3).
    #: Corpora of the translation directions; of one that is trained on, its sentences that are not.
    translation: NameOrNames = ["FLORES+"]
    #: Which sentences of these corpora and which answers count: `lahja` takes the first sentences
    #: and lets models answer greedily, `al-qasida` draws and samples as that benchmark does.
    protocol: Literal["lahja", "al-qasida"] = "lahja"
    #: How models answer: `greedy`, or `own`, drawn as their own generation configuration says;
    #: null is what the protocol does. Models with a `decoding` of their own answer by that.
    decoding: Literal["greedy", "own"] | None = None
    #: Models that read prompts as plain text, without their chat template, as AL-QASIDA's code lets
    #: those whose name lacks "instruct"; answers end as they do otherwise, or run on to the limit.
    without_chat_template: Annotated[Names, Field(exclude_if=lambda value: not value)] = []
    #: Sentences per direction; null is all, or 200 by the protocol `al-qasida`.
    per_direction: Count | None = None
    #: Corpora (role `prompts`) of ready prompts; no training prompt comes from them.
    prompts: Names = []
    per_dialect: Count | None = None  #: Ready prompts per dialect and corpus; null is all.
    few_shot: FewShot = {}
    mbr: Mbr = {}
    #: Generator (backend `openai`) that rates every response from 1 to 5, for dialect, fluency,
    #: adequacy and coherence, and answers no prompts; null is none. It trains and selects nothing.
    llm_judge: str | None = None
    comet: Comet | None = None
    #: Validation sentences per direction and dialect that all models translate, by which routes
    #: choose; null is none.
    validation_translation: Count | None = None
    resamples: Count = 1000  #: Bootstrap resamples.
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95  #: Confidence of the intervals.
    select: Natural = 3  #: Models that Table 1 selects.
    samples_per_direction: Natural = 5  #: Sample outputs drawn per direction for Figure 6.
    #: Prompts of each task, corpus and direction in the report's sample browser.
    browser_per_direction: Natural = 20
    human: Human = {}


class Study(Section):
    """Rows of models to compare with the initial model that they share; null is no study."""

    #: By the row's name its models, of several seeds more than one; all are evaluated.
    rows: Annotated[dict[str, OneOrMore], Field(min_length=2)]
    start: str  #: Row that all are compared with.
    baseline: str  #: Row whose gain in ADI2 is 100%: preference training by the label alone.
    recipe: str  #: Row that the answers are given of.
    mbr: OrAbsent[str] = None  #: Row of the start decoded by MBR, whose gains are a measure too.
    #: Rows that the picture names beside these, three of them at most to be readable.
    labelled: OrAbsent[Names] = None
    #: What stands below the tables: how settings were chosen, which seeds there are.
    note: str | None = None
