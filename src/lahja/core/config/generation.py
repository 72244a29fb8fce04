"""Sections on prompts and their answers: sampling, prompts, generators, decoding, vllm."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, JsonValue, Tag, model_validator

from lahja.core.config.base import (
    Count,
    Departures,
    Interpreter,
    Names,
    Natural,
    NotNegative,
    Nucleus,
    OrAbsent,
    Positive,
    Precision,
    Section,
    Share,
    Variety,
    WordRange,
    fault,
)

PerDialect = Annotated[
    Annotated[Natural, Tag("[all]")] | Annotated[dict[Variety, Natural], Tag("[each]")],
    Discriminator(lambda value: "[each]" if isinstance(value, dict) else "[all]"),
]


def _expect_slot(template: str) -> str:
    if template.count("{}") != 1 or template.count("{") != 1:
        raise fault("", f"expected one {{}}, where the sentence goes, not {template!r}")
    return template


class KindOfPrompt(WordRange):
    min_words: Count  #: Minimum words.
    max_words: Count  #: Maximum words.
    share: NotNegative = 1.0  #: Share of the samples (relative).


class Sampling(Section):
    """Which sentences the prompts are built on (paper, section 2, step 1)."""

    aldi_threshold: Share = 0.36  #: A sentence counts as dialectal above this ALDi.
    per_dialect: PerDialect = 1000  #: Sentences of each dialect, one number for all or one each.
    #: Kinds of prompt, with the word counts that fit each and their share of the samples.
    kinds: dict[str, KindOfPrompt] = {}


class Prompts(Section):
    """How prompts are made of the samples."""

    #: Corpus (role `templates`) with the templates of each dialect.
    templates: str = "al-qasida-templates"
    template_kinds: list[str] = []  #: Kind of each template, by its place in the list of a dialect.
    #: MSA sentences of training pairs per dialect that are to be translated into it.
    translation_per_dialect: Natural = 1000
    #: What is asked of these sentences, by kind of prompt: `{}` is the sentence, `<country>` the
    #: dialect's. `translation` is a request to translate; what else is asked may have any name.
    #: Without it, lahja's own request to translate.
    msa_templates: OrAbsent[
        Annotated[dict[str, Annotated[str, AfterValidator(_expect_slot)]], Field(min_length=1)]
    ] = None
    #: Maximum prompts per dialect out of corpora (role `prompts`) that are not for evaluation.
    recorded_per_dialect: Natural = 0


# What keys of decoding are where they change nothing.
NO_PENALTY = {"repetition_penalty": 1, "no_repeat_ngrams": 0}


def _expect_names(text: str) -> str:
    for name in re.findall(r"\{(.*?)\}", text):
        if name not in ("dialect", "country"):
            raise fault("", f"expected {{dialect}} or {{country}}, not {{{name}}}")
    return text


class AnyDecoding(Section):
    """What greedy and drawn answers share."""

    max_new_tokens: Count = 128  #: Maximum length of an answer, in tokens (AL-QASIDA's limit).
    #: Penalty on tokens that the prompt or the answer has already (CTRL's): a logit is divided by
    #: it, or multiplied where negative; 1 or null is none, or with `evaluation.decoding: own` the
    #: checkpoint's. Not for `openai`, which has its own.
    repetition_penalty: OrAbsent[Positive] = None
    #: Length of token n-grams that an answer must not have twice; 0 or null is none. The prompt's
    #: do not count: a translation may take names from it. Not for `openai`.
    no_repeat_ngrams: OrAbsent[Natural] = None
    #: Text of a system turn before each request, with `{dialect}` and `{country}` in the place of
    #: names (Egyptian Arabic, Egypt); one that has these goes before requests for a dialect alone.
    #: No training example has it. Empty or null is none.
    system_prompt: OrAbsent[Annotated[str, AfterValidator(_expect_names)]] = None


class Decoding(AnyDecoding):
    """How models decode, in generation and in evaluation."""

    temperature: NotNegative = 0.7  #: Temperature of the generators; 0 is greedy, as evaluation is.
    top_p: Nucleus = 0.95  #: Nucleus of the generators.
    #: Prompts per batch of the `transformers` backend; `vllm` batches as memory allows.
    batch: Count = 32
    precision: Precision = None  #: `bf16` or `fp32`; null is bf16 on a GPU, fp32 on a CPU.


class DecodingDepartures(Decoding, Departures):
    """Departures from `decoding` for this generator."""


class GreedySettings(AnyDecoding, Departures):
    """Departures from `decoding` of one model with `decoding: greedy`."""


class Price(Section):
    """`openai`: dollars per million tokens; null for a server that costs nothing."""

    input: NotNegative  #: Dollars per million tokens of prompts.
    output: NotNegative  #: Dollars per million tokens of answers.

    def of(self, n_input: int, n_output: int) -> float:
        """Return the dollars that so many tokens cost."""
        return (n_input * self.input + n_output * self.output) / 1e6


# What lahja itself asks with, or what would change how a reply is to be read.
_OWN_FIELDS = (
    "model", "messages", "prompt", "input", "n", "best_of", "stream", "stream_options", "tools",
    "functions",
)  # fmt: skip


def _expect_further(name: str) -> str:
    if name in _OWN_FIELDS:
        raise fault("", "expected a field that changes neither prompt, model nor form of the reply")
    return name


RequestField = Annotated[str, AfterValidator(_expect_further)]


class Generator(Section):
    #: `transformers` or `vllm` (a model of the graph), `openai` (a model behind an
    #: OpenAI-compatible server), or `recorded` (answers that a corpus holds).
    backend: Literal["transformers", "recorded", "openai", "vllm"]
    model: OrAbsent[str] = None  #: Model of the graph, or the server's name of it.
    corpus: OrAbsent[str] = None  #: Corpus of recorded outputs.
    folders: Names = []  #: Folders of the corpus that hold this generator's outputs.
    #: `openai`: address of an OpenAI-compatible server, as far as `/v1`; null is OpenAI's own.
    base_url: str | None = None
    #: `openai`: fields to add to every request (`reasoning_effort: none`), or with null to leave
    #: out (`seed: null` for a server that does not know it).
    request: dict[RequestField, JsonValue] = {}
    #: `openai`: environment variable that holds the key; null sends none, to a local server.
    key: str | None = "OPENAI_API_KEY"
    concurrency: Count = 8  #: `openai`: requests under way at once.
    deadline: Positive = 120  #: `openai`: seconds that one try of a request may take.
    #: `openai`: how often a request is tried again after HTTP 408, 409, 429 or 5xx, a lost
    #: connection, a missed deadline or an unreadable reply; waits are 0.5 to 8 s, or `Retry-After`.
    retries: Natural = 10
    price: Price | None = None
    #: `openai`: maximum dollars that this generator may cost in this run, restarts included; null
    #: is no cap. Needs `price`.
    budget: NotNegative | None = None
    decoding: DecodingDepartures = {}

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.backend != "openai":
            return self
        if not self.model:
            raise fault("model", "expected the server's name of the model")
        if self.budget is not None and not self.price:
            raise fault("budget", "a budget needs a price")
        if self.base_url:
            address = urlsplit(self.base_url)
            if address.scheme not in ("http", "https") or not address.hostname:
                raise fault("base_url", f"expected an address, not {self.base_url!r}")
            if address.username or address.password:
                raise fault("base_url", "holds a password: name its variable in `key`")
        return self


class Vllm(Section):
    """Where and how the `vllm` backend runs."""

    #: Interpreter that has vLLM; null builds one in `results/environments` from its lock in `envs`.
    python: Interpreter | None = None
    #: What the environment is built for; null goes by whether this machine has an NVIDIA GPU. Give
    #: `cuda` where jobs run on a cluster and this machine has none.
    device: Literal["cuda", "cpu"] | None = None
    gpus: Count = 1  #: GPUs that each job spreads its model over (tensor parallel).
