"""What a job has to do, in the quantities that its time hangs on."""

from dataclasses import dataclass

from lahja.planning.checkpoints import Shape


@dataclass(frozen=True)
class Training:
    """Gradient steps: `passes` through the model for each batch, in units of one forward pass.

    With frozen weights the backward pass costs as much as a forward pass, as only activations
    get gradients; with trained ones twice that. Gradient checkpointing adds a forward pass,
    DPO another for its reference. One pass is 2 · parameters · tokens operations.
    """

    shape: Shape
    examples: float
    tokens: float
    epochs: float
    batch: float
    passes: int
    gpus: int = 1


@dataclass(frozen=True)
class Decoding:
    """Writing answers token by token, `batch` at a time, each batch until its longest ends."""

    shape: Shape
    prompts: float
    prompt_tokens: float
    new_tokens: float
    batch: float
    gpus: int = 1


@dataclass(frozen=True)
class Reading:
    """One forward pass over texts: scores, labels."""

    shape: Shape
    texts: float
    tokens: float
    batch: float


@dataclass(frozen=True)
class Rows:
    """Rows of tables that a core goes through."""

    rows: float


@dataclass(frozen=True)
class Download:
    """Bytes from the network."""

    size: float


@dataclass(frozen=True)
class Requests:
    """Requests to a paid API, so many at a time, or all in one batch that takes its time."""

    requests: float
    input_tokens: float
    output_tokens: float
    concurrent: int
    is_batch: bool = False


Part = Training | Decoding | Reading | Rows | Download | Requests


@dataclass(frozen=True)
class Work:
    """The parts of one job, and the model that it loads first."""

    parts: tuple[Part, ...]
    loads: Shape | None = None
