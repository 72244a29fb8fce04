"""What every way of generating text has in common."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from lahja.core.files import canonical_json, digest_of_text

NOT_RECORDED = "not recorded"
# The reason of an answer that ended without text.
EMPTY = "empty"


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn; a temperature of 0 is greedy decoding, None the model's own."""

    temperature: float | None = 0.0
    top_p: float = 1.0
    max_new_tokens: int = 128
    seed: int = 0
    top_k: int = 0  #: Of so many tokens; 0 is of all.
    repetition_penalty: float | None = None  #: On tokens of prompt and answer; None is none.
    no_repeat_ngrams: int = 0  #: No n-gram of so many tokens twice in an answer; 0 is none.
    with_probability: bool = False  #: Whether answers come with their log-probability.


@dataclass(frozen=True)
class Request:
    """One prompt to answer."""

    id: str
    prompt: str
    sampling: Sampling
    group: str = ""
    """Prompts of one group (a dialect) share batches, so that more of another do not move them."""
    examples: tuple[tuple[str, str], ...] = ()
    """Prompts with their answers that go before."""
    system: str = ""
    """System prompt; empty is none."""

    @property
    def turns(self) -> list[dict[str, str]]:
        """What the model reads: system prompt, examples and prompt, as turns of a conversation."""
        texts = [text for example in self.examples for text in example] + [self.prompt]
        roles = ("user", "assistant")
        turns = [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]
        return [*([{"role": "system", "content": self.system}] if self.system else []), *turns]


@dataclass(frozen=True)
class Answer:
    """The answer to one request; `text` is None where the backend has none to give.

    `finish_reason` is "stop" where the model ended its turn, "length" where it was cut off.
    `mean_log_probability` is of its tokens, the end of the turn included, as the model has them
    without temperature, nucleus or penalties; None where it was not asked for.
    """

    id: str
    text: str | None
    finish_reason: str
    n_tokens: int | None
    mean_log_probability: float | None = None


class Backend(Protocol):
    """Something that answers prompts."""

    identity: str
    """What answers: the model's digest, or that of the recordings, and the code's version."""

    def generate(self, requests: list[Request]) -> Iterator[Answer]:
        """Yield one answer for each request, in any order, each as soon as it is there."""


def repeating_tokens(answer: Sequence[int], length: int) -> set[int]:
    """Return the tokens that would end an n-gram of this length that an answer has already."""
    starts = range(len(answer) - length + 1)
    head = [*answer[len(answer) - length + 1 :]]
    return {answer[n + length - 1] for n in starts if [*answer[n : n + length - 1]] == head}


def request_key(identity: str, request: Request) -> str:
    """Return the key of a request in the store: what its answer depends on, and nothing else."""
    # What other answers do not have is no part of their keys.
    optional = {"top_k": 0, "repetition_penalty": None, "no_repeat_ngrams": 0}
    optional |= {"with_probability": False}
    sampling = dict(asdict(request.sampling).items() - optional.items())
    facts = {"model": identity, "prompt": request.prompt, "sampling": sampling}
    facts |= {"examples": request.examples} if request.examples else {}
    facts |= {"system": request.system} if request.system else {}
    return digest_of_text(canonical_json(facts))
